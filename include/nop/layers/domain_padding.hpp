// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/expects.hpp>
#include <nop/ops/axes.hpp>

#include <array>
#include <cmath>
#include <cstddef>

namespace nop {

/// Surrounds a field with zeros, so that a periodic layer does not join its opposite ends. Along
/// each axis of N points, round(fraction N) zeros on both sides, a half rounded to even.
template <std::size_t Dim>
class DomainPadding {
 public:
  explicit DomainPadding(const std::array<double, Dim>& fractions) : fractions_(fractions) {
    for (const double fraction : fractions)
      expects(fraction >= 0 && fraction <= 100,
              "DomainPadding: expected a fraction of the grid of at least 0, got ", fraction);
  }

  /// [batch, channel, grid...] to [batch, channel, grid + 2 margin...].
  template <field F>
  auto padded(const F& x) const {
    const auto grid = grid_of(x.shape());
    return pad(x, margins(grid), joined(Shape<2>{x.extent(0), x.extent(1)}, padded_grid(grid)));
  }

  /// The grid with its margins.
  [[nodiscard]] Shape<Dim> padded_grid(Shape<Dim> grid) const {
    const auto margin = margins(grid);
    for (std::size_t axis = 0; axis < Dim; ++axis) grid[axis] += 2 * margin[axis + 2];
    return grid;
  }

  /// Back to the grid that was padded.
  template <field F>
  auto unpadded(const F& x, const Shape<Dim>& grid) const {
    return crop(x, margins(grid), joined(Shape<2>{x.extent(0), x.extent(1)}, grid));
  }

  [[nodiscard]] bool is_none() const {
    for (const double fraction : fractions_)
      if (fraction > 0) return false;
    return true;
  }

 private:
  Shape<Dim + 2> margins(const Shape<Dim>& grid) const {
    Shape<Dim + 2> margin{};
    for (std::size_t axis = 0; axis < Dim; ++axis)
      margin[axis + 2] = static_cast<std::size_t>(
          std::nearbyint(fractions_[axis] * static_cast<double>(grid[axis])));
    return margin;
  }

  std::array<double, Dim> fractions_;
};

}  // namespace nop
