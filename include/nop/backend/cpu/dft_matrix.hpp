// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/band.hpp>
#include <nop/core/scalar.hpp>

#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <vector>

namespace nop::cpu {

/// What determines the matrix of a truncated Fourier transform along one axis.
struct DftKey {
  std::size_t points;
  std::size_t modes;
  ModeWeight weight;
  friend auto operator<=>(const DftKey&, const DftKey&) = default;
};

namespace detail {
/// exp(-2 pi i k x / n), with the angle reduced exactly before it is rounded.
inline std::complex<double> root_of_unity(std::ptrdiff_t k, std::size_t x, std::size_t n) {
  const auto points = static_cast<std::ptrdiff_t>(n);
  const auto turns  = ((k * static_cast<std::ptrdiff_t>(x)) % points + points) % points;
  return std::polar(1.0,
                    -2.0 * std::numbers::pi * static_cast<double>(turns) / static_cast<double>(n));
}
}  // namespace detail

/// The half axis of a real field, `[points][2 * coefficients]`: weight(k) (cos, -sin)(2 pi k x /
/// n). Analysis multiplies a row of the field by it, synthesis a row of coefficients by its
/// transpose.
template <real Real>
struct HalfAxisMatrix {
  explicit HalfAxisMatrix(const DftKey& key)
      : columns(2 * half_axis(key.modes)), values(key.points * columns) {
    for (std::size_t x = 0; x < key.points; ++x)
      for (std::size_t k = 0; k < half_axis(key.modes); ++k) {
        const auto root = detail::root_of_unity(static_cast<std::ptrdiff_t>(k), x, key.points) *
                          half_axis_weight<double>(key.weight, k, key.points);
        values[x * columns + 2 * k]     = static_cast<Real>(root.real());
        values[x * columns + 2 * k + 1] = static_cast<Real>(root.imag());
      }
  }

  std::size_t columns;
  std::vector<Real> values;
};

/// A full axis, `[modes][points]`: weight exp(-2 pi i k x / n). Analysis is a product with it,
/// synthesis one with its adjoint.
template <real Real>
struct FullAxisMatrix {
  explicit FullAxisMatrix(const DftKey& key) : values(key.modes * key.points) {
    const auto weight = full_axis_weight<double>(key.weight, key.points);
    for (std::size_t m = 0; m < key.modes; ++m)
      for (std::size_t x = 0; x < key.points; ++x) {
        const auto k = lowest_frequency(key.modes) + static_cast<std::ptrdiff_t>(m);
        values[m * key.points + x] =
            std::complex<Real>(detail::root_of_unity(k, x, key.points) * weight);
      }
  }

  std::vector<std::complex<Real>> values;
};

}  // namespace nop::cpu
