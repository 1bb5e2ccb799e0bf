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
///
/// Layers may leave a padded field on another grid than they got it. On an output of M points, the
/// margin of m points is then round(m M / N): the same part of the box, or nearly so where that is
/// no whole number.
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
    auto whole        = x.shape();
    const auto margin = margins(grid_of(whole), grid_of(whole));
    for (std::size_t axis = 0; axis < Dim; ++axis) whole[axis + 2] += 2 * margin[axis];
    return pad(x, joined(Shape<2>{}, margin), whole);
  }

  /// The grid on which a padded field of an input has the output with its margins.
  [[nodiscard]] Shape<Dim> padded_grid(const Shape<Dim>& input, Shape<Dim> output) const {
    const auto margin = margins(input, output);
    for (std::size_t axis = 0; axis < Dim; ++axis) output[axis] += 2 * margin[axis];
    return output;
  }

  /// The output out of a field on that grid.
  template <field F>
  auto unpadded(const F& x, const Shape<Dim>& input, const Shape<Dim>& output) const {
    return crop(x, joined(Shape<2>{}, margins(input, output)),
                joined(Shape<2>{x.extent(0), x.extent(1)}, output));
  }

  [[nodiscard]] bool is_none() const {
    for (const double fraction : fractions_)
      if (fraction > 0) return false;
    return true;
  }

 private:
  [[nodiscard]] Shape<Dim> margins(const Shape<Dim>& input, const Shape<Dim>& output) const {
    Shape<Dim> margin;
    for (std::size_t axis = 0; axis < Dim; ++axis) {
      const auto points   = static_cast<double>(input[axis]);
      const double before = std::nearbyint(fractions_[axis] * points);
      margin[axis]        = static_cast<std::size_t>(
          std::nearbyint(before * static_cast<double>(output[axis]) / points));
    }
    return margin;
  }

  std::array<double, Dim> fractions_;
};

}  // namespace nop
