// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/array.hpp>
#include <nop/io/json.hpp>
#include <nop/io/named_arrays.hpp>
#include <nop/io/reference/corners.hpp>
#include <nop/io/reference/layout_tensors.hpp>
#include <nop/io/reference/state.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nop::detail {

/// What PhysicsNeMo calls something that the reference library has, too.
inline constexpr auto physics_nemo_words =
    std::to_array<std::pair<std::string_view, std::string_view>>(
        {{"latent_channels", "hidden_channels"},
         {"num_fno_layers", "n_layers"},
         {"num_fno_modes", "n_modes"},
         {"activation_fn", "non_linearity"},
         {"coord_features", "positional_embedding"}});

/// What is said of an FNO of PhysicsNeMo on `axes` axes, in the reference library's words where it
/// has any. Its leaky_relu is none that is known here.
inline Json words_of_physics_nemo(const Json& said, std::size_t axes) {
  if (!said.is_object()) return said;
  Json words = Json::object();
  for (const auto& entry : said.items()) {
    const auto* const known =
        std::find_if(physics_nemo_words.begin(), physics_nemo_words.end(),
                     [&](const auto& pair) { return pair.first == entry.key(); });
    words[known == physics_nemo_words.end() ? entry.key() : std::string(known->second)] =
        entry.value();
  }
  if (words.contains("n_modes")) words["n_modes"] = modes_of_corners(words["n_modes"], axes);
  for (const auto* const sigma : {"non_linearity", "decoder_activation_fn"})
    if (words.contains(sigma) && words[sigma] == "leaky_relu")
      words[sigma] = "leaky_relu of slope 0.1";
  if (words.contains("positional_embedding") && words["positional_embedding"].is_boolean())
    words["positional_embedding"] = words["positional_embedding"] == true ? Json("grid") : Json();
  if (words.contains("padding") && words["padding"].is_array()) {
    Json points = words["padding"];
    while (points.size() < axes) points.push_back(0);
    while (points.size() > axes) points.erase(points.size() - 1);
    words["padding"] = points;
  }
  return words;
}

/// The weights of a convolution, weights1 ... of all its corners.
inline Array physics_nemo_weights(LayoutTensors& tensors, const std::string& conv) {
  /// Those of four axes are in the order of how many of their frequencies are negative.
  constexpr auto numbers = std::to_array<std::size_t>({0, 1, 2, 4, 3, 5, 6, 7});
  const auto corners     = tensors.corners(conv);
  const std::size_t axes = corners.front().shape().size() - 2;
  expect_corners(corners, axes, conv, tensors.source());
  if (axes < 4) return centred(corners, axes);
  auto ordered = corners;
  for (std::size_t i = 0; i < corners.size(); ++i) ordered[numbers[i]] = corners[i];
  return centred(ordered, axes);
}

/// How many axes the grid of an FNO of PhysicsNeMo has, by a weight [in, out, modes..., 2].
inline std::size_t physics_nemo_axes(const ReferenceState& state) {
  const auto axes = state.tensors.at("spec_encoder.spconv_layers.0.weights1").shape().size();
  return axes < 3 ? 0 : axes - 3;
}

/// An FNO of PhysicsNeMo: an encoder that lifts and convolves, and a decoder of any number of
/// hidden layers with an activation of its own. Coordinates have their last point on the end of the
/// box, and padding is a number of points there. The maps beside the convolutions have biases,
/// which become the convolutions'.
inline ReferenceState from_physics_nemo(const ReferenceState& old) {
  ReferenceState state{old.source, old.prefix, old.layout, {}, Json::object()};
  LayoutTensors tensors(old);
  const std::size_t axes  = physics_nemo_axes(old);
  const std::string coder = "spec_encoder.", blocks = "fno_blocks.";
  const std::string point =
      axes > 3 ? ".conv" : "";  // a map of channels is one module deeper there
  for (const auto& [from, to] : {std::pair("0", "0"), std::pair("2", "1")})
    tensors.move_map(coder + "lift_network." + from + ".conv" + point,
                     std::string("lifting.fcs.") + to, state.tensors);
  for (std::size_t layer = 0;
       tensors.has(coder + "spconv_layers." + std::to_string(layer) + ".weights1"); ++layer) {
    const std::string n = std::to_string(layer), skip = coder + "conv_layers." + n + point;
    state.tensors.add(blocks + "convs." + n + ".bias", tensors.bias(skip + ".bias", axes));
    state.tensors.add(blocks + "convs." + n + ".weight.tensor",
                      physics_nemo_weights(tensors, coder + "spconv_layers." + n));
    state.tensors.add(blocks + "fno_skips." + n + ".conv.weight", tensors.map(skip + ".weight"));
  }
  std::size_t hidden = 0;
  for (; tensors.has("decoder_net.layers." + std::to_string(hidden) + ".linear.weight"); ++hidden)
    tensors.move_map("decoder_net.layers." + std::to_string(hidden) + ".linear",
                     "projection.fcs." + std::to_string(hidden), state.tensors);
  tensors.move_map("decoder_net.final_layer.linear", "projection.fcs." + std::to_string(hidden),
                   state.tensors);
  tensors.leave_out("", "device_buffer");
  tensors.expect_all_used("PhysicsNeMo");
  if (old.arguments.is_object() && old.arguments.contains("__args__") &&
      old.arguments.contains("__name__") && old.arguments["__name__"] == "FNO" &&
      old.arguments["__args__"].is_object())
    state.arguments = words_of_physics_nemo(old.arguments["__args__"], axes);
  state.arguments["nop_order"]         = "original";
  state.arguments["nop_coordinates"]   = "grid_with_ends";
  state.arguments["nop_usual_padding"] = 8;
  state.arguments["nop_usual_decoder"] = "silu";
  return state;
}

}  // namespace nop::detail
