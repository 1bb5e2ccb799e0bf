// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/parallel.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace nop::cpu {

namespace detail {

/// Numbers that are copied at a time, so that threads can share what is more.
inline constexpr std::size_t copied_at_once = 16384;

/// Axes that lie one behind the other in both arrays become one, while its rows are not long
/// enough.
template <std::size_t Rank>
void merge_last_axes(Shape<Rank>& extents, Shape<Rank>& in_step, Shape<Rank>& out_step) {
  constexpr std::size_t row = Rank - 2, column = Rank - 1;
  for (std::size_t merged = 0; merged < column; ++merged) {
    const std::size_t both = extents[row] * extents[column];
    const bool follow      = in_step[row] == extents[column] * in_step[column] &&
                        out_step[row] == extents[column] * out_step[column];
    if ((extents[row] != 1 && !follow) || both > copied_at_once) return;
    for (std::size_t axis = row; axis > 0; --axis)
      for (Shape<Rank>* const shape : {&extents, &in_step, &out_step})
        (*shape)[axis] = (*shape)[axis - 1];
    extents[0]      = 1;
    extents[column] = both;
  }
}

/// A box between two strided arrays with all axes but the last two folded into a loop.
template <class Element>
void copy_plane(std::size_t rows, std::size_t columns, const Element* in, std::size_t in_row,
                std::size_t in_column, Element* out, std::size_t out_row, std::size_t out_column) {
  if (in_column == 1 && out_column == 1) {
    for (std::size_t r = 0; r < rows; ++r) std::copy_n(in + r * in_row, columns, out + r * out_row);
    return;
  }
  if (in_column == 0 && out_column == 1) {
    for (std::size_t r = 0; r < rows; ++r) std::fill_n(out + r * out_row, columns, in[r * in_row]);
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
void copy_strided(Shape<Rank> extents, const Element* in, Shape<Rank> in_step, Element* out,
                  Shape<Rank> out_step) {
  if (element_count(extents) == 0) return;
  if constexpr (Rank == 1) {
    detail::copy_plane(1, extents[0], in, 0, in_step[0], out, 0, out_step[0]);
  } else {
    // Planes of the last two axes, each in bands of rows that are worth a thread's while.
    constexpr std::size_t row = Rank - 2, column = Rank - 1;
    detail::merge_last_axes(extents, in_step, out_step);
    const std::size_t planes = element_count(extents, 0, row);
    const std::size_t worth  = detail::copied_at_once / extents[column];
    const bool transposes    = in_step[column] != 1 || out_step[column] != 1;
    const std::size_t band   = transposes ? (worth / 16 + 1) * 16 : std::max<std::size_t>(1, worth);
    const std::size_t bands  = (extents[row] + band - 1) / band;
    const std::size_t group  = std::max<std::size_t>(
        1, detail::copied_at_once / (std::min(band, extents[row]) * extents[column]));
    parallel_blocks(planes * bands, group, [&](std::size_t first, std::size_t last) {
      for (std::size_t task = first; task < last; ++task) {
        const std::size_t begin = task % bands * band;
        std::size_t rest        = task / bands;
        std::size_t in_offset = begin * in_step[row], out_offset = begin * out_step[row];
        for (std::size_t axis = row; axis-- > 0;) {
          in_offset += rest % extents[axis] * in_step[axis];
          out_offset += rest % extents[axis] * out_step[axis];
          rest /= extents[axis];
        }
        detail::copy_plane(std::min(band, extents[row] - begin), extents[column], in + in_offset,
                           in_step[row], in_step[column], out + out_offset, out_step[row],
                           out_step[column]);
      }
    });
  }
}

}  // namespace nop::cpu
