// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/parallel.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace nop::cpu {

namespace detail {

/// A box between two strided arrays with all axes but the last two folded into a loop.
template <class Element>
void copy_plane(std::size_t rows, std::size_t columns, const Element* in, std::size_t in_row,
                std::size_t in_column, Element* out, std::size_t out_row, std::size_t out_column) {
  if (in_column == 1 && out_column == 1) {
    for (std::size_t r = 0; r < rows; ++r) std::copy_n(in + r * in_row, columns, out + r * out_row);
    return;
  }
  constexpr std::size_t tile = 16;  // a transposition in pieces that stay in the first cache
  for (std::size_t r0 = 0; r0 < rows; r0 += tile)
    for (std::size_t c0 = 0; c0 < columns; c0 += tile)
      for (std::size_t r = r0; r < std::min(rows, r0 + tile); ++r)
        for (std::size_t c = c0; c < std::min(columns, c0 + tile); ++c)
          out[r * out_row + c * out_column] = in[r * in_row + c * in_column];
}

}  // namespace detail

/// out[sum i_a out_step_a] = in[sum i_a in_step_a] over all indices i inside `extents`.
template <class Element, std::size_t Rank>
void copy_strided(const Shape<Rank>& extents, const Element* in, const Shape<Rank>& in_step,
                  Element* out, const Shape<Rank>& out_step) {
  if (element_count(extents) == 0) return;
  if constexpr (Rank == 1) {
    detail::copy_plane(1, extents[0], in, 0, in_step[0], out, 0, out_step[0]);
  } else {
    const std::size_t planes = element_count(extents, 0, Rank - 2);
    const std::size_t group =
        std::max<std::size_t>(1, 16384 / (extents[Rank - 2] * extents[Rank - 1]));
    parallel_blocks(planes, group, [&](std::size_t first, std::size_t last) {
      for (std::size_t plane = first; plane < last; ++plane) {
        std::size_t rest = plane, in_offset = 0, out_offset = 0;
        for (std::size_t axis = Rank - 2; axis-- > 0;) {
          in_offset += rest % extents[axis] * in_step[axis];
          out_offset += rest % extents[axis] * out_step[axis];
          rest /= extents[axis];
        }
        detail::copy_plane(extents[Rank - 2], extents[Rank - 1], in + in_offset, in_step[Rank - 2],
                           in_step[Rank - 1], out + out_offset, out_step[Rank - 2],
                           out_step[Rank - 1]);
      }
    });
  }
}

}  // namespace nop::cpu
