// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/math.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>

namespace nop::test::math_test {
namespace {
/// Stands for a register: something that holds numbers of `value_type` and is made from one.
struct Lanes {
  using value_type = float;
  float value;
  constexpr explicit Lanes(float v) : value(v) {}
};
}  // namespace

TEST_CASE("a constant has the type of the argument, and the precision of its lanes") {
  static_assert(std::is_same_v<decltype(nop::constant<float>(0.1)), float>);
  static_assert(nop::constant<float>(0.1) == 0.1F);
  static_assert(nop::constant<double>(0.1) == 0.1);
  CHECK(nop::constant<Lanes>(0.1).value == 0.1F);
}

TEST_CASE("select takes the first value where the condition holds") {
  static_assert(nop::select(true, 1.0, 2.0) == 1.0);
  CHECK(nop::select(false, 1.0F, 2.0F) == 2.0F);
}

TEST_CASE("a polynomial is given from its highest power on") {
  static_assert(nop::polynomial(2.0, std::array{3.0, 0.0, 1.0}) == 13.0);
  static_assert(nop::multiply_add(2.0F, 3.0F, 4.0F) == 10.0F);
  CHECK(nop::polynomial(10.0F, std::array{1.0, 2.0}) == 12.0F);
}

TEST_CASE_TEMPLATE("powers of two are right to two roundings", Real, float, double) {
  constexpr int lowest = std::numeric_limits<Real>::min_exponent;
  double worst         = 0;
  for (int i = 64 * lowest; i <= -64 * lowest; ++i) {
    const Real y = static_cast<Real>(i) / 64 + static_cast<Real>(i % 7) / 512;
    if (y < lowest || y > -lowest) continue;
    const long double expected = std::exp2(static_cast<long double>(y));
    worst = std::max(worst, static_cast<double>(std::abs(nop::power_of_two(y) / expected - 1)));
  }
  CHECK(worst < 2 * std::numeric_limits<Real>::epsilon());
  CHECK(nop::power_of_two(Real(-3)) == Real(0.125));
  CHECK(nop::power_of_two(Real(nop::exponent_of_zero<Real>)) == 0);
  CHECK(std::isnan(nop::power_of_two(std::numeric_limits<Real>::quiet_NaN())));
}

TEST_CASE("bounds let through what is not a number, and the sign of zero") {
  static_assert(nop::at_most(2.0, 3.0) == 2.0 && nop::at_most(2.0, 1.0) == 1.0);
  static_assert(nop::at_least(2.0, 3.0) == 3.0 && nop::at_least(2.0, 1.0) == 2.0);
  CHECK(std::isnan(nop::at_most(2.0F, std::nanf(""))));
  CHECK(std::isnan(nop::at_least(2.0F, std::nanf(""))));
  CHECK(std::signbit(nop::at_least(0.0F, -0.0F)));
}

}  // namespace nop::test::math_test
