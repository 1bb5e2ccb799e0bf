// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/array.hpp>
#include <nop/io/json.hpp>
#include <nop/io/named_arrays.hpp>
#include <nop/io/reference/corners.hpp>
#include <nop/io/reference/layout_tensors.hpp>
#include <nop/io/reference/layout_v0_3.hpp>
#include <nop/io/reference/multiplied_out.hpp>
#include <nop/io/reference/state.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace nop::detail {

/// What is said of an FNO of version 0.2.0, in today's words: of n modes along an axis, n/2 had
/// weights at each corner. Channels of lifting and projection follow from the tensors.
inline Json words_of_v0_2(const Json& said, std::size_t axes, const std::string& source) {
  if (!said.is_object()) return said;
  Json words = said;
  if (words.contains("incremental_n_modes") && !words["incremental_n_modes"].is_null())
    throw FormatError(
        source, 0, "of neuraloperator 0.2, fewer modes in use than are stored are not supported");
  for (const auto* const idle : {"incremental_n_modes", "lifting_channels", "projection_channels"})
    words.erase(idle);
  if (words.contains("n_modes")) {
    Json& modes = words["n_modes"];
    if (!modes.is_array()) modes = Json::array({modes});
    for (Json& count : modes)
      if (count.is_number_integer()) count = count.get<std::int64_t>() / 2;
    modes = modes_of_corners(modes, axes);
  }
  return words;
}

/// The weights of a layer, from those of its corners, whose order is that of a loop over the signs
/// of all axes but the last, the first one outermost. Factors are multiplied out, to as many
/// numbers as there are left, and what they make is taken off these.
inline Array v0_2_weights(LayoutTensors& tensors, std::size_t layer, std::size_t axes,
                          std::size_t& left) {
  const std::size_t count = std::size_t{1} << (axes - 1);
  std::vector<Array> corners;
  for (std::size_t corner = 0; corner < count; ++corner) {
    std::size_t number = 0;  // the bits of the corner, the other way around
    for (std::size_t axis = 0; axis + 1 < axes; ++axis)
      number |= ((corner >> axis) & 1U) << (axes - 2 - axis);
    const std::string name = "fno_blocks.convs.weight." + std::to_string(layer * count + number);
    if (tensors.has(name + ".tensor")) {
      corners.push_back(tensors.complex(name + ".tensor", axes));
    } else {
      corners.push_back(MultipliedOut(tensors, name, left)());
      left -= std::min(left, corners.back().size());
    }
  }
  const std::string name     = "fno_blocks.convs, layer " + std::to_string(layer);
  const std::size_t all_axes = corners.front().shape().size();
  if (all_axes != axes + 1 && all_axes != axes + 2)
    throw FormatError(tensors.source(), 0,
                      "the weights of '" + name + "' should have one or two axes of channels and " +
                          std::to_string(axes) + " of modes, but are of shape " +
                          shape_text(corners.front().shape()));
  expect_corners(corners, axes, name, tensors.source());
  return centred(corners, axes);
}

/// An FNO of version 0.2.0: weights of the corners of a spectrum, a lifting that is a linear map,
/// no coordinates appended, and an activation at the end of the first half of the layers alone: of
/// those with 2 layer < depth. It cannot be told what follows where layers have MLPs, one tensor
/// serves all layers, or a layer activates first: a FormatError.
inline ReferenceState from_v0_2(const ReferenceState& old) {
  const auto refuse = [&](const std::string& what) {
    throw FormatError(old.source, 0, "of neuraloperator 0.2, " + what + " are not supported");
  };
  ReferenceState state{old.source, old.prefix, old.layout, {}, old.arguments};
  LayoutTensors tensors(old);
  const std::string blocks = "fno_blocks.";
  if (tensors.has("fno_blocks.0.convs.bias")) refuse("UNOs");
  for (const auto& [key, array] : old.tensors)
    if (key.starts_with(blocks + "mlp.")) refuse("layers with MLPs");
  if (tensors.has(blocks + "convs.weight.core") ||
      tensors.has(blocks + "convs.weight.factors.factor_0") ||
      tensors.has(blocks + "convs.weight.tensor"))
    refuse("layers whose weights are one tensor");
  const Array& bias       = tensors.take(blocks + "convs.bias", 3);
  const std::size_t depth = bias.shape()[0], axes = bias.shape().size() - 2;
  if (axes > 4) refuse("grids of more than 4 axes");
  std::size_t numbers = 0;
  for (const auto& [key, array] : old.tensors) numbers += array.size();
  constexpr std::size_t most_ratio = 1000, allowance = std::size_t{1} << 24;
  std::size_t left = most_ratio * numbers + allowance;  // numbers that factors may make
  tensors.move_map("lifting.fc", "lifting.fcs.0", state.tensors);
  split_bias(bias, state.tensors);
  for (std::size_t layer = 0; layer < depth; ++layer) {
    const std::string n = std::to_string(layer), skip = blocks + "fno_skips." + n;
    state.tensors.add(blocks + "convs." + n + ".weight.tensor",
                      v0_2_weights(tensors, layer, axes, left));
    if (tensors.has(skip + ".weight")) {
      const Array& weight = tensors.take(skip + ".weight", 3);
      const bool is_gate  = weight.shape()[0] == 1;
      state.tensors.add(skip + (is_gate ? ".weight" : ".conv.weight"),
                        is_gate ? weight : as_map(weight));
    }
    for (const std::string last : {"weight", "bias"}) {  // one norm in a layer there
      const std::string from = blocks + "norm." + n + "." + last;
      if (tensors.has(from))
        state.tensors.add(blocks + "norm." + std::to_string(2 * layer) + "." + last,
                          tensors.take(from, 1));
    }
  }
  tensors.move_map("projection.fc1", "projection.fcs.0", state.tensors);
  tensors.move_map("projection.fc2", "projection.fcs.1", state.tensors);
  tensors.expect_all_used("neuraloperator 0.2");
  state.arguments = words_of_v0_2(state.arguments, axes, old.source);
  if (!state.arguments.is_object()) state.arguments = Json::object();
  if (state.arguments.contains("preactivation") && state.arguments["preactivation"] == true)
    refuse("layers that activate first");
  state.arguments["positional_embedding"]   = nullptr;
  state.arguments["nop_order"]              = "original";
  state.arguments["nop_activated_layers"]   = (depth + 1) / 2;
  state.arguments["nop_usual_padding_mode"] = "one-sided";
  return state;
}

}  // namespace nop::detail
