// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/shape.hpp>

#include <cstddef>

namespace nop {

/// A convolution with a kernel of a few points that keeps the grid, of fields [batch, in, grid...]
/// and [batch, out, grid...] with a weight [kernel..., out, in]:
///
///     y_o(p) = b_o + sum_t sum_i weight_toi x_i(p + t - left),   left = floor((kernel - 1) / 2)
///
/// over the taps t of the kernel. Outside of its grid x is 0. Nothing is empty but the batch.
template <std::size_t Dim>
struct ConvolutionSize {
  std::size_t batch;
  std::size_t in;
  std::size_t out;
  Shape<Dim> grid;
  Shape<Dim> kernel;

  /// How many points the kernel reaches before the one it is at.
  [[nodiscard]] constexpr Shape<Dim> left() const {
    auto reach = kernel;
    for (std::size_t& points : reach.extents) points = (points - 1) / 2;
    return reach;
  }
  [[nodiscard]] constexpr std::size_t points() const { return element_count(grid); }
  [[nodiscard]] constexpr std::size_t taps() const { return element_count(kernel); }
};

}  // namespace nop
