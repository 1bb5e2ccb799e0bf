// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/band.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>

#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <vector>

namespace nop::test {

/// One mode of an axis: its frequency and what a transform multiplies it by.
struct NaiveMode {
  std::ptrdiff_t frequency;
  double weight;
};

/// The modes of an axis, written down from the definition of the band.
inline std::vector<NaiveMode> naive_modes(std::size_t points, std::size_t modes, ModeWeight weight,
                                          bool half) {
  const auto n = static_cast<std::ptrdiff_t>(points), m = static_cast<std::ptrdiff_t>(modes);
  const std::ptrdiff_t first = half ? 0 : -(m / 2), last = half ? m / 2 : (m + 1) / 2 - 1;
  std::vector<NaiveMode> all;
  for (std::ptrdiff_t k = first; k <= last; ++k) {
    double factor = 1;
    if (weight == ModeWeight::coefficient) factor /= static_cast<double>(points);
    if (half && weight == ModeWeight::coefficient && 2 * k == n) factor /= 2;
    if (half && weight == ModeWeight::multiplicity && k != 0) factor *= 2;
    all.push_back({k, factor});
  }
  return all;
}

/// The truncated Fourier transform of core/band.hpp as the sums that define it: every mode against
/// every grid point, in double precision.
template <scalar Element, std::size_t Dim>
class NaiveDft {
  using Spectral = complex_of<Element>;
  using Wide     = std::complex<double>;

 public:
  explicit NaiveDft(const FourierTransform<Dim>& transform)
      : transform_(transform), points_(element_count(transform.grid)) {
    for (std::size_t a = 0; a < Dim; ++a) {
      const std::size_t n = transform.grid[a];
      const auto modes =
          naive_modes(n, transform.modes[a], transform.weight, real<Element> && a == Dim - 1);
      kept_[a] = modes.size();
      for (const auto& [k, weight] : modes)
        for (std::size_t x = 0; x < n; ++x) waves_[a].push_back(weight * wave(k, x, n));
    }
    modes_ = element_count(kept_);
  }

  [[nodiscard]] std::size_t field_size() const {
    return transform_.outer * points_ * transform_.inner;
  }
  [[nodiscard]] std::size_t spectrum_size() const {
    return transform_.outer * modes_ * transform_.inner;
  }

  void to_modes(const Element* field, Spectral* spectrum) const {
    std::vector<Wide> sums(spectrum_size());
    const std::size_t inner = transform_.inner;
    for_each_pair([&](std::size_t k, std::size_t x, Wide wave) {
      for (std::size_t o = 0; o < transform_.outer; ++o)
        for (std::size_t i = 0; i < inner; ++i)
          sums[place(o, k, i)] += Wide(field[(o * points_ + x) * inner + i]) * std::conj(wave);
    });
    for (std::size_t i = 0; i < sums.size(); ++i) spectrum[i] = Spectral(sums[i]);
  }

  void from_modes(const Spectral* spectrum, Element* field) const {
    std::vector<Wide> sums(field_size());
    const std::size_t inner = transform_.inner;
    for_each_pair([&](std::size_t k, std::size_t x, Wide wave) {
      for (std::size_t o = 0; o < transform_.outer; ++o)
        for (std::size_t i = 0; i < inner; ++i)
          sums[(o * points_ + x) * inner + i] += Wide(spectrum[place(o, k, i)]) * wave;
    });
    for (std::size_t i = 0; i < sums.size(); ++i)
      if constexpr (real<Element>)
        field[i] = static_cast<Element>(sums[i].real());
      else
        field[i] = Element(sums[i]);
  }

 private:
  /// Where mode k of an outer and an inner index lies in a spectrum.
  [[nodiscard]] std::size_t place(std::size_t o, std::size_t k, std::size_t i) const {
    return transform_.layout == SpectrumLayout::in_place
               ? (o * modes_ + k) * transform_.inner + i
               : (k * transform_.outer + o) * transform_.inner + i;
  }

  /// exp(2 pi i k x / n)
  static Wide wave(std::ptrdiff_t k, std::size_t x, std::size_t n) {
    const long double turns =
        static_cast<long double>(k) * static_cast<long double>(x) / static_cast<long double>(n);
    const long double angle = 2 * std::numbers::pi_v<long double> * (turns - std::floor(turns));
    return {static_cast<double>(std::cos(angle)), static_cast<double>(std::sin(angle))};
  }

  /// Calls `use(k, x, weight exp(2 pi i k.x / grid))` for every mode and every point.
  template <class Use>
  void for_each_pair(const Use& use) const {
    for (std::size_t k = 0; k < modes_; ++k)
      for (std::size_t x = 0; x < points_; ++x) {
        Wide product       = 1;
        std::size_t k_rest = k, x_rest = x;
        for (std::size_t a = Dim; a-- > 0;) {
          const std::size_t n = transform_.grid[a];
          product *= waves_[a][k_rest % kept_[a] * n + x_rest % n];
          k_rest /= kept_[a];
          x_rest /= n;
        }
        use(k, x, product);
      }
  }

  FourierTransform<Dim> transform_;
  std::size_t points_, modes_ = 0;
  Shape<Dim> kept_;
  std::array<std::vector<Wide>, Dim> waves_;  ///< per axis, [mode][point]
};

}  // namespace nop::test
