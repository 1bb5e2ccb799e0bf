// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/array.hpp>
#include <nop/io/json.hpp>
#include <nop/io/named_arrays.hpp>
#include <nop/io/reference/corners.hpp>
#include <nop/io/reference/layout_tensors.hpp>
#include <nop/io/reference/state.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace nop::detail {

/// The weights of one of the scripts' convolutions, weights1 ... of all its corners.
inline Array script_weights(LayoutTensors& tensors, const std::string& conv) {
  const auto corners     = tensors.corners(conv);
  const std::size_t axes = corners.front().shape().size() - 2;
  expect_corners(corners, axes, conv, tensors.source());
  return centred(corners, axes);
}

/// A model of the scripts of the first paper: conv0 ... and w0 ..., between fc0 and fc1, fc2, or p
/// and q; with mlp0 ... after the convolutions in the later ones. The coordinates that its caller
/// appended have their last point on the end of the box, and padding is a number of points there.
/// The w's biases become the convolutions'.
inline ReferenceState from_scripts(const ReferenceState& old) {
  ReferenceState state{old.source, old.prefix, old.layout, {}, old.arguments};
  LayoutTensors tensors(old);
  const bool later         = tensors.has("p.weight");
  const std::string blocks = "fno_blocks.";
  tensors.move_map(later ? "p" : "fc0", "lifting.fcs.0", state.tensors);
  for (std::size_t layer = 0; tensors.has("conv" + std::to_string(layer) + ".weights1"); ++layer) {
    const std::string n    = std::to_string(layer);
    const Array weights    = script_weights(tensors, "conv" + n);
    const std::size_t axes = weights.shape().size() - 2;
    Array bias             = tensors.bias("w" + n + ".bias", axes);
    state.tensors.add(blocks + "convs." + n + ".weight.tensor", weights);
    if (tensors.has("mlp" + n + ".mlp1.weight")) {
      // Behind the MLP, a bias of the convolution would not be that of the sum.
      const std::string mlp = blocks + "channel_mlp." + n + ".fcs.";
      tensors.move_map("mlp" + n + ".mlp1", mlp + "0", state.tensors);
      state.tensors.add(mlp + "1.weight", tensors.map("mlp" + n + ".mlp2.weight"));
      auto sum           = tensors.take("mlp" + n + ".mlp2.bias", 1).values<float>();
      const auto of_skip = bias.values<float>();
      for (std::size_t i = 0; i < sum.size() && i < of_skip.size(); ++i) sum[i] += of_skip[i];
      const std::size_t size = sum.size();
      state.tensors.add(mlp + "1.bias", make_array(sum, {size}));
      bias = make_array(std::vector<float>(of_skip.size()), bias.shape());
    }
    state.tensors.add(blocks + "convs." + n + ".bias", bias);
    state.tensors.add(blocks + "fno_skips." + n + ".conv.weight", tensors.map("w" + n + ".weight"));
  }
  tensors.move_map(later ? "q.mlp1" : "fc1", "projection.fcs.0", state.tensors);
  tensors.move_map(later ? "q.mlp2" : "fc2", "projection.fcs.1", state.tensors);
  tensors.leave_out("bn", "");  // no forward pass of the scripts uses its norms
  tensors.expect_all_used("the original scripts");
  if (!state.arguments.is_object()) state.arguments = Json::object();
  state.arguments["nop_order"]         = "original";
  state.arguments["nop_coordinates"]   = "grid_with_ends";
  state.arguments["nop_usual_padding"] = 0;
  if (tensors.has("mlp0.mlp1.weight")) state.arguments["channel_mlp_skip"] = nullptr;
  return state;
}

}  // namespace nop::detail
