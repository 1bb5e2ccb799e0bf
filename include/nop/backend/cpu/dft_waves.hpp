// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/band.hpp>
#include <nop/core/scalar.hpp>

#include <cmath>
#include <cstddef>
#include <numbers>

namespace nop::cpu {

/// What determines the truncated Fourier transform of real numbers along one axis.
struct RealDftKey {
  std::size_t points;
  std::size_t modes;
  bool half;  ///< the last axis of a real field, whose weights are those of a half axis
  ModeWeight weight;

  /// The highest frequency of the band, whatever its sign.
  [[nodiscard]] std::size_t highest() const { return modes / 2; }
  /// How many numbers a line has: the cosines of k = 0 ... highest, the sines of k = 1 ... highest.
  [[nodiscard]] std::size_t rows() const { return 2 * highest() + 1; }

  template <real Real>
  [[nodiscard]] Real weight_of(std::size_t k) const {
    return half ? half_axis_weight<Real>(weight, k, points)
                : full_axis_weight<Real>(weight, points);
  }

  friend auto operator<=>(const RealDftKey&, const RealDftKey&) = default;
};

namespace detail {

/// w(k) cos(2 pi k x / n), or the sine: rounded once, and zero where it is zero.
template <real Real>
Real wave(const RealDftKey& key, bool sine, std::size_t k, std::size_t x) {
  // The angle is reduced exactly before it is rounded; a quarter of a turn is exact.
  const std::size_t n = key.points, turns = k * x % n;
  if (4 * turns % n == 0 && (4 * turns / n) % 2 == (sine ? 0 : 1)) return 0;
  const double angle = 2 * std::numbers::pi * static_cast<double>(turns) / static_cast<double>(n);
  return static_cast<Real>((sine ? std::sin(angle) : std::cos(angle)) *
                           key.template weight_of<double>(k));
}

/// The cosines or sines of `count` frequencies.
struct Waves {
  bool sine;
  std::size_t from, step, count;

  [[nodiscard]] std::size_t frequency(std::size_t i) const { return from + i * step; }
  /// Where the sums of the i-th one lie, among those of a line.
  [[nodiscard]] std::size_t row(std::size_t i, std::size_t highest) const {
    return (sine ? highest : 0) + frequency(i);
  }
  /// The i-th one at x, 0 if there are fewer.
  template <real Real>
  [[nodiscard]] Real at(const RealDftKey& key, std::size_t i, std::size_t x) const {
    return i < count ? wave<Real>(key, sine, frequency(i), x) : 0;
  }
};

}  // namespace detail

}  // namespace nop::cpu
