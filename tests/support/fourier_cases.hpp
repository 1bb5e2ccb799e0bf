// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/band.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>

#include "backend_array.hpp"
#include "naive_dft.hpp"
#include "random_field.hpp"
#include "tolerance.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <numbers>
#include <vector>

/// \file
/// What the truncated Fourier transforms of every backend have to do.

namespace nop::test {

inline constexpr FourierEngine fourier_engines[] = {FourierEngine::automatic, FourierEngine::fft,
                                                    FourierEngine::dense};

/// The modes of a field of the host's, found by a backend in memory that held no numbers.
template <class Backend, class Element, std::size_t Dim>
std::vector<complex_of<Element>> analyzed(const FourierTransform<Dim>& transform,
                                          const std::vector<Element>& field) {
  constexpr auto nan = std::numeric_limits<real_of<Element>>::quiet_NaN();
  const BackendArray<Backend, Element> in(field);
  BackendArray<Backend, complex_of<Element>> out(NaiveDft<Element, Dim>(transform).spectrum_size(),
                                                 nan);
  Backend::to_modes(transform, in.data(), out.data());
  return out.values();
}

/// The field of modes of the host's.
template <class Backend, class Element, std::size_t Dim>
std::vector<Element> synthesized(const FourierTransform<Dim>& transform,
                                 const std::vector<complex_of<Element>>& spectrum) {
  constexpr auto nan = std::numeric_limits<real_of<Element>>::quiet_NaN();
  const BackendArray<Backend, complex_of<Element>> in(spectrum);
  BackendArray<Backend, Element> out(NaiveDft<Element, Dim>(transform).field_size(), nan);
  Backend::from_modes(transform, in.data(), out.data());
  return out.values();
}

/// Re sum conj(a) b: the inner product of complex numbers as pairs of reals.
template <class A>
double inner_product(const std::vector<A>& a, const std::vector<A>& b) {
  double total = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    total += std::real(std::conj(std::complex<double>(a[i])) * std::complex<double>(b[i]));
  return total;
}

/// Every weight and engine, both ways, against the sums; and the two ways against each other.
template <class Backend, class Element, std::size_t Dim>
void check_transform(std::size_t outer, const Shape<Dim>& grid, std::size_t inner,
                     const Shape<Dim>& modes) {
  CAPTURE(outer);
  CAPTURE(grid);
  CAPTURE(inner);
  CAPTURE(modes);
  constexpr double tolerance = rounding<Element>;
  for (const ModeWeight weight : {ModeWeight::coefficient, ModeWeight::multiplicity}) {
    FourierTransform<Dim> transform{outer, grid, inner, modes, weight, FourierEngine::automatic};
    for (const auto layout : {SpectrumLayout::modes_first, SpectrumLayout::in_place}) {
      transform.layout = layout;
      const NaiveDft<Element, Dim> naive(transform);
      const auto x = random_values<Element>(naive.field_size(), 1);
      const auto y = random_values<complex_of<Element>>(naive.spectrum_size(), 2);
      std::vector<complex_of<Element>> ax(y.size());
      std::vector<Element> aty(x.size());
      naive.to_modes(x.data(), ax.data());
      naive.from_modes(y.data(), aty.data());
      for (const FourierEngine engine : fourier_engines) {
        transform.engine = engine;
        CAPTURE(weight);
        CAPTURE(engine);
        const auto spectrum = analyzed<Backend>(transform, x);
        const auto field    = synthesized<Backend, Element>(transform, y);
        CHECK(worst_error(spectrum, ax) < tolerance);
        CHECK(worst_error(field, aty) < tolerance);
        const double scale = std::sqrt(inner_product(ax, ax) * inner_product(y, y));
        CHECK(std::abs(inner_product(spectrum, y) - inner_product(x, field)) <= tolerance * scale);
      }
    }
  }
}

template <class Backend, class T>
void check_transforms_of_one_axis() {
  for (const std::size_t n : {1U, 2U, 3U, 4U, 5U, 8U, 9U, 16U, 31U})
    for (std::size_t m = 1; m <= n; m += n > 9 ? 3 : 1)
      for (const std::size_t inner : {1U, 3U})
        check_transform<Backend, T>(2, Shape<1>{n}, inner, {m});
  check_transform<Backend, T>(3, Shape<1>{64}, 1, {16});
  check_transform<Backend, T>(3, Shape<1>{64}, 5, {64});
}

template <class Backend, class T>
void check_transforms_of_two_axes() {
  for (const auto& grid : {Shape<2>{4, 6}, {5, 7}, {1, 8}, {8, 1}, {2, 3}, {1, 1}, {6, 2}})
    for (std::size_t m0 = 1; m0 <= grid[0]; ++m0)
      for (std::size_t m1 = 1; m1 <= grid[1]; ++m1)
        check_transform<Backend, T>(2, grid, m0 % 2 + 1, {m0, m1});
}

template <class Backend, class T>
void check_transforms_of_more_axes() {
  check_transform<Backend, T>(2, Shape<3>{4, 5, 6}, 1, {3, 4, 4});
  check_transform<Backend, T>(1, Shape<3>{3, 4, 5}, 2, {3, 4, 5});
  check_transform<Backend, T>(3, Shape<3>{5, 1, 4}, 1, {2, 1, 4});
  check_transform<Backend, T>(1, Shape<4>{3, 4, 5, 4}, 1, {2, 3, 5, 2});
  check_transform<Backend, T>(2, Shape<4>{4, 3, 2, 5}, 3, {4, 2, 1, 3});
}

template <class Backend, class T>
void check_transforms_of_many_planes() {
  check_transform<Backend, T>(0, Shape<2>{4, 5}, 1, {3, 4});
  check_transform<Backend, T>(150, Shape<2>{4, 5}, 1, {3, 4});
  check_transform<Backend, T>(70, Shape<1>{12}, 2, {6});
}

template <class Backend, class T>
void check_transforms_of_a_middle_axis() {
  for (const std::size_t inner : {2U, 15U, 16U, 17U, 40U, 700U})
    check_transform<Backend, T>(2, Shape<1>{5}, inner, {4});
  check_transform<Backend, T>(20, Shape<1>{4}, 33, {4});
  check_transform<Backend, T>(2, Shape<2>{4, 3}, 37, {3, 2});
}

template <class Backend, class T>
void check_bands_of_no_modes() {
  for (const FourierEngine engine : fourier_engines) {
    const FourierTransform<2> transform{2, {4, 4}, 1, {0, 3}, ModeWeight::multiplicity, engine};
    CHECK(analyzed<Backend>(transform, random_values<T>(32, 1)).empty());
    CHECK(synthesized<Backend, T>(transform, {}) == std::vector<T>(32));
    const FourierTransform<2> last{2, {4, 4}, 1, {2, 0}, ModeWeight::multiplicity, engine};
    const NaiveDft<T, 2> naive(last);
    const auto x = random_values<T>(32, 1);
    std::vector<complex_of<T>> modes(naive.spectrum_size());
    std::vector<T> field(32);
    naive.to_modes(x.data(), modes.data());
    naive.from_modes(modes.data(), field.data());
    CHECK(worst_error(analyzed<Backend>(last, x), modes) < 1e-12);
    CHECK(worst_error(synthesized<Backend, T>(last, modes), field) < 1e-12);
  }
}

template <class Backend>
void check_plane_waves() {
  constexpr std::size_t n = 9, m = 8, modes0 = 4, modes1 = 5;
  const double turn = 2 * std::numbers::pi;
  for (const FourierEngine engine : fourier_engines)
    for (std::ptrdiff_t k0 = -4; k0 <= 4; ++k0)
      for (std::ptrdiff_t k1 = 0; k1 <= 4; ++k1) {
        CAPTURE(k0);
        CAPTURE(k1);
        std::vector<double> wave(n * m);
        for (std::size_t x = 0; x < n; ++x)
          for (std::size_t y = 0; y < m; ++y)
            wave[x * m + y] =
                std::cos(turn * (static_cast<double>(k0) * static_cast<double>(x) / n +
                                 static_cast<double>(k1) * static_cast<double>(y) / m));
        const auto got = analyzed<Backend>(
            FourierTransform<2>{1, {n, m}, 1, {modes0, modes1}, ModeWeight::coefficient, engine},
            wave);
        // The band is -2 ... 1 and 0 ... 2. On the axis k1 = 0 the conjugate stands beside the
        // wave.
        for (std::ptrdiff_t b0 = -2; b0 <= 1; ++b0)
          for (std::ptrdiff_t b1 = 0; b1 <= 2; ++b1) {
            double expected = b0 == k0 && b1 == k1 ? 0.5 : 0.0;
            if (k1 == 0 && b1 == 0 && b0 == -k0) expected += 0.5;
            CHECK(std::abs(got[static_cast<std::size_t>((b0 + 2) * 3 + b1)] - expected) < 1e-14);
          }
      }
}

template <class Backend>
void check_interpolation() {
  for (const std::size_t n : {8U, 9U}) {
    const auto wave = [](double x) {
      return 1 + std::cos(2 * std::numbers::pi * x) + std::sin(6 * std::numbers::pi * x) +
             std::cos(8 * std::numbers::pi * x);  // the last has the Nyquist frequency of 8 points
    };
    const auto sampled = [&](std::size_t points) {
      std::vector<double> field(points);
      for (std::size_t x = 0; x < points; ++x)
        field[x] = wave(static_cast<double>(x) / static_cast<double>(points));
      return field;
    };
    for (const FourierEngine engine : fourier_engines) {
      const auto modes = analyzed<Backend>(
          FourierTransform<1>{1, {n}, 1, {n}, ModeWeight::coefficient, engine}, sampled(n));
      for (const std::size_t points : {n, 20 * n / 8, std::size_t{31}})
        CHECK(worst_error(
                  synthesized<Backend, double>(
                      FourierTransform<1>{1, {points}, 1, {n}, ModeWeight::multiplicity, engine},
                      modes),
                  sampled(points)) < 1e-13);
    }
  }
}

}  // namespace nop::test
