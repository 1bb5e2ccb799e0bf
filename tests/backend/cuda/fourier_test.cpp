// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/fourier.cuh>

#include "support/cuda.hpp"
#include "support/device_array.hpp"
#include "support/naive_dft.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <vector>

namespace nop::test::cuda::fourier_test {

namespace device = nop::cuda;

namespace {

constexpr FourierEngine engines[] = {FourierEngine::automatic, FourierEngine::fft,
                                     FourierEngine::dense};
constexpr ModeWeight weights[]    = {ModeWeight::coefficient, ModeWeight::multiplicity};

template <class Element, std::size_t Dim>
std::vector<complex_of<Element>> analyzed(const FourierTransform<Dim>& transform,
                                          const std::vector<Element>& field) {
  constexpr auto nan = std::numeric_limits<nop::real_of<Element>>::quiet_NaN();
  const DeviceArray<Element> in(field);
  DeviceArray<complex_of<Element>> out(NaiveDft<Element, Dim>(transform).spectrum_size(), nan);
  device::to_modes(transform, static_cast<const Element*>(in.data()), out.data());
  return out.values();
}

template <class Element, std::size_t Dim>
std::vector<Element> synthesized(const FourierTransform<Dim>& transform,
                                 const std::vector<complex_of<Element>>& spectrum) {
  constexpr auto nan = std::numeric_limits<nop::real_of<Element>>::quiet_NaN();
  const DeviceArray<complex_of<Element>> in(spectrum);
  DeviceArray<Element> out(NaiveDft<Element, Dim>(transform).field_size(), nan);
  device::from_modes(transform, static_cast<const complex_of<Element>*>(in.data()), out.data());
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
template <class Element, std::size_t Dim>
void check_transform(std::size_t outer, const Shape<Dim>& grid, std::size_t inner,
                     const Shape<Dim>& modes) {
  CAPTURE(outer);
  CAPTURE(grid);
  CAPTURE(inner);
  CAPTURE(modes);
  constexpr double tolerance = nop::test::rounding<Element>;
  for (const ModeWeight weight : weights) {
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
      for (const FourierEngine engine : engines) {
        transform.engine = engine;
        CAPTURE(weight);
        CAPTURE(engine);
        const auto spectrum = analyzed(transform, x);
        const auto field    = synthesized<Element>(transform, y);
        CHECK(worst_error(spectrum, ax) < tolerance);
        CHECK(worst_error(field, aty) < tolerance);
        const double scale = std::sqrt(inner_product(ax, ax) * inner_product(y, y));
        CHECK(std::abs(inner_product(spectrum, y) - inner_product(x, field)) <= tolerance * scale);
      }
    }
  }
}

}  // namespace

TEST_CASE_TEMPLATE("a transform along one axis agrees with the sums that define it", T, float,
                   double, std::complex<float>, std::complex<double>) {
  for (const std::size_t n : {1U, 2U, 3U, 4U, 5U, 8U, 9U, 16U, 31U})
    for (std::size_t m = 1; m <= n; m += n > 9 ? 3 : 1)
      for (const std::size_t inner : {1U, 3U}) check_transform<T>(2, Shape<1>{n}, inner, {m});
  check_transform<T>(3, Shape<1>{64}, 1, {16});
  check_transform<T>(3, Shape<1>{64}, 5, {64});
}

TEST_CASE_TEMPLATE("a transform along two axes agrees with the sums that define it", T, float,
                   double, std::complex<float>, std::complex<double>) {
  for (const auto& grid : {Shape<2>{4, 6}, {5, 7}, {1, 8}, {8, 1}, {2, 3}, {1, 1}, {6, 2}})
    for (std::size_t m0 = 1; m0 <= grid[0]; ++m0)
      for (std::size_t m1 = 1; m1 <= grid[1]; ++m1)
        check_transform<T>(2, grid, m0 % 2 + 1, {m0, m1});
}

TEST_CASE_TEMPLATE("a transform along three and four axes agrees with the sums that define it", T,
                   float, double, std::complex<double>) {
  check_transform<T>(2, Shape<3>{4, 5, 6}, 1, {3, 4, 4});
  check_transform<T>(1, Shape<3>{3, 4, 5}, 2, {3, 4, 5});
  check_transform<T>(3, Shape<3>{5, 1, 4}, 1, {2, 1, 4});
  check_transform<T>(1, Shape<4>{3, 4, 5, 4}, 1, {2, 3, 5, 2});
  check_transform<T>(2, Shape<4>{4, 3, 2, 5}, 3, {4, 2, 1, 3});
}

TEST_CASE_TEMPLATE("a transform of many planes agrees with the sums that define it", T, float,
                   std::complex<double>) {
  check_transform<T>(0, Shape<2>{4, 5}, 1, {3, 4});
  check_transform<T>(150, Shape<2>{4, 5}, 1, {3, 4});
  check_transform<T>(70, Shape<1>{12}, 2, {6});
}

TEST_CASE_TEMPLATE("a transform of a middle axis agrees with the sums that define it", T, float,
                   double, std::complex<float>) {
  for (const std::size_t inner : {2U, 15U, 16U, 17U, 40U, 700U})
    check_transform<T>(2, Shape<1>{5}, inner, {4});
  check_transform<T>(20, Shape<1>{4}, 33, {4});
  check_transform<T>(2, Shape<2>{4, 3}, 37, {3, 2});
}

TEST_CASE_TEMPLATE("transforms of larger planes agree with the sums that define them", T, float,
                   double) {
  check_transform<T>(3, Shape<2>{32, 48}, 1, {8, 12});
  check_transform<T>(5, Shape<2>{21, 17}, 1, {12, 7});
  check_transform<T>(2, Shape<2>{30, 66}, 1, {30, 66});
  check_transform<T>(1, Shape<2>{9, 150}, 1, {9, 20});
  check_transform<T>(3, Shape<3>{6, 10, 12}, 1, {4, 6, 8});
}

TEST_CASE_TEMPLATE("transforms of long lines agree with the sums that define them", T, float,
                   double) {
  check_transform<T>(3, Shape<1>{1024}, 1, {32});
  check_transform<T>(2, Shape<1>{400}, 1, {25});
  check_transform<T>(5, Shape<1>{1000}, 1, {6});
  check_transform<T>(2, Shape<1>{251}, 1, {16});
}

TEST_CASE("a transform of no lines does nothing") {
  check_transform<double>(2, Shape<2>{4, 5}, 0, {3, 4});
}

TEST_CASE_TEMPLATE("a band of no modes is made of nothing and makes zero", T, double,
                   std::complex<double>) {
  for (const FourierEngine engine : engines) {
    const FourierTransform<2> transform{2, {4, 4}, 1, {0, 3}, ModeWeight::multiplicity, engine};
    CHECK(analyzed(transform, random_values<T>(32, 1)).empty());
    CHECK(synthesized<T>(transform, {}) == std::vector<T>(32));
    const FourierTransform<2> last{2, {4, 4}, 1, {2, 0}, ModeWeight::multiplicity, engine};
    const NaiveDft<T, 2> naive(last);
    const auto x = random_values<T>(32, 1);
    std::vector<complex_of<T>> modes(naive.spectrum_size());
    std::vector<T> field(32);
    naive.to_modes(x.data(), modes.data());
    naive.from_modes(modes.data(), field.data());
    CHECK(worst_error(analyzed(last, x), modes) < 1e-12);
    CHECK(worst_error(synthesized<T>(last, modes), field) < 1e-12);
  }
}

TEST_CASE("plane waves of both signs are found exactly if they are in the band") {
  constexpr std::size_t n = 9, m = 8, modes0 = 4, modes1 = 5;
  const double turn = 2 * std::numbers::pi;
  for (const FourierEngine engine : engines)
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
        const auto got = analyzed<double>(
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

TEST_CASE("a field comes back from all of its modes and is interpolated on a finer grid") {
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
    for (const FourierEngine engine : engines) {
      const auto modes = analyzed(
          FourierTransform<1>{1, {n}, 1, {n}, ModeWeight::coefficient, engine}, sampled(n));
      for (const std::size_t points : {n, 20 * n / 8, std::size_t{31}})
        CHECK(worst_error(
                  synthesized<double>(
                      FourierTransform<1>{1, {points}, 1, {n}, ModeWeight::multiplicity, engine},
                      modes),
                  sampled(points)) < 1e-13);
    }
  }
}

/// The sums that define it would take too long for these: the engines agree, twice with the same
/// bits.
template <class Element, std::size_t Dim>
void check_large(std::size_t outer, const Shape<Dim>& grid, const Shape<Dim>& modes) {
  CAPTURE(grid);
  FourierTransform<Dim> transform{outer,
                                  grid,
                                  1,
                                  modes,
                                  ModeWeight::coefficient,
                                  FourierEngine::fft,
                                  SpectrumLayout::modes_first};
  const std::size_t spectrum = outer * element_count(spectrum_shape<Element>(modes));
  const DeviceArray<Element> x(random_values<Element>(outer * element_count(grid), 1));
  const DeviceArray<complex_of<Element>> y(random_values<complex_of<Element>>(spectrum, 2));
  std::vector<std::vector<complex_of<Element>>> ax;
  std::vector<std::vector<Element>> aty;
  for (const auto engine : {FourierEngine::fft, FourierEngine::dense, FourierEngine::dense}) {
    transform.engine = engine;
    DeviceArray<complex_of<Element>> modes_of_x(spectrum, complex_of<Element>());
    DeviceArray<Element> field_of_y(outer * element_count(grid), Element());
    device::to_modes(transform, static_cast<const Element*>(x.data()), modes_of_x.data());
    device::from_modes(transform, static_cast<const complex_of<Element>*>(y.data()),
                       field_of_y.data());
    ax.push_back(modes_of_x.values());
    aty.push_back(field_of_y.values());
  }
  CHECK(worst_error(ax[1], ax[0]) < nop::test::rounding<Element>);
  CHECK(worst_error(aty[1], aty[0]) < nop::test::rounding<Element>);
  CHECK(ax[1] == ax[2]);
  CHECK(aty[1] == aty[2]);
}

TEST_CASE_TEMPLATE("large transforms agree with full ones, with the same bits each time", T, float,
                   double) {
  check_large<T>(emulated ? 1 : 1024, Shape<1>{8192}, {32});
  check_large<T>(emulated ? 1 : 300, Shape<2>{128, 128}, {32, 32});
  check_large<T>(emulated ? 1 : 128, Shape<2>{101, 97}, {24, 24});
  check_large<T>(2, Shape<3>{16, 16, 20}, {8, 8, 8});
  if (emulated) return;
  check_large<T>(1000, Shape<2>{64, 64}, {32, 32});
  check_large<T>(64, Shape<2>{256, 256}, {24, 24});
  check_large<T>(9, Shape<2>{421, 421}, {24, 24});
  check_large<T>(3, Shape<2>{512, 1000}, {128, 130});
  check_large<T>(20, Shape<3>{64, 64, 40}, {16, 16, 16});
  check_large<T>(7, Shape<1>{1 << 20U}, {64});
  check_large<T>(7, Shape<1>{10007}, {64});
  check_large<std::complex<T>>(64, Shape<2>{128, 128}, {32, 32});
  check_large<std::complex<T>>(64, Shape<1>{8192}, {32});
  check_large<std::complex<T>>(2, Shape<4>{16, 20, 24, 16}, {8, 8, 8, 8});
}

}  // namespace nop::test::cuda::fourier_test
