// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/band.hpp>
#include <nop/core/error.hpp>
#include <nop/io/config_json.hpp>
#include <nop/io/leaves.hpp>
#include <nop/models/tfno.hpp>
#include <nop/models/uno.hpp>

#include "fidelity/case.hpp"
#include "support/golden.hpp"

#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

/// \file
/// A model of ours with the hyper-parameters and weights of one of the reference library.

namespace nop::test {

/// The arguments of a constructor, those that are absent by their defaults.
class Arguments {
 public:
  explicit Arguments(const Json& json) : json_(&json) {}

  [[nodiscard]] bool has(const char* name) const {
    return json_->contains(name) && !json_->at(name).is_null();
  }
  [[nodiscard]] const Json& operator[](const char* name) const { return json_->at(name); }

  template <class T>
  [[nodiscard]] T get(const char* name) const {
    return json_->at(name).get<T>();
  }
  template <class T>
  [[nodiscard]] T get(const char* name, T by_default) const {
    return json_->contains(name) ? get<T>(name) : by_default;
  }

  /// An enumerator by the name that it has there; null and what is absent have names, too.
  template <class Enum>
  [[nodiscard]] Enum one_of(const char* name, const char* by_default,
                            const std::map<std::string, Enum>& values) const {
    const std::string key = !json_->contains(name)      ? by_default
                            : json_->at(name).is_null() ? "null"
                                                        : get<std::string>(name);
    const auto value      = values.find(key);
    expects(value != values.end(), "fidelity: no ", name, " of ours is ", key);
    return value->second;
  }

  /// A number for all axes or one for each.
  template <std::size_t Dim>
  [[nodiscard]] std::array<double, Dim> along_axes(const char* name) const {
    std::array<double, Dim> each{};
    if (!has(name)) return each;
    each.fill((*this)[name].is_array() ? 0 : (*this)[name].get<double>());
    if ((*this)[name].is_array()) each = get<std::array<double, Dim>>(name);
    return each;
  }

 private:
  const Json* json_;
};

template <std::size_t Dim>
Shape<Dim> shape_of(const Json& json) {
  Shape<Dim> shape;
  shape.extents = json.get<std::array<std::size_t, Dim>>();
  return shape;
}

inline Activation activation_of(const Arguments& arguments) {
  const std::string name = arguments.get<std::string>("non_linearity", "gelu");
  const auto names       = enumerator_names(Activation{});
  for (std::size_t i = 0; i < names.size(); ++i)
    if (name == names[i]) return static_cast<Activation>(i);
  throw PreconditionError("fidelity: no activation of ours is " + name);
}

inline SkipKind skip_of(const Arguments& arguments, const char* name, const char* by_default) {
  return arguments.one_of<SkipKind>(name, by_default,
                                    {{"linear", SkipKind::linear},
                                     {"identity", SkipKind::identity},
                                     {"soft-gating", SkipKind::soft_gating},
                                     {"null", SkipKind::none}});
}

inline SpectralWeightForm weight_form_of(const FidelityCase& from) {
  const Arguments arguments(from.arguments());
  const bool tfno = from.is("TFNO");
  SpectralWeightForm form;
  form.kind   = arguments.one_of<SpectralWeightKind>("factorization", tfno ? "Tucker" : "null",
                                                     {{"null", SpectralWeightKind::dense},
                                                      {"Tucker", SpectralWeightKind::tucker},
                                                      {"CP", SpectralWeightKind::cp},
                                                      {"TT", SpectralWeightKind::tensor_train}});
  form.mixing = arguments.get("separable", false) ? ChannelMixing::separable : ChannelMixing::full;
  form.rank   = arguments.get("rank", tfno ? 0.1 : 1.0);
  if (arguments.get("fixed_rank_modes", false)) {
    const auto core =
        from.is("UNO") ? "fno_blocks.0.convs.0.weight.core" : "fno_blocks.convs.0.weight.core";
    form.ranks = from.state.tensors.at(core).shape();
  }
  return form;
}

/// What the Configs of all models have.
template <std::size_t Dim, class Config>
void read_layer_arguments(Config& config, const FidelityCase& from, Semantics semantics) {
  const Arguments arguments(from.arguments());
  config.in_channels  = arguments.get<std::size_t>("in_channels");
  config.out_channels = arguments.get<std::size_t>("out_channels");
  config.width        = arguments.get<std::size_t>("hidden_channels");
  config.activation   = activation_of(arguments);
  if (arguments.has("positional_embedding")) {
    const Json& boundaries = arguments["positional_embedding"]["grid_boundaries"];
    for (std::size_t axis = 0; axis < Dim; ++axis) {
      config.box.begin[axis] = boundaries.at(axis).at(0).get<double>();
      config.box.end[axis]   = boundaries.at(axis).at(1).get<double>();
    }
  } else if (from.arguments().contains("positional_embedding")) {
    config.positional_embedding = PositionalEmbedding::none;
  }
  config.skip                  = skip_of(arguments, "fno_skip", "linear");
  config.norm                  = arguments.one_of<NormKind>("norm", "null",
                                                            {{"null", NormKind::none},
                                                             {"instance_norm", NormKind::instance},
                                                             {"group_norm", NormKind::group},
                                                             {"batch_norm", NormKind::batch},
                                                             {"ada_in", NormKind::adaptive}});
  config.norm_embedding        = arguments.get<std::size_t>("ada_in_features", 0);
  config.channel_mlp           = arguments.get("use_channel_mlp", true);
  config.channel_mlp_skip      = skip_of(arguments, "channel_mlp_skip", "soft-gating");
  config.channel_mlp_expansion = arguments.get("channel_mlp_expansion", 0.5);
  config.channel_mlp_dropout   = arguments.get("channel_mlp_dropout", 0.0);
  config.domain_padding        = arguments.along_axes<Dim>("domain_padding");
  if (arguments.get("preactivation", false)) config.order = LayerOrder::pre_activation;
  if (arguments.has("stabilizer")) config.stabilizer = Stabilizer::hyperbolic_tangent;
  config.interpolation = reference_interpolation(Dim);
  config.weight        = weight_form_of(from);
  config.semantics     = semantics;
}

template <std::size_t Dim>
std::vector<GridScaling<Dim>> scaling_of(const Arguments& arguments, std::size_t depth) {
  constexpr auto name = "resolution_scaling_factor";
  if (!arguments.has(name)) return {};
  const Json& factors = arguments[name];
  std::vector<GridScaling<Dim>> scaling(depth);
  for (std::size_t layer = 0; layer < depth; ++layer) {
    const Json& here = factors.is_array() ? factors.at(layer) : factors;
    if (here.is_array())
      scaling[layer] = here.get<std::array<double, Dim>>();
    else
      scaling[layer].fill(here.get<double>());
  }
  return scaling;
}

/// The Config of an Fno or Tfno, `Element` the field's.
template <class Model, scalar Element>
typename Model::Config fno_config(const FidelityCase& from, Semantics semantics) {
  constexpr std::size_t dim = Model::dimensions;
  const Arguments arguments(from.arguments());
  typename Model::Config config{};
  read_layer_arguments<dim>(config, from, semantics);
  config.depth            = arguments.get<std::size_t>("n_layers", 4);
  config.modes            = shape_of<dim>(arguments["n_modes"]);
  config.lifting_ratio    = arguments.get("lifting_channel_ratio", 2.0);
  config.projection_ratio = arguments.get("projection_channel_ratio", 2.0);
  config.scaling          = scaling_of<dim>(arguments, config.depth);
  if (arguments.has("max_n_modes")) {
    config.max_modes = shape_of<dim>(arguments["max_n_modes"]);
    if constexpr (real<Element>)  // there, the last axis counts coefficients
      config.max_modes[dim - 1] = 2 * config.max_modes[dim - 1] - 1;
  }
  return config;
}

template <class Model>
typename Model::Config uno_config(const FidelityCase& from, Semantics semantics) {
  constexpr std::size_t dim = Model::dimensions;
  const Arguments arguments(from.arguments());
  typename Model::Config config{};
  read_layer_arguments<dim>(config, from, semantics);
  config.lifting_channels    = arguments.get<std::size_t>("lifting_channels", 256);
  config.projection_channels = arguments.get<std::size_t>("projection_channels", 256);
  config.horizontal_skip     = skip_of(arguments, "horizontal_skip", "linear");
  for (std::size_t layer = 0; layer < arguments["uno_n_modes"].size(); ++layer)
    config.layers.push_back({arguments["uno_out_channels"].at(layer).get<std::size_t>(),
                             shape_of<dim>(arguments["uno_n_modes"].at(layer)),
                             arguments["uno_scalings"].at(layer).get<std::array<double, dim>>()});
  if (arguments.has("horizontal_skips_map")) {
    config.horizontal_skips.emplace();
    const auto skips = arguments.get<std::map<std::string, std::size_t>>("horizontal_skips_map");
    for (const auto& [to, source] : skips)
      config.horizontal_skips->push_back({source, std::stoul(to)});
  }
  return config;
}

/// The reference's name for a parameter or kept tensor of ours.
inline std::string state_name(const FidelityCase& from, const std::string& path) {
  std::string name = from.is("UNO") ? uno_reference_name(path) : reference_name(path);
  if (name.starts_with("horizontal_skips.") && name.ends_with(".conv.gate"))
    return name.substr(0, name.rfind(".conv")) + ".weight";
  if (name.find(".norm.") == std::string::npos) return name;
  const std::string kind = from.arguments().at("norm").get<std::string>();
  if (kind == "batch_norm") {
    name.insert(name.rfind('.'), ".norm");
    const auto variance = name.find("running_variance");
    if (variance != std::string::npos) name = name.substr(0, variance) + "running_var";
  } else if (kind == "ada_in") {  // its MLP has an activation between
    name.insert(name.rfind('.'), path.find(".mlp.0.") != std::string::npos ? ".mlp.0" : ".mlp.2");
  }
  return name;
}

/// The extents other than 1.
inline std::vector<std::size_t> proper_extents(std::vector<std::size_t> shape) {
  std::erase(shape, 1);
  return shape;
}

/// Sets all of a model from the state of one of the reference library. Every tensor there must have
/// its place here.
template <class Model>
void set_state(Model& model, const FidelityCase& from) {
  std::set<std::string> used;
  for_each_leaf(model, [&](const std::string& path, auto& leaf) {
    using Element      = typename std::remove_cvref_t<decltype(leaf)>::Element;
    const auto name    = state_name(from, path);
    const Array& array = from.state.tensors.at(name);
    const auto layout  = detail::layout_of(leaf);
    const auto shape   = detail::file_shape(leaf.shape(), layout);
    expects(proper_extents(shape) == proper_extents(array.shape()), "fidelity: ", path,
            " should be of shape ", detail::shape_text(shape), ", but ", name, " is of ",
            detail::shape_text(array.shape()));
    expects(complex<Element> == holds_complex(array.element_type()), "fidelity: ", name,
            " and ours are not both real or complex");
    auto values = array.values<Element>();
    if (layout != FileLayout::same)
      values = detail::transposed_values(values, values.size() / detail::mode_count(leaf));
    using Value             = std::remove_cvref_t<decltype(detail::tensor_of(leaf))>;
    detail::tensor_of(leaf) = Value(leaf.shape(), std::span<const Element>(values));
    used.insert(name);
  });
  for (const auto& [name, array] : from.state.tensors)
    expects(used.contains(name) || name.ends_with("num_batches_tracked"), "fidelity: ", name,
            " belongs to no part of the model");
}

}  // namespace nop::test
