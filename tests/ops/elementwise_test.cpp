// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/elementwise.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <functional>
#include <vector>

namespace nop::test::elementwise_test {

using Complex = std::complex<double>;

namespace {

template <class Element, class Combine>
std::vector<Element> combined(const Combine& combine, const std::vector<Element>& a,
                              const std::vector<Element>& b) {
  std::vector<Element> result;
  for (std::size_t i = 0; i < a.size(); ++i) result.push_back(combine(a[i], b[i]));
  return result;
}

}  // namespace

TEST_CASE_TEMPLATE("sums, differences and products are those of the elements", Element, float,
                   double, std::complex<float>, Complex) {
  const auto a = random_field<Element>(Shape{3, 7, 5}, 1);
  const auto b = random_field<Element>(Shape{3, 7, 5}, 2);
  const auto x = a.to_host(), y = b.to_host();
  constexpr double rounding = nop::test::rounding<Element>;
  CHECK(nop::add(a, b).to_host() == combined<Element>(std::plus{}, x, y));
  CHECK(nop::subtract(a, b).to_host() == combined<Element>(std::minus{}, x, y));
  CHECK(nop::test::worst_error(nop::multiply(a, b).to_host(),
                               combined<Element>(std::multiplies{}, x, y)) < rounding);
  const auto twice = combined<Element>(std::plus{}, x, x);
  CHECK(nop::scale_by(a, 2).to_host() == twice);
}

TEST_CASE_TEMPLATE("elementwise ops have right gradients", Element, double, Complex) {
  const auto a    = random_field<Element>(Shape{2, 3, 5}, 1);
  const auto b    = random_field<Element>(Shape{2, 3, 5}, 2);
  const auto half = [](const auto& x) { return nop::scale_by(x, 0.5); };
  check_gradients(nop::add, a, b);
  check_gradients(nop::subtract, a, b);
  check_gradients(nop::multiply, a, b);
  nop::test::check_linear_function(half, a);
  check_ways_to_call(nop::add, a, b);
  check_ways_to_call(nop::subtract, a, b);
  check_ways_to_call(nop::multiply, a, b);
}

TEST_CASE("an op of a field with itself has the sum of both gradients") {
  const auto square = [](const auto& x) { return nop::multiply(x, x); };
  const auto none   = [](const auto& x) { return nop::add(nop::subtract(x, x), x); };
  const auto x      = random_field(Shape{2, 3});
  check_gradients(square, x);
  check_gradients(none, x);
}

TEST_CASE("elementwise ops are differentiable on one side only") {
  const auto a = random_field(Shape{4}, 1), b = random_field(Shape{4}, 2);
  check_gradients([&](const auto& x) { return nop::multiply(x, b); }, a);
  check_gradients([&](const auto& x) { return nop::subtract(a, x); }, b);
}

TEST_CASE("elementwise ops refuse two shapes") {
  const nop::Tensor<float, 2, nop::Cpu> a({2, 3}), b({3, 2});
  CHECK_THROWS_WITH_AS(nop::add(a, b), "add: expected two equal shapes, got [2, 3] and [3, 2]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(nop::subtract(a, b),
                       "subtract: expected two equal shapes, got [2, 3] and [3, 2]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(nop::multiply(a, b),
                       "multiply: expected two equal shapes, got [2, 3] and [3, 2]",
                       nop::PreconditionError);
}

}  // namespace nop::test::elementwise_test
