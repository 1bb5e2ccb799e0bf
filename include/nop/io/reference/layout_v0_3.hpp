// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/array.hpp>
#include <nop/io/json.hpp>
#include <nop/io/named_arrays.hpp>
#include <nop/io/reference/layout_tensors.hpp>
#include <nop/io/reference/state.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nop::detail {

inline bool move_prefix(std::string& key, std::string_view from, std::string_view to) {
  if (!key.starts_with(from)) return false;
  key.replace(0, from.size(), to);
  return true;
}

/// The bias of the convolution of all layers, [layer, channel, 1, ...], layer by layer.
inline void split_bias(const Array& bias, NamedArrays& tensors) {
  auto shape               = bias.shape();
  const std::size_t layers = shape.empty() ? 0 : shape.front();
  if (layers == 0) return;
  shape.erase(shape.begin());
  const std::size_t size = bias.bytes().size() / layers;
  for (std::size_t layer = 0; layer < layers; ++layer) {
    const auto part = bias.bytes().subspan(layer * size, size);
    tensors.add("fno_blocks.convs." + std::to_string(layer) + ".bias",
                Array(bias.element_type(), shape, {part.begin(), part.end()}));
  }
}

/// An FNO of version 0.3.0: one convolution of all layers, complex numbers as two reals, no
/// coordinates appended, activated once in a layer. It cannot be told what follows where layers
/// have MLPs, one tensor serves all layers, or a layer activates first: a FormatError.
inline ReferenceState from_v0_3(const ReferenceState& old) {
  const auto refuse = [&](const std::string& what) {
    throw FormatError(old.source, 0, "of neuraloperator 0.3, " + what + " are not supported");
  };
  ReferenceState state{old.source, old.prefix, old.layout, {}, old.arguments};
  for (const auto& [old_key, array] : old.tensors) {
    std::string key                    = old_key;
    constexpr std::string_view weights = "fno_blocks.convs.weight.";
    if (key.starts_with("fno_blocks.mlp.")) refuse("layers with MLPs");
    if (key.starts_with("fno_blocks.0.")) refuse("UNOs");
    if (key == "fno_blocks.convs.bias") {
      split_bias(array, state.tensors);
    } else if (key.starts_with(weights)) {
      const auto digits = key.find('.', weights.size());
      if (digits == std::string::npos ||
          key.find_first_not_of("0123456789", weights.size()) != digits)
        refuse("layers whose weights are one tensor");
      key = "fno_blocks.convs." + key.substr(weights.size(), digits - weights.size()) + ".weight" +
            key.substr(digits);
      state.tensors.add(key, as_complex(array, old_key, old.source));
    } else if (key.starts_with("fno_blocks.fno_skips.") && array.shape().size() > 2 &&
               array.shape()[0] != 1) {
      state.tensors.add(key.substr(0, key.rfind('.')) + ".conv.weight", as_map(array));
    } else if (move_prefix(key, "fno_blocks.norm.", "")) {
      const auto dot = key.find('.');  // one norm in a layer there
      if (dot == 0 || dot > 6 || key.find_first_not_of("0123456789") != dot)
        refuse("norms without a number");
      state.tensors.add(
          "fno_blocks.norm." + std::to_string(2 * std::stoul(key.substr(0, dot))) + key.substr(dot),
          array);
    } else {
      const bool is_gate = key.starts_with("fno_blocks.");
      state.tensors.add(key, is_gate || array.shape().size() < 3 ? array : as_map(array));
    }
  }
  if (!state.arguments.is_object()) state.arguments = Json::object();
  if (state.arguments.contains("preactivation") && state.arguments["preactivation"] == true)
    refuse("layers that activate first");
  state.arguments["positional_embedding"]   = nullptr;
  state.arguments["nop_order"]              = "original";
  state.arguments["nop_usual_padding_mode"] = "one-sided";
  return state;
}

}  // namespace nop::detail
