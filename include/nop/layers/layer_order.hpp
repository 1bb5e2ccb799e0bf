// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>

namespace nop {

/// Where the activation stands in a Fourier layer.
enum class LayerOrder {
  post_activation,  ///< after the convolution and after the channel MLP
  pre_activation,   ///< before the convolution
  original          ///< once, after the sum of convolution and skip
};
constexpr auto enumerator_names(LayerOrder) {
  return std::to_array<const char*>({"post_activation", "pre_activation", "original"});
}

/// What bounds the input of a spectral convolution.
enum class Stabilizer {
  none,
  hyperbolic_tangent  ///< tanh(x) goes into the convolution, x past it
};
constexpr auto enumerator_names(Stabilizer) {
  return std::to_array<const char*>({"none", "hyperbolic_tangent"});
}

}  // namespace nop
