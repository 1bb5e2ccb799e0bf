// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/resample.hpp>

#include "support/layer_battery.hpp"
#include "support/naive_resample.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <vector>

namespace nop::test::resample_test {
namespace {

constexpr Interpolation interpolations[] = {Interpolation::trigonometric, Interpolation::linear,
                                            Interpolation::cubic, Interpolation::fourier_bins};

/// Pairs of grids, up and down, odd and even, and both at once.
const std::vector<std::pair<Shape<1>, Shape<1>>> lines  = {{{5}, {10}}, {{10}, {5}}, {{6}, {9}},
                                                           {{9}, {6}},  {{7}, {5}},  {{1}, {4}},
                                                           {{4}, {1}},  {{2}, {3}}};
const std::vector<std::pair<Shape<2>, Shape<2>>> planes = {
    {{6, 5}, {12, 10}}, {{6, 6}, {3, 3}}, {{5, 8}, {9, 4}}, {{7, 4}, {7, 6}}, {{4, 7}, {2, 7}}};
const std::vector<std::pair<Shape<3>, Shape<3>>> boxes  = {{{4, 5, 6}, {8, 10, 12}},
                                                           {{5, 6, 7}, {3, 3, 4}},
                                                           {{4, 3, 5}, {6, 3, 2}},
                                                           {{3, 4, 4}, {3, 4, 7}}};
const std::vector<std::pair<Shape<4>, Shape<4>>> solids = {{{2, 3, 4, 3}, {3, 2, 4, 5}}};

/// Calls `use(from, to)` for every pair of grids.
template <class Use>
void for_each_pair_of_grids(const Use& use) {
  const auto each = [&use](const auto& pairs) {
    for (const auto& pair : pairs) {
      CAPTURE(pair.first);
      CAPTURE(pair.second);
      use(pair.first, pair.second);
    }
  };
  each(lines);
  each(planes);
  each(boxes);
  each(solids);
}

template <std::size_t Dim>
auto field_on(const Shape<Dim>& grid) {
  return random_field(joined(Shape<2>{2, 2}, grid));
}

/// cos(2 pi k.x + 1/3) at the points x = i/N of a grid.
template <std::size_t Dim>
auto wave(const Shape<Dim>& grid, const std::array<int, Dim>& k) {
  std::vector<double> values(element_count(grid));
  for (std::size_t i = 0; i < values.size(); ++i) {
    double turns     = 0;
    std::size_t rest = i;
    for (std::size_t a = Dim; a-- > 0;) {
      turns += k[a] * static_cast<double>(rest % grid[a]) / static_cast<double>(grid[a]);
      rest /= grid[a];
    }
    values[i] = std::cos(2 * std::numbers::pi * turns + 1.0 / 3);
  }
  return nop::test::field_of(joined(Shape<2>{1, 1}, grid), values);
}

}  // namespace

TEST_CASE("resampling by a kernel is the sum over its taps, ends on ends") {
  for_each_pair_of_grids([](const auto& from, const auto& to) {
    const auto x = field_on(from);
    CHECK(worst_error(resample(x, to, Interpolation::linear).to_host(),
                      nop::test::naive_linear(x, to)) < 1e-13);
    CHECK(worst_error(resample(x, to, Interpolation::cubic).to_host(),
                      nop::test::naive_cubic(x, to)) < 1e-13);
  });
}

TEST_CASE("fourier_bins moves the coefficients that the reference moves") {
  for_each_pair_of_grids([](const auto& from, const auto& to) {
    const auto x = field_on(from);
    CHECK(worst_error(resample(x, to, Interpolation::fourier_bins).to_host(),
                      nop::test::naive_fourier_bins(x, to)) < 1e-12);
  });
}

TEST_CASE("trigonometric resampling is exact for the waves that both grids hold") {
  const auto check = [](const auto& from, const auto& to, const auto& k) {
    CAPTURE(from);
    CAPTURE(to);
    CHECK(worst_error(resample(wave(from, k), to, Interpolation::trigonometric).to_host(),
                      wave(to, k).to_host()) < 1e-13);
  };
  for (const int k : {0, 1, -2}) {
    check(Shape{5}, Shape{10}, std::array{k});
    check(Shape{16}, Shape{5}, std::array{k});
    for (const int l : {0, 2, -1}) {
      check(Shape{9, 16}, Shape{13, 8}, std::array{k, l});
      check(Shape{5, 7}, Shape{10, 14}, std::array{k, l});
      check(Shape{5, 6, 5}, Shape{7, 9, 8}, std::array{l, k, 1});
      check(Shape{8, 5, 6, 5}, Shape{5, 7, 6, 9}, std::array{l, 1, k, -1});
    }
  }
}

TEST_CASE("where every second point stays, trigonometric resampling keeps its value") {
  const auto x = random_field(Shape{1, 1, 6, 5});
  const auto y = resample(x, Shape{12, 10}, Interpolation::trigonometric);
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t j = 0; j < 5; ++j)
      CHECK(y.view()(0, 0, 2 * i, 2 * j) == doctest::Approx(x.view()(0, 0, i, j)));
}

TEST_CASE("on an odd number of points fourier_bins takes the highest wave for its opposite") {
  // cos(2 pi 2 x) on five points: +2 is read as -3, so that the tenfold grid shows a mixture.
  const auto x = wave(Shape{5, 5, 5}, std::array{2, 0, 0});
  const Shape to{10, 10, 10};
  CHECK(worst_error(resample(x, to, Interpolation::fourier_bins).to_host(),
                    wave(to, std::array{2, 0, 0}).to_host()) > 0.5);
  const auto low = wave(Shape{5, 5, 5}, std::array{1, -1, 1});
  CHECK(worst_error(resample(low, to, Interpolation::fourier_bins).to_host(),
                    wave(to, std::array{1, -1, 1}).to_host()) < 1e-13);
}

TEST_CASE("a field on its own grid remains as it is") {
  for (const auto interpolation : interpolations) {
    const auto x = random_field(Shape{2, 1, 5, 6});
    CHECK(resample(x, Shape{5, 6}, interpolation).to_host() == x.to_host());
  }
}

TEST_CASE("constants remain, and linear functions of the place between ends") {
  for (const auto interpolation : interpolations) {
    const auto ones =
        resample(wave(Shape{3, 4, 5}, std::array{0, 0, 0}), Shape{5, 8, 3}, interpolation);
    for (const double value : ones.to_host()) CHECK(value == doctest::Approx(std::cos(1.0 / 3)));
  }
  const auto ramp = nop::test::field_of<double>(Shape{1, 1, 4}, {0, 1, 2, 3});
  CHECK(worst_error(resample(ramp, Shape{7}, Interpolation::linear).to_host(),
                    std::vector<double>{0, 0.5, 1, 1.5, 2, 2.5, 3}) < 1e-15);
}

TEST_CASE("resampling passes the battery of linear functions") {
  for_each_pair_of_grids([](const auto& from, const auto& to) {
    for (const auto interpolation : interpolations) {
      CAPTURE(static_cast<int>(interpolation));
      nop::test::check_linear_function(
          [&](const auto& u) { return resample(u, to, interpolation); }, field_on(from));
    }
  });
  for (const auto interpolation : interpolations)
    nop::test::check_linear_function(
        [&](const auto& u) { return resample(u, Shape{5}, interpolation); }, field_on(Shape{5}));
}

TEST_CASE("resampling in float agrees with that in double") {
  for (const auto interpolation : interpolations) {
    const auto x = field_on(Shape{9, 12, 10});
    CHECK(worst_error(
              resample(nop::test::converted<float>(x), Shape{12, 7, 15}, interpolation).to_host(),
              resample(x, Shape{12, 7, 15}, interpolation).to_host()) < 1e-5);
  }
}

TEST_CASE("of a complex field both parts are resampled") {
  using Complex = std::complex<double>;
  const auto z  = random_field<Complex>(Shape{2, 2, 5, 6});
  std::vector<double> re, im;
  for (const auto value : z.to_host()) re.push_back(value.real()), im.push_back(value.imag());
  for (const auto interpolation : {Interpolation::linear, Interpolation::cubic}) {
    const auto part = [&](const auto& values) {
      return resample(nop::test::field_of(z.shape(), values), Shape{8, 4}, interpolation).to_host();
    };
    const auto re_y = part(re), im_y = part(im);
    std::vector<Complex> expected;
    for (std::size_t i = 0; i < re_y.size(); ++i) expected.emplace_back(re_y[i], im_y[i]);
    CHECK(worst_error(resample(z, Shape{8, 4}, interpolation).to_host(), expected) < 1e-14);
  }
  nop::test::check_linear_function(
      [](const auto& u) { return resample(u, Shape{7, 9}, Interpolation::trigonometric); }, z);
  CHECK_THROWS_WITH_AS(resample(z, Shape{8, 4}, Interpolation::fourier_bins),
                       "resample: expected a real field for fourier_bins", nop::PreconditionError);
}

TEST_CASE("the reference interpolates as its number of axes says") {
  CHECK(nop::reference_interpolation(1) == Interpolation::linear);
  CHECK(nop::reference_interpolation(2) == Interpolation::cubic);
  CHECK(nop::reference_interpolation(3) == Interpolation::fourier_bins);
  CHECK(nop::reference_interpolation(4) == Interpolation::fourier_bins);
}

TEST_CASE("resampling refuses grids without points") {
  const auto x = random_field(Shape{1, 1, 4});
  CHECK_THROWS_WITH_AS(
      resample(x, Shape{0UL}, Interpolation::linear),
      "resample: expected at least one point per axis, got a field of shape [1, 1, 4] for the grid "
      "[0]",
      nop::PreconditionError);
  CHECK_THROWS_AS(
      resample(nop::Tensor<double, 3, nop::Cpu>({1, 1, 0}), Shape{4}, Interpolation::linear),
      nop::PreconditionError);
  CHECK(resample(nop::Tensor<double, 3, nop::Cpu>({0, 1, 3}), Shape{4}, Interpolation::cubic)
            .shape() == Shape<3>{0, 1, 4});
}

TEST_CASE("a grid of more points than memory has is refused") {
  for (const auto interpolation : {Interpolation::linear, Interpolation::trigonometric})
    CHECK_THROWS_WITH_AS(
        nop::resample(random_field(Shape{1, 1, 8}), Shape<1>{std::size_t{1} << 61U}, interpolation),
        "resample: expected a grid that fits into memory, got [2305843009213693952]",
        nop::PreconditionError);
}

}  // namespace nop::test::resample_test
