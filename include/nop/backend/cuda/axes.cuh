// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/shape.hpp>

#include <cstddef>
#include <cstdint>

/// \file
/// Boxes made simpler before a kernel walks through them.

namespace nop::cuda {

/// Axes of a box that lie one behind the other in every array become one, and those of extent 1
/// vanish. What is left are the last axes; those before have extent 1 and step 0.
template <std::size_t Rank, class... Steps>
constexpr void merge_axes(Shape<Rank>& extents, Steps&... steps) {
  std::size_t last = Rank;  // the first of the axes that are left
  for (std::size_t axis = Rank; axis-- > 0;) {
    if (extents[axis] == 1) continue;
    if (last < Rank && ((steps[axis] == steps[last] * extents[last]) && ...)) {
      extents[last] *= extents[axis];
      continue;
    }
    --last;
    extents[last] = extents[axis];
    ((steps[last] = steps[axis]), ...);
  }
  while (last-- > 0) {
    extents[last] = 1;
    ((steps[last] = 0), ...);
  }
}

/// The axis that has to be cut in two until kernels can count in 32 bits: they take `most` elements
/// at once. `Rank` where none has to be.
template <std::size_t Rank, class... Steps>
constexpr std::size_t axis_to_cut(const Shape<Rank>& extents, std::size_t most,
                                  const Steps&... steps) {
  std::size_t longest = 0;
  for (std::size_t axis = 0; axis < Rank; ++axis) {
    if (extents[axis] > 1 && ((steps[axis] > UINT32_MAX) || ...)) return axis;
    if (extents[axis] > extents[longest]) longest = axis;
  }
  return element_count(extents) > most ? longest : Rank;
}

/// So many elements a kernel takes at once; indices that go beyond by a block still fit.
inline constexpr std::size_t most_at_once = std::size_t{1} << 30U;

}  // namespace nop::cuda
