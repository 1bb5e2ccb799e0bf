// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>
#include <nop/ops/axes.hpp>

#include <array>
#include <cmath>
#include <cstddef>

namespace nop {

/// Where a field is padded.
enum class PaddingSides {
  both,  ///< before its first points and after its last
  end    ///< after its last only
};
constexpr auto enumerator_names(PaddingSides) {
  return std::to_array<const char*>({"both", "end"});
}

/// Surrounds a field with zeros, so that a periodic layer does not join its opposite ends. Along
/// each axis of N points, round(fraction N) zeros at each padded side, a half rounded to even, or a
/// number of points that is the same on every grid of an input.
///
/// Layers may leave a padded field on another grid than they got it. On an output of M points, the
/// margin of m points is then round(m M / N): the same part of the box, or nearly so where that is
/// no whole number.
template <std::size_t Dim>
class DomainPadding {
 public:
  explicit DomainPadding(const std::array<double, Dim>& fractions, const Shape<Dim>& points = {},
                         PaddingSides sides = PaddingSides::both)
      : fractions_(fractions), points_(points), sides_(sides) {
    for (std::size_t axis = 0; axis < Dim; ++axis) {
      expects(fractions[axis] >= 0 && fractions[axis] <= 100,
              "DomainPadding: expected a fraction of the grid of at least 0, got ",
              fractions[axis]);
      expects(points[axis] <= most_points, "DomainPadding: expected at most ", most_points,
              " points, got ", points[axis]);
      expects(fractions[axis] == 0 || points[axis] == 0,
              "DomainPadding: expected a fraction of the grid or a number of points, got both ",
              fractions[axis], " and ", points[axis], " along axis ", axis);
    }
  }

  /// [batch, channel, grid...] to [batch, channel, grid + margins...].
  template <field F>
  auto padded(const F& x) const {
    const auto grid = grid_of(x.shape());
    expects(element_count(grid) > 0, "DomainPadding: expected a grid with points, got ", grid);
    return pad(x, joined(Shape<2>{}, before(grid, grid)),
               joined(Shape<2>{x.extent(0), x.extent(1)}, padded_grid(grid, grid)));
  }

  /// The grid on which a padded field of an input has the output with its margins.
  [[nodiscard]] Shape<Dim> padded_grid(const Shape<Dim>& input, Shape<Dim> output) const {
    const auto margin = margins(input, output);
    for (std::size_t axis = 0; axis < Dim; ++axis)
      output[axis] += (sides_ == PaddingSides::both ? 2 : 1) * margin[axis];
    return output;
  }

  /// The output out of a field on that grid.
  template <field F>
  auto unpadded(const F& x, const Shape<Dim>& input, const Shape<Dim>& output) const {
    return crop(x, joined(Shape<2>{}, before(input, output)),
                joined(Shape<2>{x.extent(0), x.extent(1)}, output));
  }

  [[nodiscard]] bool is_none() const {
    for (std::size_t axis = 0; axis < Dim; ++axis)
      if (fractions_[axis] > 0 || points_[axis] > 0) return false;
    return true;
  }

 private:
  static constexpr std::size_t most_points = 1'000'000;

  /// The margin before the first point of the output.
  [[nodiscard]] Shape<Dim> before(const Shape<Dim>& input, const Shape<Dim>& output) const {
    return sides_ == PaddingSides::both ? margins(input, output) : Shape<Dim>{};
  }
  [[nodiscard]] Shape<Dim> margins(const Shape<Dim>& input, const Shape<Dim>& output) const {
    Shape<Dim> margin;
    for (std::size_t axis = 0; axis < Dim; ++axis) {
      const auto points  = static_cast<double>(input[axis]);
      const double there = points_[axis] > 0 ? static_cast<double>(points_[axis])
                                             : std::nearbyint(fractions_[axis] * points);
      margin[axis]       = static_cast<std::size_t>(
          std::nearbyint(there * static_cast<double>(output[axis]) / points));
    }
    return margin;
  }

  std::array<double, Dim> fractions_;
  Shape<Dim> points_;
  PaddingSides sides_;
};

}  // namespace nop
