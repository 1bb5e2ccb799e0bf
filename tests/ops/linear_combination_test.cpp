// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/linear_combination.hpp>

#include "support/layer_battery.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <array>
#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::linear_combination_test {

using Complex = std::complex<double>;

TEST_CASE_TEMPLATE("a linear combination is the sum of its terms", Element, float, double,
                   std::complex<float>, Complex) {
  using Real   = nop::real_of<Element>;
  const auto a = random_field<Element>(Shape{3, 7, 5}, 1), b = random_field<Element>(a.shape(), 2);
  const auto c = random_field<Element>(a.shape(), 3), d = random_field<Element>(a.shape(), 4);
  const auto e = random_field<Element>(a.shape(), 5);
  const auto p = a.to_host(), q = b.to_host(), r = c.to_host(), s = d.to_host(), t = e.to_host();
  std::vector<Element> two, five, one;
  for (std::size_t i = 0; i < p.size(); ++i) {
    one.push_back(p[i] * Real(-3));
    two.push_back(p[i] * Real(2) - q[i] * Real(0.5));
    five.push_back(p[i] + q[i] * Real(2) + r[i] * Real(3) - s[i] * Real(4) + t[i] * Real(0.25));
  }
  constexpr double rounding = nop::test::rounding<Element>;
  CHECK(linear_combination({-3.0}, a).to_host() == one);
  CHECK(nop::test::worst_error(linear_combination({2, -0.5}, a, b).to_host(), two) < rounding);
  CHECK(nop::test::worst_error(linear_combination({1, 2, 3, -4, 0.25}, a, b, c, d, e).to_host(),
                               five) < rounding);
}

TEST_CASE_TEMPLATE("factors of samples are for the sample they stand for", Element, float, double,
                   Complex) {
  using Real   = nop::real_of<Element>;
  const auto x = random_field<Element>(Shape{3, 2, 7}, 1), y = random_field<Element>(x.shape(), 2);
  const std::vector<double> a{1, -2, 0.5}, b{0, 3, 4};
  const auto got = linear_combination(a, x, b, y).to_host();
  const auto p = x.to_host(), q = y.to_host();
  std::vector<Element> expected;
  for (std::size_t i = 0; i < p.size(); ++i)
    expected.push_back(p[i] * static_cast<Real>(a[i / 14]) + q[i] * static_cast<Real>(b[i / 14]));
  CHECK(nop::test::worst_error(got, expected) < nop::test::rounding<Element>);
}

TEST_CASE_TEMPLATE("linear combinations have right gradients in every field", Element, double,
                   Complex) {
  const auto x = random_field<Element>(Shape{3, 2, 5}, 1), y = random_field<Element>(x.shape(), 2);
  const auto z        = random_field<Element>(x.shape(), 3);
  const auto of_three = [](const auto& p, const auto& q, const auto& r) {
    return linear_combination({2, -1, 0.5}, p, q, r);
  };
  const auto by_sample = [](const auto& p, const auto& q) {
    const std::vector<double> a{1, -2, 0.5}, b{0, 3, 4};
    return linear_combination(a, p, b, q);
  };
  nop::test::check_gradients(of_three, x, y, z);
  nop::test::check_gradients(by_sample, x, y);
  nop::test::check_ways_to_call(of_three, x, y, z);
  nop::test::check_ways_to_call(by_sample, x, y);
}

TEST_CASE("linear combinations know only what a backend supplies") {
  using Toy    = nop::test::ToyBackend;
  const auto x = nop::test::random_tensor<double, Toy>(Shape{2, 3, 2, 2, 2}, 1);
  const auto y = nop::test::random_tensor<double, Toy>(x.shape(), 2);
  const std::vector<double> a{1, -2}, b{3, 4};
  const auto got  = linear_combination(a, x, b, y).to_host();
  const auto same = linear_combination({1, 3}, x, y).to_host();
  const auto expected =
      linear_combination(a, random_field(x.shape(), 1), b, random_field(x.shape(), 2)).to_host();
  CHECK(nop::test::worst_error(got, expected) < 1e-14);
  CHECK(same[5] == doctest::Approx(expected[5]).epsilon(1e-14));
}

TEST_CASE("fields that do not fit each other are not combined") {
  const auto x = random_field(Shape{2, 3}, 1), y = random_field(Shape{3, 2}, 2);
  CHECK_THROWS_WITH_AS(linear_combination({1, 1}, x, y),
                       "linear_combination: expected equal shapes, got [2, 3] and [3, 2]",
                       nop::PreconditionError);
  const std::vector<double> two{1, 2}, three{1, 2, 3};
  CHECK_THROWS_WITH_AS(linear_combination(two, x, three, x),
                       "linear_combination: expected factors for each of 2 samples, got 2 and 3",
                       nop::PreconditionError);
}

}  // namespace nop::test::linear_combination_test
