// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/backend.hpp>
#include <nop/core/band.hpp>
#include <nop/core/plan_cache.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/layers/reference_semantics.hpp>

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace nop {

namespace detail {

/// What determines one axis of a spectral convolution.
struct ReferenceAxisKey {
  Semantics semantics;
  AxisRole role;
  AxisExtents extents;

  friend auto operator<=>(const ReferenceAxisKey&, const ReferenceAxisKey&) = default;
};

/// One axis of a spectral convolution, as matrices of zeros, ones and twos.
template <complex Complex, backend Backend>
class ReferenceAxis {
 public:
  using Matrix = Tensor<Complex, 2, Backend>;

  explicit ReferenceAxis(const ReferenceAxisKey& key)
      : ReferenceAxis(axis_map(key.semantics, key.role, key.extents), key) {}

  std::size_t first;          ///< where the weights in use begin
  std::size_t read_modes;     ///< the modes that are read, as core/band.hpp counts them
  std::size_t written_modes;  ///< and written, as those of a full axis
  bool differs;               ///< from exact semantics
  Matrix reading;             ///< from the modes that are read to what meets weights
  Matrix writing;             ///< from there to the modes that are written

 private:
  ReferenceAxis(const AxisMap& map, const ReferenceAxisKey& key)
      : first(map.first),
        read_modes(covering({map.read})),
        written_modes(covering(map.written)),
        differs(!same_map(map, axis_map(Semantics::exact, key.role, key.extents), key.extents)),
        reading(read_matrix(map, key.role)),
        writing(written_matrix(map)) {}

  /// The fewest modes whose band has these waves.
  static std::size_t covering(const std::vector<std::vector<AxisWave>>& lists) {
    std::ptrdiff_t modes = 1;
    for (const auto& waves : lists)
      for (const auto& [k, factor] : waves) modes = std::max(modes, k < 0 ? -2 * k : 2 * k + 1);
    return static_cast<std::size_t>(modes);
  }

  [[nodiscard]] Matrix read_matrix(const AxisMap& map, AxisRole role) const {
    const bool is_half        = role == AxisRole::half;
    const std::size_t columns = is_half ? half_axis(read_modes) : read_modes;
    const std::ptrdiff_t zero = is_half ? 0 : -lowest_frequency(columns);
    std::vector<Complex> values(map.read.size() * columns);
    for (std::size_t i = 0; i < map.read.size(); ++i)
      values[i * columns + static_cast<std::size_t>(map.read[i].frequency + zero)] =
          static_cast<real_of<Complex>>(map.read[i].factor);
    return Matrix({map.read.size(), columns}, std::span<const Complex>(values));
  }

  [[nodiscard]] Matrix written_matrix(const AxisMap& map) const {
    const std::size_t columns = map.written.size();
    const std::ptrdiff_t zero = -lowest_frequency(written_modes);
    std::vector<Complex> values(written_modes * columns);
    for (std::size_t i = 0; i < columns; ++i)
      for (const auto& [k, factor] : map.written[i])
        values[static_cast<std::size_t>(k + zero) * columns + i] +=
            static_cast<real_of<Complex>>(factor);
    return Matrix({written_modes, columns}, std::span<const Complex>(values));
  }
};

}  // namespace detail

/// The axes of a spectral convolution of a field of this element, from one grid to another, that
/// uses some of the weights it stores, both counted per axis of the spectrum. What is found out of
/// an axis is kept: that of the same grids costs a look-up from then on, on any thread.
template <scalar Element, std::size_t Dim, backend Backend>
class ReferenceConvolution {
  using Axis = detail::ReferenceAxis<complex_of<Element>, Backend>;

 public:
  ReferenceConvolution(Semantics semantics, const Shape<Dim>& grid, const Shape<Dim>& output_grid,
                       const Shape<Dim>& used, const Shape<Dim>& stored) {
    for (std::size_t axis = 0; axis < Dim; ++axis)
      axes_[axis] = PlanCache<detail::ReferenceAxisKey, Axis>::get(
          {semantics, role(axis), {grid[axis], output_grid[axis], used[axis], stored[axis]}});
  }

  /// Is the result another one than that of exact semantics?
  [[nodiscard]] bool differs_from_exact() const {
    return std::any_of(axes_.begin(), axes_.end(), [](const auto& axis) { return axis->differs; });
  }

  /// Where the weights in use begin.
  [[nodiscard]] Shape<Dim> first() const { return each(&Axis::first); }

  /// The modes that are read and written, as core/band.hpp counts them; of what is written all axes
  /// are full.
  [[nodiscard]] Shape<Dim> read_modes() const { return each(&Axis::read_modes); }
  [[nodiscard]] Shape<Dim> written_modes() const { return each(&Axis::written_modes); }

  /// Along an axis, from the modes that are read to the coefficients that meet weights.
  [[nodiscard]] const auto& reading(std::size_t axis) const { return axes_[axis]->reading; }

  /// Along an axis, from the coefficients to the modes that are written.
  [[nodiscard]] const auto& writing(std::size_t axis) const { return axes_[axis]->writing; }

 private:
  static constexpr detail::AxisRole role(std::size_t axis) {
    return axis + 1 < Dim  ? detail::AxisRole::leading
           : real<Element> ? detail::AxisRole::half
           : Dim == 1      ? detail::AxisRole::only
                           : detail::AxisRole::last;
  }
  [[nodiscard]] Shape<Dim> each(std::size_t Axis::* number) const {
    Shape<Dim> all;
    for (std::size_t axis = 0; axis < Dim; ++axis) all[axis] = (*axes_[axis]).*number;
    return all;
  }

  std::array<std::shared_ptr<const Axis>, Dim> axes_;
};

}  // namespace nop
