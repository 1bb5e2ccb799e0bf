// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>

#include <array>
#include <cmath>
#include <cstddef>

namespace nop {

/// How many points per point of the input a layer has along each axis.
template <std::size_t Dim>
using GridScaling = std::array<double, Dim>;

/// round(factor N) points along each axis of N, a half rounded to even. Throws PreconditionError
/// where that is none or more than 1e9.
template <std::size_t Dim>
Shape<Dim> scaled_grid(Shape<Dim> grid, const GridScaling<Dim>& factors) {
  for (std::size_t axis = 0; axis < Dim; ++axis) {
    const double points = std::nearbyint(factors[axis] * static_cast<double>(grid[axis]));
    expects(points >= 1 && points <= 1e9,
            "scaled_grid: expected a factor that leaves 1 to 1e9 points of ", grid[axis], ", got ",
            factors[axis]);
    grid[axis] = static_cast<std::size_t>(points);
  }
  return grid;
}

}  // namespace nop
