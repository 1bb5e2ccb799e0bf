// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/array.hpp>
#include <nop/io/json.hpp>
#include <nop/io/named_arrays.hpp>
#include <nop/io/reference/layout_v0_3.hpp>
#include <nop/io/reference/state.hpp>

#include <complex>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace nop::detail {

using Weights = std::vector<std::complex<float>>;

/// Puts the weights of the corners of a spectrum together, [in, out, m_1, ..., m_d] each, as one
/// tensor [in, out, 2 m_1, ..., 2 m_(d-1), m_d] whose mode m_j + f has the frequency f. Corner
/// number b has the frequencies -m_j ... -1 along axis j if bit j of b is set, else 0 ... m_j - 1.
inline Array centred(const std::vector<Array>& corners) {
  auto shape             = corners.front().shape();
  const std::size_t axes = shape.size() - 2;
  const auto half        = shape;
  for (std::size_t axis = 0; axis + 1 < axes; ++axis) shape[axis + 2] *= 2;
  std::size_t size = 1;
  for (const std::size_t extent : shape) size *= extent;
  Weights whole(size);
  for (std::size_t corner = 0; corner < corners.size(); ++corner) {
    const auto values = corners[corner].values<std::complex<float>>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      std::size_t rest = i, place = 0, stride = 1;
      for (std::size_t axis = half.size(); axis-- > 0;) {
        std::size_t index = rest % half[axis];
        rest /= half[axis];
        const bool is_full = axis >= 2 && axis + 1 < half.size();
        if (is_full && ((corner >> (axis - 2)) & 1U) == 0) index += half[axis];
        place += index * stride;
        stride *= shape[axis];
      }
      whole[place] = values[i];
    }
  }
  return make_array(whole, shape);
}

/// W u + b as a channel MLP: sigma(x) - sigma(-x) = x for gelu, relu and silu, so its hidden
/// channels are those of u and of -u.
inline void add_linear_lifting(const Array& weight, const Array& bias, NamedArrays& tensors) {
  const std::size_t out = weight.shape()[0], in = weight.shape()[1];
  const auto w = weight.values<float>();
  std::vector<float> both(2 * in * in), joined(out * 2 * in);
  for (std::size_t i = 0; i < in; ++i) {
    both[i * in + i]        = 1;
    both[(in + i) * in + i] = -1;
    for (std::size_t o = 0; o < out; ++o) {
      joined[o * 2 * in + i]      = w[o * in + i];
      joined[o * 2 * in + in + i] = -w[o * in + i];
    }
  }
  tensors.add("lifting.fcs.0.weight", make_array(both, {2 * in, in, 1}));
  tensors.add("lifting.fcs.0.bias", make_array(std::vector<float>(2 * in), {2 * in}));
  tensors.add("lifting.fcs.1.weight", make_array(joined, {out, 2 * in, 1}));
  tensors.add("lifting.fcs.1.bias", bias);
}

/// The scripts' tensors by their names, each used once.
class ScriptTensors {
 public:
  explicit ScriptTensors(const ReferenceState& state) : state_(state) {}

  [[nodiscard]] bool has(const std::string& key) const { return state_.tensors.contains(key); }
  const Array& take(const std::string& key, std::size_t least_axes) {
    if (!has(key)) throw FormatError(state_.source, 0, "the tensor '" + key + "' is missing");
    const Array& array = state_.tensors.at(key);
    if (array.shape().size() < least_axes || array.size() == 0)
      throw FormatError(state_.source, 0,
                        "the tensor '" + key + "' should have at least " +
                            std::to_string(least_axes) + " axes, but is of shape " +
                            shape_text(array.shape()));
    ++used_;
    return array;
  }
  /// A map of channels, a matrix or a convolution of one point.
  Array map(const std::string& key) {
    const Array& array = take(key, 2);
    const auto& shape  = array.shape();
    return shape.size() == 2 ? recast(array, array.element_type(), {shape[0], shape[1], 1})
                             : as_map(array);
  }
  /// The weights of a convolution, of all corners.
  Array weights(const std::string& conv) {
    std::vector<Array> corners;
    for (std::size_t b = 1; corners.empty() || has(conv + ".weights" + std::to_string(b)); ++b) {
      const std::string key = conv + ".weights" + std::to_string(b);
      corners.push_back(as_complex(take(key, 3), key, state_.source));
      if (corners.back().shape() != corners.front().shape())
        throw FormatError(state_.source, 0,
                          "the tensor '" + key + "' should be of shape " +
                              shape_text(corners.front().shape()) + ", but is of " +
                              shape_text(corners.back().shape()));
    }
    const std::size_t axes = corners.front().shape().size() - 2;
    if (axes > 3 || corners.size() != std::size_t{1} << (axes - 1))
      throw FormatError(state_.source, 0,
                        "'" + conv +
                            "' should have weights of 2^(d-1) corners of 1 to 3 axes, but has " +
                            std::to_string(corners.size()) + " of " + std::to_string(axes));
    return centred(corners);
  }
  /// Norms that no forward pass of the scripts uses are left out.
  void expect_all_used() const {
    std::size_t unused_norms = 0;
    for (const auto& [key, array] : state_.tensors) unused_norms += key.starts_with("bn") ? 1 : 0;
    if (used_ + unused_norms != state_.tensors.size())
      throw FormatError(state_.source, 0,
                        std::to_string(state_.tensors.size() - used_ - unused_norms) +
                            " tensors beside those of a model of the original scripts");
  }

 private:
  const ReferenceState& state_;
  std::size_t used_ = 0;
};

/// A model of the scripts of the first paper: conv0 ... and w0 ..., between fc0 and fc1, fc2, or p
/// and q; with mlp0 ... after the convolutions in the later ones. The coordinates that its caller
/// appended have their last point on the end of the box. The w's biases become the convolutions'.
inline ReferenceState from_scripts(const ReferenceState& old) {
  ReferenceState state{old.source, old.prefix, old.layout, {}, old.arguments};
  ScriptTensors tensors(old);
  constexpr std::size_t most_channels = 4096;  // of an input, from which a square matrix is made
  const bool later                    = tensors.has("p.weight");
  const std::string lift              = later ? "p" : "fc0";
  const std::string first = later ? "q.mlp1" : "fc1", second = later ? "q.mlp2" : "fc2";
  const Array lifting = tensors.map(lift + ".weight");
  if (lifting.shape()[1] > most_channels || holds_complex(lifting.element_type()))
    throw FormatError(old.source, 0,
                      "the tensor '" + lift + ".weight' should be of at most " +
                          std::to_string(most_channels) + " real columns, but is of shape " +
                          shape_text(lifting.shape()));
  add_linear_lifting(lifting, tensors.take(lift + ".bias", 1), state.tensors);
  const auto add_map = [&](const std::string& to, const std::string& from) {
    state.tensors.add(to + ".weight", tensors.map(from + ".weight"));
    state.tensors.add(to + ".bias", tensors.take(from + ".bias", 1));
  };
  for (std::size_t layer = 0; tensors.has("conv" + std::to_string(layer) + ".weights1"); ++layer) {
    const std::string n = std::to_string(layer), blocks = "fno_blocks.";
    state.tensors.add(blocks + "convs." + n + ".weight.tensor", tensors.weights("conv" + n));
    const Array& bias = tensors.take("w" + n + ".bias", 1);
    std::vector<std::size_t> shape(
        state.tensors.at(blocks + "convs." + n + ".weight.tensor").shape().size() - 1, 1);
    shape[0] = bias.size();
    if (!tensors.has("mlp" + n + ".mlp1.weight")) {
      state.tensors.add(blocks + "convs." + n + ".bias", recast(bias, bias.element_type(), shape));
    } else {  // behind the MLP, a bias of the convolution would not be that of the sum
      state.tensors.add(blocks + "convs." + n + ".bias",
                        make_array(std::vector<float>(bias.size()), shape));
      const std::string mlp = blocks + "channel_mlp." + n + ".fcs.";
      add_map(mlp + "0", "mlp" + n + ".mlp1");
      state.tensors.add(mlp + "1.weight", tensors.map("mlp" + n + ".mlp2.weight"));
      auto sum           = tensors.take("mlp" + n + ".mlp2.bias", 1).values<float>();
      const auto of_skip = bias.values<float>();
      for (std::size_t i = 0; i < sum.size() && i < of_skip.size(); ++i) sum[i] += of_skip[i];
      const std::size_t size = sum.size();
      state.tensors.add(mlp + "1.bias", make_array(sum, {size}));
    }
    state.tensors.add(blocks + "fno_skips." + n + ".conv.weight", tensors.map("w" + n + ".weight"));
  }
  add_map("projection.fcs.0", first);
  add_map("projection.fcs.1", second);
  tensors.expect_all_used();
  if (!state.arguments.is_object()) state.arguments = Json::object();
  state.arguments["nop_order"]       = "original";
  state.arguments["nop_coordinates"] = "grid_with_ends";
  if (tensors.has("mlp0.mlp1.weight")) state.arguments["channel_mlp_skip"] = nullptr;
  return state;
}

}  // namespace nop::detail
