// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>

#include <array>
#include <cstddef>
#include <vector>

namespace nop {

/// The coordinates along each axis of a product grid in the unit cube.
template <std::size_t Dim>
using GridPoints = std::array<std::vector<double>, Dim>;

namespace detail {
/// (first + i) / intervals for i = 0 ... count-1, along each axis; every point is one rounding away
/// from the exact fraction, so that nested grids share their points bit by bit.
template <std::size_t Dim>
GridPoints<Dim> equidistant_points(const Shape<Dim>& intervals, double first, std::size_t extra) {
  GridPoints<Dim> points;
  for (std::size_t axis = 0; axis < Dim; ++axis) {
    const std::size_t n = intervals[axis];
    expects(n >= 1, "grid points: expected at least one interval per axis, got ", intervals);
    for (std::size_t i = 0; i < n + extra; ++i)
      points[axis].push_back((static_cast<double>(i) + first) / static_cast<double>(n));
  }
  return points;
}
}  // namespace detail

/// The middles of `cells` equal cells per axis: (i + 1/2) / n for i = 0 ... n-1.
template <std::size_t Dim>
GridPoints<Dim> cell_centres(const Shape<Dim>& cells) {
  return detail::equidistant_points(cells, 0.5, 0);
}

/// The ends of `intervals` equal intervals per axis, both ends of the axis included: i / n for
/// i = 0 ... n, which are n + 1 points.
template <std::size_t Dim>
GridPoints<Dim> nodes(const Shape<Dim>& intervals) {
  return detail::equidistant_points(intervals, 0.0, 1);
}

/// The points of a periodic grid, where 1 is 0 again: i / n for i = 0 ... n-1. Fields that neural
/// operators see live on these points, so that grids of n and 2n points have n of them in common.
template <std::size_t Dim>
GridPoints<Dim> periodic_points(const Shape<Dim>& points) {
  return detail::equidistant_points(points, 0.0, 0);
}

}  // namespace nop
