// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/json.hpp>
#include <nop/io/reference/arguments.hpp>
#include <nop/io/reference/describe_layers.hpp>
#include <nop/io/reference/describe_modes.hpp>
#include <nop/io/reference/layer_shapes.hpp>
#include <nop/io/reference/values.hpp>
#include <nop/layers/reference_semantics.hpp>
#include <nop/models/uno_config.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace nop::detail {

/// Finds out how a model of the current layout was made: what its tensors tell, what is said of it,
/// and what has to be assumed.
class ReferenceDescriber {
 public:
  ReferenceDescriber(const ReferenceTensors& tensors, ReferenceArguments& arguments,
                     Semantics semantics = Semantics::exact)
      : tensors_(tensors),
        arguments_(arguments),
        semantics_(semantics),
        axes_(tensors.dimensions()) {}

  void describe() {
    tensors_.family() == ReferenceFamily::fno ? describe_fno() : describe_uno();
    ReferenceLayerDescriber(tensors_, arguments_).describe();
    arguments_.said("nop_usual_padding") == nullptr ? padding() : padding_points();
    for (const auto* const of_layout : {"nop_order", "nop_coordinates", "nop_activated_layers"})
      if (arguments_.said(of_layout) != nullptr) arguments_.or_assume(of_layout, nullptr, "");
  }

 private:
  using Extents = std::vector<std::size_t>;

  void describe_fno() {
    depth_           = tensors_.count("layers.", ".convolution.bias");
    const auto first = tensors_.spectral(0);
    arguments_.infer("n_layers", depth_, last_of("layers.", ".convolution.bias"));
    arguments_.infer("hidden_channels", first.out_channels, first.key);
    ends(first.out_channels);
    const double width = static_cast<double>(first.out_channels);
    ratio("lifting_channel_ratio", "lifting.*.0.weight", width);
    ratio("projection_channel_ratio", "projection.*.0.weight", width);
    ReferenceModesDescriber modes(tensors_, arguments_);
    modes.describe(first);
    modes.weights(first);
    arguments_.infer("complex_data", tensors_.numbers() == FieldNumbers::complex,
                     tensors_.key("lifting.*.0.weight"));
    arguments_.or_assume("resolution_scaling_factor", nullptr, "no tensor tells");
  }

  void describe_uno() {
    depth_            = tensors_.count("layers.", ".convolution.bias");
    const auto first  = tensors_.spectral(0);
    const auto lifted = last_map("lifting")[0];
    arguments_.infer("n_layers", depth_, last_of("layers.", ".convolution.bias"));
    arguments_.infer("hidden_channels", lifted, tensors_.key("lifting.*.1.weight"));
    ends(lifted);
    infer_rows("lifting_channels", "lifting.*.0.weight");
    infer_rows("projection_channels", "projection.*.0.weight");
    Json channels = Json::array();
    for (std::size_t layer = 0; layer < depth_; ++layer)
      channels.push_back(tensors_.spectral(layer).out_channels);
    arguments_.infer("uno_out_channels", channels, first.key);
    ReferenceModesDescriber modes(tensors_, arguments_);
    modes.describe_each(depth_);
    modes.weights(first);
    arguments_.or_miss("uno_scalings", "how each layer scales the grid; no tensor tells");
    horizontal_skips();
  }

  // --- padding, of which no tensor tells

  /// A fraction of the grid, at both sides or, as up to version 1.0, at the end alone.
  void padding() {
    const Json padding   = arguments_.or_assume("domain_padding", nullptr, "no tensor tells");
    const Json* const at = arguments_.said("domain_padding_mode");
    if (padding.is_null() || padding == 0) {
      if (at != nullptr) arguments_.or_assume("domain_padding_mode", nullptr, "");
      return;
    }
    const bool was_at_end =
        semantics_ == Semantics::v1_0 || arguments_.said("nop_usual_padding_mode") != nullptr;
    const Json mode =
        arguments_.or_assume("domain_padding_mode", was_at_end ? "one-sided" : "symmetric",
                             "the other of symmetric and one-sided up to 1.0");
    if (mode != "symmetric" && mode != "one-sided")
      arguments_.refuse("domain_padding_mode", "'symmetric' or 'one-sided'");
  }
  /// A number of points at the end.
  void padding_points() {
    const Json points =
        arguments_.or_assume("padding", *arguments_.said("nop_usual_padding"),
                             "points at the end, one number or one for each axis; no tensor tells");
    const Json* const kind = arguments_.said("padding_type");
    if (kind == nullptr) return;
    if (points != 0 && *kind != "constant")
      arguments_.refuse("padding_type", "'constant', zeros, which alone is supported");
    arguments_.or_assume("padding_type", nullptr, "");
  }

  /// How many channels a map gives.
  void infer_rows(const std::string& name, const std::string& path) {
    arguments_.infer(name, tensors_.at(path, 3)[0], tensors_.key(path));
  }

  /// What goes in and comes out, and whether coordinates are appended.
  void ends(std::size_t width) {
    const auto first = tensors_.at("lifting.*.0.weight", 3), last = last_map("projection");
    const auto lifted = last_map("lifting");
    decoder();
    if (lifted[0] != width)
      throw FormatError(tensors_.source(), 0,
                        "the lifting should give " + std::to_string(width) +
                            " channels, as many as the layers have, but gives " +
                            std::to_string(lifted[0]));
    const auto key = tensors_.key("lifting.*.0.weight");
    Json embedding = "grid";
    if (const Json* channels = arguments_.said("in_channels"); channels != nullptr) {
      if (*channels == first[1])
        embedding = nullptr;
      else if (*channels != first[1] - std::min(first[1], axes_))
        arguments_.contradict("in_channels", *channels,
                              Json::array({first[1], first[1] - std::min(first[1], axes_)}), key);
      if (const Json* said = arguments_.said("positional_embedding");
          said != nullptr && said->is_null() != embedding.is_null())
        arguments_.contradict("positional_embedding", *said, embedding, key);
      check_embedding();
      if (const Json* said = arguments_.said("positional_embedding")) embedding = *said;
      arguments_.confirm("positional_embedding", embedding, key);
    } else {
      check_embedding();
      if (first[1] <= axes_)
        arguments_.infer("positional_embedding", nullptr, key);
      else
        arguments_.or_assume(
            "positional_embedding", "grid",
            "no tensor tells; if null, then in_channels is " + std::to_string(first[1]));
      embedding = arguments_["positional_embedding"];
    }
    arguments_.infer("in_channels", first[1] - (embedding.is_null() ? 0 : axes_), key);
    arguments_.infer("out_channels", last[0], last_of("projection.*.", ".weight"));
  }

  void check_embedding() {
    if (const Json* said = arguments_.said("positional_embedding");
        said != nullptr && !said->is_null() && *said != "grid" &&
        !said->contains("grid_boundaries"))
      arguments_.refuse("positional_embedding",
                        "'grid', {'grid_boundaries': [[begin, end], ...]} or null");
  }

  /// The shape of the last map of a channel MLP, of two maps but for a lifting that is linear and a
  /// projection of any number of hidden layers.
  [[nodiscard]] const Extents& last_map(const std::string& mlp) const {
    const std::size_t maps = tensors_.count(mlp + ".*.", ".weight");
    const bool may_differ  = mlp == "lifting"
                                 ? maps == 1 && tensors_.family() == ReferenceFamily::fno
                                 : maps > 0 && arguments_.said("nop_usual_decoder") != nullptr;
    if (maps != 2 && !may_differ)
      throw FormatError(
          tensors_.source(), 0,
          "'" + mlp + "' should have 2 maps of channels, but has " + std::to_string(maps));
    return tensors_.at(mlp + ".*." + std::to_string(maps - 1) + ".weight", 3);
  }

  /// What a projection that is called a decoder has of its own.
  void decoder() {
    const Json* const usual = arguments_.said("nop_usual_decoder");
    if (usual == nullptr) return;
    const std::size_t maps = tensors_.count("projection.*.", ".weight");
    const std::string key  = tensors_.key("projection.*.0.weight");
    arguments_.infer("decoder_layers", maps - 1, last_of("projection.*.", ".weight"));
    const Json* const size = arguments_.said("decoder_layer_size");
    if (maps > 1)
      infer_rows("decoder_layer_size", "projection.*.0.weight");
    else if (size != nullptr)
      arguments_.or_assume("decoder_layer_size", nullptr, "");
    const Json sigma = arguments_.or_assume("decoder_activation_fn", *usual, "no tensor tells");
    if (!activation_of_reference(sigma))
      arguments_.refuse("decoder_activation_fn", activations_text());
    if (arguments_.said("dimension") != nullptr) arguments_.infer("dimension", axes_, key);
  }

  void ratio(const std::string& name, const std::string& path, double width) {
    auto hidden = static_cast<double>(tensors_.at(path, 3)[0]);
    if (name == "lifting_channel_ratio" && tensors_.count("lifting.*.", ".weight") == 1)
      hidden = 0;  // of a linear map
    double value = hidden / width;
    while (std::trunc(value * width) < hidden) value = std::nextafter(value, hidden + 1);
    if (const Json* said = arguments_.said(name)) {
      if (!said->is_number() || std::trunc(said->get<double>() * width) != hidden)
        arguments_.contradict(name, *said, value, tensors_.key(path));
      value = said->get<double>();
    }
    arguments_.confirm(name, value, tensors_.key(path));
  }

  // --- the skips across a UNO

  void horizontal_skips() {
    const Json map = arguments_.or_assume(
        "horizontal_skips_map", skips_for_reference(mirrored_skips(depth_)), "the mirrored ones");
    std::size_t first = depth_;
    if (map.is_object())
      for (const auto& entry : map.items())
        if (entry.value().is_number_unsigned())
          first = std::min(first, entry.value().get<std::size_t>());
    if (first < depth_)
      ReferenceLayerDescriber(tensors_, arguments_)
          .skip("horizontal_skip", "horizontal_skips." + std::to_string(first));
  }

  /// The key of the last of several tensors.
  [[nodiscard]] std::string last_of(const std::string& before, const std::string& behind) const {
    return tensors_.key(before + std::to_string(tensors_.count(before, behind) - 1) + behind);
  }

  const ReferenceTensors& tensors_;
  ReferenceArguments& arguments_;
  Semantics semantics_;
  std::size_t axes_;
  std::size_t depth_ = 0;
};

}  // namespace nop::detail
