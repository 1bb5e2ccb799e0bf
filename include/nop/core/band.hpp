// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

namespace nop {

/// \file
/// The band: which frequencies a number of modes stands for. This is its only definition.
///
/// `modes` counts per axis. An axis keeps k = -floor(m/2) ... ceil(m/2)-1, in that order; the last
/// axis of a real field keeps k = 0 ... floor(m/2), since the others are their conjugates.
/// A mode that a grid cannot hold is dropped by its frequency. Both ends of the band grow with m,
/// so what remains on n points is again a band: that of min(m, n) modes.

/// The lowest frequency of a full axis with `modes` modes.
constexpr std::ptrdiff_t lowest_frequency(std::size_t modes) {
  return -static_cast<std::ptrdiff_t>(modes / 2);
}

/// How many coefficients the last axis of a real field stores.
constexpr std::size_t half_axis(std::size_t modes) { return modes / 2 + 1; }

/// The modes that a grid can hold.
template <std::size_t Dim>
constexpr Shape<Dim> held_modes(Shape<Dim> modes, const Shape<Dim>& grid) {
  for (std::size_t axis = 0; axis < Dim; ++axis) modes[axis] = std::min(modes[axis], grid[axis]);
  return modes;
}

/// The shape of the coefficients of a field with this element: the last axis of a real one is half.
template <scalar Element, std::size_t Dim>
constexpr Shape<Dim> spectrum_shape(Shape<Dim> modes) {
  if constexpr (real<Element>) modes[Dim - 1] = half_axis(modes[Dim - 1]);
  return modes;
}

/// Where the band of `part` modes begins inside the band of `whole` modes.
template <scalar Element, std::size_t Dim>
constexpr Shape<Dim> band_offset(const Shape<Dim>& whole, const Shape<Dim>& part) {
  Shape<Dim> offset;
  for (std::size_t axis = 0; axis < Dim; ++axis) offset[axis] = whole[axis] / 2 - part[axis] / 2;
  if constexpr (real<Element>) offset[Dim - 1] = 0;
  return offset;
}

/// Where the mode of frequency zero stands in the band.
template <scalar Element, std::size_t Dim>
constexpr Shape<Dim> zero_mode(Shape<Dim> modes) {
  for (std::size_t axis = 0; axis < Dim; ++axis) modes[axis] /= 2;
  if constexpr (real<Element>) modes[Dim - 1] = 0;
  return modes;
}

/// How a transform is computed. All engines give the same result up to rounding.
enum class FourierEngine {
  automatic,  ///< per axis, whichever is predicted to be faster
  fft,        ///< a full fast Fourier transform, then truncation
  dense       ///< a matrix product that computes the kept modes only
};
constexpr auto enumerator_names(FourierEngine) {
  return std::to_array<const char*>({"automatic", "fft", "dense"});
}

/// The factor that a transform gives to the mode k.
enum class ModeWeight {
  /// 1/prod(grid), halved where k is the grid's Nyquist frequency on the half axis: with it,
  /// `to_modes` yields the coefficients of the trigonometric interpolant.
  coefficient,
  /// How often the mode stands in a real sum: 1 for k = 0 on the half axis, else 2; for a complex
  /// field always 1. With it, `from_modes` evaluates the interpolant.
  multiplicity
};

/// Where the modes of a spectrum stand among its axes.
enum class SpectrumLayout {
  in_place,    ///< where the grid was: [outer, modes..., inner]
  modes_first  ///< in front, as in weights per mode: [modes..., outer, inner]
};

/// A truncated Fourier transform between a field `[outer, grid..., inner]` and its spectrum.
template <std::size_t Dim>
struct FourierTransform {
  std::size_t outer;
  Shape<Dim> grid;
  std::size_t inner;
  Shape<Dim> modes;  ///< counts as above, at most `grid`
  ModeWeight weight;
  FourierEngine engine;
  SpectrumLayout layout = SpectrumLayout::in_place;
};

/// The weight of frequency `k` on the half axis, of `points` points, of a real field's transform.
template <real Real>
constexpr Real half_axis_weight(ModeWeight weight, std::size_t k, std::size_t points) {
  if (weight == ModeWeight::multiplicity) return k == 0 ? Real(1) : Real(2);
  const Real mean = Real(1) / static_cast<Real>(points);
  return 2 * k == points ? mean / 2 : mean;
}

/// The weight of every frequency on a full axis.
template <real Real>
constexpr Real full_axis_weight(ModeWeight weight, std::size_t points) {
  return weight == ModeWeight::multiplicity ? Real(1) : Real(1) / static_cast<Real>(points);
}

}  // namespace nop
