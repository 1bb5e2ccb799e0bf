// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/scalar.hpp>
#include <nop/io/json.hpp>
#include <nop/io/reference/model.hpp>
#include <nop/io/reference/values.hpp>
#include <nop/models/fno.hpp>
#include <nop/models/tfno.hpp>
#include <nop/models/uno.hpp>
#include <nop/ops/resample.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace nop {

namespace detail {

/// What a model of ours is to the reference library.
template <class Model>
struct ReferenceTraits;
template <std::size_t Dim, class Backend, class Element_, WeightForms Forms>
struct ReferenceTraits<Fno<Dim, Backend, Element_, Forms>> {
  static constexpr ReferenceFamily family = ReferenceFamily::fno;
  static constexpr WeightForms forms      = Forms;
  using Element                           = Element_;
};
template <std::size_t Dim, class Backend, class Real, WeightForms Forms>
struct ReferenceTraits<Uno<Dim, Backend, Real, Forms>> {
  static constexpr ReferenceFamily family = ReferenceFamily::uno;
  static constexpr WeightForms forms      = Forms;
  using Element                           = Real;
};

}  // namespace detail

/// Fno, Tfno and Uno: what the reference library has, too.
template <class Model>
concept reference_model = requires { typename detail::ReferenceTraits<Model>::Element; };

namespace detail {

/// Reads the Config of a model of `Dim` dimensions out of the arguments of a constructor there.
template <std::size_t Dim>
class ReferenceConfig {
 public:
  explicit ReferenceConfig(const ReferenceModel& model)
      : model_(model), arguments_(model.arguments) {}

  template <class Config>
  void read_common(Config& config) const {
    config.in_channels  = count("in_channels");
    config.out_channels = count("out_channels");
    config.width        = count("hidden_channels");
    config.activation   = *activation_of_reference(arguments_["non_linearity"]);
    read_embedding(config);
    config.skip        = skip("fno_skip");
    config.skip_kernel = model_.naming.skip_kernel;
    config.norm        = model_.naming.norm;
    config.norm_groups = arguments_["norm_groups"].is_null() ? 1 : count("norm_groups");
    if (config.norm == NormKind::adaptive) config.norm_embedding = count("ada_in_features");
    config.channel_mlp = arguments_["use_channel_mlp"] != false;
    if (config.channel_mlp) {
      config.channel_mlp_skip      = skip("channel_mlp_skip");
      config.channel_mlp_expansion = number("channel_mlp_expansion");
      config.channel_mlp_dropout   = number("channel_mlp_dropout");
    }
    read_padding(config);
    config.order = arguments_["preactivation"] == true ? LayerOrder::pre_activation
                                                       : LayerOrder::post_activation;
    if (arguments_["nop_order"] == "original") config.order = LayerOrder::original;
    config.semantics = model_.semantics;
    config.weight    = model_.weight;
    if (arguments_["rank"].is_number_float())  // whole numbers are the ranks themselves
      config.weight.rank = arguments_["rank"].template get<double>();
  }

  template <class Config>
  Config fno() const {
    Config config{};
    read_common(config);
    config.depth            = count("n_layers");
    config.lifting_ratio    = number("lifting_channel_ratio");
    config.lifting_layers   = config.lifting_ratio * static_cast<double>(config.width) < 1 ? 0 : 1;
    config.projection_ratio = number("projection_channel_ratio");
    if (const Json layers = arguments_["decoder_layers"]; !layers.is_null())
      config.projection_layers = layers.template get<std::size_t>();
    if (const Json sigma = arguments_["decoder_activation_fn"]; !sigma.is_null())
      if (const auto own = activation_of_reference(sigma); own != config.activation)
        config.projection_activation = own;
    if (const Json layers = arguments_["nop_activated_layers"]; !layers.is_null())
      config.activated_layers = layers.template get<std::size_t>();
    if (!arguments_["max_n_modes"].is_null()) {
      config.max_modes = shape("max_n_modes", arguments_["max_n_modes"]);
      if (model_.numbers == FieldNumbers::real)  // there by its coefficients
        config.max_modes[Dim - 1] = 2 * config.max_modes[Dim - 1] - 1;
    }
    config.modes      = shape("n_modes", arguments_["n_modes"]);
    config.stabilizer = stabilizer();
    config.scaling    = scalings("resolution_scaling_factor", config.depth);
    if (!config.scaling.empty() || config.semantics != Semantics::exact)
      config.interpolation = reference_interpolation(Dim);
    return config;
  }

  template <class Config>
  Config uno() const {
    Config config{};
    read_common(config);
    config.lifting_channels    = count("lifting_channels");
    config.projection_channels = count("projection_channels");
    config.interpolation       = reference_interpolation(Dim);
    if (config.weight.kind != SpectralWeightKind::dense) {
      config.weight.ranks.clear();  // they differ from layer to layer
      if (!arguments_["rank"].is_number_float())
        arguments_.refuse("rank", "a fraction, from which the ranks of all layers follow");
    }
    const auto channels = arguments_["uno_out_channels"], modes = arguments_["uno_n_modes"];
    const auto scaling = scalings("uno_scalings", channels.size());
    for (std::size_t layer = 0; layer < channels.size(); ++layer)
      config.layers.push_back({channels[layer].template get<std::size_t>(),
                               shape("uno_n_modes", modes[layer]), scaling[layer]});
    config.horizontal_skips = horizontal_skips();
    if (!config.horizontal_skips->empty()) config.horizontal_skip = skip("horizontal_skip");
    return config;
  }

 private:
  template <class Config>
  void read_embedding(Config& config) const {
    const Json embedding        = arguments_["positional_embedding"];
    config.positional_embedding = embedding.is_null() ? PositionalEmbedding::none
                                  : !arguments_["nop_coordinates"].is_null()
                                      ? PositionalEmbedding::grid_with_ends
                                      : PositionalEmbedding::grid;
    if (!embedding.is_object()) return;
    const auto intervals = intervals_of_reference("positional_embedding",
                                                  embedding["grid_boundaries"], Dim, arguments_);
    for (std::size_t axis = 0; axis < Dim; ++axis) {
      config.box.begin[axis] = intervals[axis][0];
      config.box.end[axis]   = intervals[axis][1];
    }
  }
  template <class Config>
  void read_padding(Config& config) const {
    if (const Json value = arguments_["domain_padding"]; !value.is_null()) {
      const auto fractions = numbers_of_reference("domain_padding", value, Dim, arguments_);
      std::copy(fractions.begin(), fractions.end(), config.domain_padding.begin());
      if (arguments_["domain_padding_mode"] == "one-sided")
        config.padding_sides = PaddingSides::end;
    }
    if (const Json value = arguments_["padding"]; !value.is_null() && value != 0) {
      const auto points = points_of_reference("padding", value, Dim, arguments_);
      std::copy(points.begin(), points.end(), config.padding_points.extents.begin());
      config.padding_sides = PaddingSides::end;
    }
  }
  [[nodiscard]] std::size_t count(const std::string& name) const {
    return counts_of_reference(name, arguments_[name], 1, arguments_)[0];
  }
  [[nodiscard]] double number(const std::string& name) const {
    return numbers_of_reference(name, arguments_[name], 1, arguments_)[0];
  }
  [[nodiscard]] SkipKind skip(const std::string& name) const {
    return skip_of_reference(name, arguments_[name], arguments_);
  }
  [[nodiscard]] Shape<Dim> shape(const std::string& name, const Json& value) const {
    const auto counts = counts_of_reference(name, value, Dim, arguments_);
    Shape<Dim> shape;
    std::copy(counts.begin(), counts.end(), shape.extents.begin());
    return shape;
  }
  [[nodiscard]] Stabilizer stabilizer() const {
    const Json value = arguments_["stabilizer"];
    if (value.is_null()) return Stabilizer::none;
    if (value != "tanh") arguments_.refuse("stabilizer", "'tanh' or null");
    return Stabilizer::hyperbolic_tangent;
  }

  /// One number for all layers, one for each, or one for each axis of each.
  [[nodiscard]] std::vector<GridScaling<Dim>> scalings(const std::string& name,
                                                       std::size_t depth) const {
    const Json value = arguments_[name];
    if (value.is_null()) return {};
    if (value.is_array() && value.size() != depth)
      arguments_.refuse(name, "a number or a list of " + std::to_string(depth));
    std::vector<GridScaling<Dim>> scalings(depth);
    for (std::size_t layer = 0; layer < depth; ++layer) {
      const auto each =
          numbers_of_reference(name, value.is_array() ? value[layer] : value, Dim, arguments_);
      std::copy(each.begin(), each.end(), scalings[layer].begin());
    }
    return scalings;
  }

  /// The way back of `skips_for_reference`.
  [[nodiscard]] std::vector<HorizontalSkip> horizontal_skips() const {
    const Json map = arguments_["horizontal_skips_map"];
    if (!map.is_object()) arguments_.refuse("horizontal_skips_map", "an object {to: from, ...}");
    std::vector<HorizontalSkip> skips;
    for (const auto& [to, from] : map.items()) {
      const bool is_number =
          !to.empty() && to.size() < 10 && to.find_first_not_of("0123456789") == std::string::npos;
      if (!is_number || !from.is_number_unsigned())
        arguments_.refuse("horizontal_skips_map", "an object {to: from, ...} of numbers of layers");
      skips.push_back({from.template get<std::size_t>(), std::stoul(to)});
    }
    return skips;
  }

  const ReferenceModel& model_;
  const ReferenceArguments& arguments_;
};

}  // namespace detail

}  // namespace nop
