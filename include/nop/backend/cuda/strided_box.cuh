// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/division.cuh>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

/// \file
/// Boxes between two strided arrays, as kernels that copy see them.

namespace nop::cuda {

/// Bytes of the longest word.
inline constexpr std::size_t longest_word = 16;

/// Bytes that are copied at once.
template <std::size_t Bytes>
struct alignas(Bytes) Word {
  std::array<std::uint32_t, Bytes / sizeof(std::uint32_t)> parts;
};

/// A box between two strided arrays, to find the offsets of its elements; steps fit into 32 bits.
template <std::size_t Rank>
class StridedBox {
 public:
  /// Where so many elements are.
  template <std::size_t Count>
  struct Offsets {
    std::array<std::uint64_t, Count> in, out;
  };

  StridedBox(const Shape<Rank>& extents, const Shape<Rank>& in_step, const Shape<Rank>& out_step)
      : first_(Rank - 1) {
    for (std::size_t axis = 0; axis < Rank; ++axis) {
      axes_[axis] = {Divisor(extents[axis]), static_cast<std::uint32_t>(in_step[axis]),
                     static_cast<std::uint32_t>(out_step[axis])};
      if (extents[axis] != 1) first_ = std::min(first_, static_cast<std::uint32_t>(axis));
    }
  }

  /// Of elements that are counted row by row.
  template <std::size_t Count>
  [[nodiscard]] __device__ Offsets<Count> offsets(std::array<std::uint32_t, Count> index) const {
    Offsets<Count> at{};
    for (std::uint32_t axis = Rank - 1; axis > first_; --axis)
#pragma unroll
      for (unsigned k = 0; k < Count; ++k) {
        const auto part = axes_[axis].extent.divide(index[k]);
        at.in[k] += std::uint64_t{part.remainder} * axes_[axis].in;
        at.out[k] += std::uint64_t{part.remainder} * axes_[axis].out;
        index[k] = part.quotient;
      }
#pragma unroll
    for (unsigned k = 0; k < Count; ++k) {
      at.in[k] += std::uint64_t{index[k]} * axes_[first_].in;
      at.out[k] += std::uint64_t{index[k]} * axes_[first_].out;
    }
    return at;
  }

 private:
  struct Axis {
    Divisor extent;
    std::uint32_t in, out;
  };
  std::array<Axis, Rank> axes_;
  std::uint32_t first_;  ///< the first axis that is longer than 1
};

}  // namespace nop::cuda
