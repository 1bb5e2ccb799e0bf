// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/modes.hpp>

#include "support/layer_battery.hpp"
#include "support/naive_dft.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <type_traits>
#include <vector>

namespace nop::test::modes_test {

using Complex = std::complex<double>;

namespace {

constexpr FourierEngine engines[] = {FourierEngine::automatic, FourierEngine::fft,
                                     FourierEngine::dense};

/// The transform along `Dim` axes of an array [outer, ..., inner].
template <std::size_t Dim>
nop::FourierTransform<Dim> transform(std::size_t outer, const Shape<Dim>& grid, std::size_t inner,
                                     const Shape<Dim>& modes, ModeWeight weight) {
  return {outer, grid, inner, nop::held_modes(modes, grid), weight, FourierEngine::automatic};
}

template <nop::scalar Element, std::size_t Dim>
std::vector<nop::complex_of<Element>> naive_to_modes(std::size_t outer, const Shape<Dim>& grid,
                                                     std::size_t inner, const Shape<Dim>& modes,
                                                     const std::vector<Element>& field) {
  const NaiveDft<Element, Dim> dft(transform(outer, grid, inner, modes, ModeWeight::coefficient));
  std::vector<nop::complex_of<Element>> spectrum(dft.spectrum_size());
  dft.to_modes(field.data(), spectrum.data());
  return spectrum;
}

/// `modes` has to be held by `grid`.
template <nop::scalar Element, std::size_t Dim>
std::vector<Element> naive_from_modes(std::size_t outer, const Shape<Dim>& grid, std::size_t inner,
                                      const Shape<Dim>& modes,
                                      const std::vector<nop::complex_of<Element>>& spectrum) {
  const NaiveDft<Element, Dim> dft(transform(outer, grid, inner, modes, ModeWeight::multiplicity));
  REQUIRE(dft.spectrum_size() == spectrum.size());
  std::vector<Element> field(dft.field_size());
  dft.from_modes(spectrum.data(), field.data());
  return field;
}

template <nop::scalar Element>
constexpr auto back = nop::from_modes;
template <nop::real Real>
constexpr auto back<std::complex<Real>> = nop::complex_from_modes;

template <nop::scalar Element>
constexpr auto back_from_leading = nop::from_leading_modes;
template <nop::real Real>
constexpr auto back_from_leading<std::complex<Real>> = nop::complex_from_leading_modes;

/// [modes..., lines...] as [lines..., modes...], or back.
template <class Value>
std::vector<Value> swapped(const std::vector<Value>& values, std::size_t rows) {
  const std::size_t columns = values.size() / rows;
  std::vector<Value> result(values.size());
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c) result[c * rows + r] = values[r * columns + c];
  return result;
}

/// Both transforms against the sums that define them, by every engine.
template <class Element, std::size_t Dim>
void check(const Shape<Dim>& grid, const Shape<Dim>& modes) {
  CAPTURE(grid);
  CAPTURE(modes);
  constexpr double rounding = nop::test::rounding<Element>;
  const auto held           = nop::held_modes(modes, grid);
  const auto x              = random_field<Element>(joined(Shape<2>{2, 3}, grid), 1);
  const auto stored         = nop::spectrum_shape<Element>(held);
  const auto y = random_field<nop::complex_of<Element>>(joined(Shape<2>{2, 3}, stored), 2);
  const auto coefficients = naive_to_modes<Element>(6, grid, 1, modes, x.to_host());
  const auto values       = naive_from_modes<Element>(6, grid, 1, held, y.to_host());
  for (const FourierEngine engine : engines) {
    CAPTURE(static_cast<int>(engine));
    const auto spectrum = nop::to_modes(x, modes, engine);
    CHECK(spectrum.shape() == joined(Shape<2>{2, 3}, stored));
    CHECK(worst_error(spectrum.to_host(), coefficients) < rounding);
    const auto field = back<Element>(y, grid, engine);
    CHECK(field.shape() == x.shape());
    CHECK(worst_error(field.to_host(), values) < rounding);

    const auto leading = nop::to_leading_modes(x, modes, engine);
    CHECK(leading.shape() == joined(stored, Shape<2>{2, 3}));
    CHECK(leading.to_host() == swapped(spectrum.to_host(), 6));
    const decltype(y) first(leading.shape(), swapped(y.to_host(), 6));
    const auto again = back_from_leading<Element>(first, grid, engine);
    CHECK(again.shape() == x.shape());
    CHECK(again.to_host() == field.to_host());
  }
}

}  // namespace

TEST_CASE_TEMPLATE("modes of one axis are the sums that define them", Element, float, double,
                   std::complex<float>, Complex) {
  for (const std::size_t n : {1U, 2U, 3U, 4U, 5U, 7U, 8U, 12U, 13U, 31U, 37U})
    for (const std::size_t m : {1U, 2U, 3U, 4U, 5U, 8U, 13U, 40U})
      check<Element>(Shape{n}, Shape{m});
}

TEST_CASE_TEMPLATE("modes of two axes are the sums that define them", Element, float, double,
                   Complex) {
  check<Element>(Shape{1, 1}, Shape{3, 3});
  check<Element>(Shape{1, 6}, Shape{4, 4});
  check<Element>(Shape{6, 1}, Shape{4, 4});
  check<Element>(Shape{6, 7}, Shape{4, 5});
  check<Element>(Shape{7, 6}, Shape{5, 4});
  check<Element>(Shape{8, 8}, Shape{8, 8});
  check<Element>(Shape{7, 5}, Shape{8, 8});
  check<Element>(Shape{11, 13}, Shape{1, 12});
}

TEST_CASE_TEMPLATE("modes of three and four axes are the sums that define them", Element, double,
                   std::complex<float>) {
  check<Element>(Shape{4, 5, 6}, Shape{3, 4, 5});
  check<Element>(Shape{5, 3, 2}, Shape{6, 6, 6});
  check<Element>(Shape{3, 4, 5, 6}, Shape{2, 3, 4, 3});
  check<Element>(Shape{2, 1, 3, 4}, Shape{2, 2, 4, 6});
}

TEST_CASE("a spectrum with more modes than the grid holds is cut by frequency") {
  // The same frequencies, taken one by one from the larger spectrum.
  const auto drop = [](const auto& y, std::size_t grid, std::size_t modes, bool half) {
    std::vector<Complex> kept;
    const auto low = half ? std::ptrdiff_t{0} : nop::lowest_frequency(modes);
    for (std::size_t row = 0; row < 2; ++row)
      for (std::size_t i = 0; i < y.extent(2); ++i) {
        const auto k = low + static_cast<std::ptrdiff_t>(i), n = static_cast<std::ptrdiff_t>(grid);
        if (half ? 2 * k <= n : (2 * k >= -n && 2 * k < n)) kept.push_back(y.view()(row, 0, i));
      }
    return kept;
  };
  for (const std::size_t modes : {6U, 7U, 8U})
    for (const std::size_t n : {1U, 2U, 3U, 4U, 5U, 6U, 7U}) {
      if (n > modes) continue;
      CAPTURE(modes);
      CAPTURE(n);
      const auto half = random_field<Complex>(Shape{std::size_t{2}, std::size_t{1}, modes / 2 + 1});
      CHECK(worst_error(nop::from_modes(half, Shape{n}).to_host(),
                        naive_from_modes<double>(2, Shape{n}, 1, Shape{n},
                                                 drop(half, n, modes, true))) < 1e-12);
      const auto full = random_field<Complex>(Shape{std::size_t{2}, std::size_t{1}, modes});
      CHECK(worst_error(nop::complex_from_modes(full, Shape{n}).to_host(),
                        naive_from_modes<Complex>(2, Shape{n}, 1, Shape{n},
                                                  drop(full, n, modes, false))) < 1e-12);
    }
}

TEST_CASE("a wave has its coefficient at its frequency and nowhere else") {
  constexpr double pi = std::numbers::pi;
  const Shape<4> shape{1, 1, 9, 8};
  for (std::ptrdiff_t k0 = -3; k0 <= 2; ++k0)
    for (std::ptrdiff_t k1 = 0; k1 <= 3; ++k1) {
      std::vector<double> wave;
      for (int i = 0; i < 9; ++i)
        for (int j = 0; j < 8; ++j)
          wave.push_back(std::cos(
              2 * pi * (static_cast<double>(k0) * i / 9 + static_cast<double>(k1) * j / 8)));
      const auto spectrum = nop::to_modes(nop::test::field_of(shape, wave), Shape{6, 6});
      REQUIRE(spectrum.shape() == Shape<4>{1, 1, 6, 4});
      for (std::ptrdiff_t a = -3; a <= 2; ++a)
        for (std::ptrdiff_t b = 0; b <= 3; ++b) {
          double expected = 0;
          if (a == k0 && b == k1) expected += 0.5;
          if (a == -k0 && b == -k1) expected += 0.5;
          CHECK(std::abs(spectrum.view()(0, 0, a + 3, b) - expected) < 1e-14);
        }
    }
}

TEST_CASE("the Nyquist frequency is shared by both of its signs") {
  const auto x        = nop::test::field_of(Shape{1, 1, 4}, std::vector<double>{1, -1, 1, -1});
  const auto spectrum = nop::to_modes(x, Shape{4});
  CHECK(std::abs(spectrum.view()(0, 0, 2) - 0.5) < 1e-15);
  const auto fine = nop::from_modes(spectrum, Shape{8}).to_host();
  for (int i = 0; i < 8; ++i)
    CHECK(std::abs(fine[static_cast<std::size_t>(i)] - std::cos(i * std::numbers::pi / 2)) < 1e-14);
}

TEST_CASE_TEMPLATE("all modes of a grid give the field back", Element, double, Complex) {
  const auto returns = [](const auto& grid) {
    CAPTURE(grid);
    const auto x = random_field<Element>(joined(Shape<2>{2, 2}, grid));
    CHECK(worst_error(back<Element>(nop::to_modes(x, grid), grid).to_host(), x.to_host()) < 1e-12);
  };
  returns(Shape{1});
  returns(Shape{6});
  returns(Shape{7});
  returns(Shape{6, 5});
  returns(Shape{5, 6});
  returns(Shape{3, 4, 6});
}

TEST_CASE("an axis in the middle is transformed as if it were the last") {
  for (const FourierEngine engine : engines) {
    CAPTURE(static_cast<int>(engine));
    // Time in [batch, time, channel, grid].
    const auto x        = random_field(Shape{2, 6, 3, 4}, 1);
    const auto spectrum = nop::to_modes_from_axis<1>(x, Shape{4}, engine);
    CHECK(spectrum.shape() == Shape<4>{2, 3, 3, 4});
    CHECK(worst_error(spectrum.to_host(),
                      naive_to_modes<double>(2, Shape{6}, 12, Shape{4}, x.to_host())) < 1e-12);
    const auto y = random_field<Complex>(Shape{2, 3, 3, 4}, 2);
    CHECK(worst_error(nop::from_modes_from_axis<1>(y, Shape{7}, engine).to_host(),
                      naive_from_modes<double>(2, Shape{7}, 12, Shape{4}, y.to_host())) < 1e-12);
    // Two axes of four, complex.
    const auto u = random_field<Complex>(Shape{2, 5, 4, 3}, 3);
    const auto v = nop::to_modes_from_axis<1>(u, Shape{3, 4}, engine);
    CHECK(v.shape() == Shape<4>{2, 3, 4, 3});
    CHECK(worst_error(v.to_host(), naive_to_modes<Complex>(2, Shape{5, 4}, 3, Shape{3, 4},
                                                           u.to_host())) < 1e-12);
    CHECK(worst_error(nop::complex_from_modes_from_axis<1>(v, Shape{6, 4}, engine).to_host(),
                      naive_from_modes<Complex>(2, Shape{6, 4}, 3, Shape{3, 4}, v.to_host())) <
          1e-12);
  }
}

TEST_CASE("transforms refuse no modes and no points") {
  const auto x = random_field(Shape{2, 1, 4});
  const nop::Tensor<double, 3, nop::Cpu> none({2, 1, 0});
  const auto spectrum = random_field<Complex>(Shape{2, 1, 3});
  const nop::Tensor<Complex, 3, nop::Cpu> empty({2, 1, 0});
  CHECK_THROWS_WITH_AS(nop::to_modes(x, Shape<1>{0}),
                       "to_modes: expected at least one mode and one point per axis, got modes [0] "
                       "on a field of shape [2, 1, 4]",
                       nop::PreconditionError);
  CHECK_THROWS_AS(nop::to_modes(none, Shape<1>{2}), nop::PreconditionError);
  CHECK_THROWS_WITH_AS(nop::from_modes(spectrum, Shape<1>{0}),
                       "from_modes: expected at least one mode and one point per axis, got a "
                       "spectrum of shape [2, 1, 3] for the grid [0]",
                       nop::PreconditionError);
  CHECK_THROWS_AS(nop::from_modes(empty, Shape<1>{2}), nop::PreconditionError);
}

TEST_CASE("an empty batch has an empty spectrum") {
  const nop::Tensor<float, 3, nop::Cpu> none({0, 1, 4});
  const auto spectrum = nop::to_modes(none, Shape{4});
  CHECK(spectrum.shape() == Shape<3>{0, 1, 3});
  CHECK(nop::from_modes(spectrum, Shape{6}).shape() == Shape<3>{0, 1, 6});
}

}  // namespace nop::test::modes_test
