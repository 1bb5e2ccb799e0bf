// SPDX-License-Identifier: BSD-3-Clause
// The functions themselves, as scalars; tests/ops/activation_test.cpp has them in registers.
#include <nop/core/activation.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string_view>

namespace nop::test::activation_test {

using Wide = long double;

namespace {

/// Phi(x) and its density, by erfc, in which no tail cancels.
Wide normal(Wide x) { return std::erfc(-x / std::numbers::sqrt2_v<Wide>) / 2; }
Wide density(Wide x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi_v<Wide>); }

/// Calls `use` for arguments densely from -40 to 40 and of every size.
template <class Real, class Use>
void sweep(const Use& use) {
  for (int i = -400000; i <= 400000; ++i) use(static_cast<Real>(i) / 10000);
  for (Real size = std::numeric_limits<Real>::denorm_min(); size < 1; size *= 3) {
    use(size);
    use(-size);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("the normal distribution of GELU has the stated error", Real, float, double) {
  constexpr bool single = sizeof(Real) == sizeof(float);
  double probability = 0, slope = 0, tail = 0;
  sweep<Real>([&](Real x) {
    const Wide phi          = normal(x);
    const auto [got, slant] = nop::functions::Gelu::at(x);
    const Wide error        = std::abs(got - x * phi);
    const auto larger       = [](double& worst, Wide now) {
      if (!(now <= worst)) worst = static_cast<double>(std::isnan(now) ? HUGE_VALL : now);
    };
    if (std::abs(x) > std::numeric_limits<Real>::min() * 4)
      larger(probability, error / std::abs(x));
    larger(slope, std::abs(slant - phi - x * density(x)));
    if (x < Real(-1e-30) && x > (single ? -12.5F : -37))
      larger(tail, error / std::abs(x * phi) / (1 + x * x));
  });
  CHECK(probability < (single ? 2e-7 : 1e-15));
  CHECK(slope < (single ? 3e-7 : 1e-15));
  CHECK(tail < (single ? 1e-6 : 1e-15));  // of its own size, but for the roundings of x^2
}

TEST_CASE_TEMPLATE("what is infinite or none, and zero with its sign, go through", Real, float,
                   double) {
  constexpr Real inf = std::numeric_limits<Real>::infinity();
  constexpr Real big = std::numeric_limits<Real>::max();
  const auto check   = [&](const auto& at) {
    CHECK(at(inf).value == inf);
    CHECK(at(inf).slope == 1);
    CHECK(at(big).value == big);
    CHECK(at(big).slope == 1);
    CHECK(at(-inf).value == 0);
    CHECK(at(-inf).slope == 0);
    CHECK(at(-big).value == 0);
    CHECK(at(-big).slope == 0);
    CHECK(std::isnan(at(std::numeric_limits<Real>::quiet_NaN()).value));
    CHECK(std::isnan(at(std::numeric_limits<Real>::quiet_NaN()).slope));
    CHECK(std::signbit(at(Real(-0.0)).value));
    CHECK(!std::signbit(at(Real(0)).value));
    CHECK(at(Real(0)).value == 0);
    CHECK(at(Real(0)).slope == doctest::Approx(0.5).epsilon(1e-6));
  };
  check([](Real x) { return nop::functions::Gelu::at(x); });
  check([](Real x) { return nop::functions::Silu::at(x); });
}

TEST_CASE("a function is found by its name") {
  for (const auto activation : {nop::Activation::identity, nop::Activation::relu})
    CHECK(nop::with_function(activation, [](auto f) { return f.at(-2.0).value; }) ==
          (activation == nop::Activation::relu ? 0 : -2));
  CHECK(nop::with_function(nop::Activation::leaky_relu, [](auto f) { return f.at(-2.0).slope; }) ==
        0.01);
  CHECK(nop::with_function(nop::Activation::tanh, [](auto f) { return f.at(0.5).value; }) ==
        doctest::Approx(std::tanh(0.5)));
  CHECK(std::string_view(enumerator_names(nop::Activation::silu)[4]) == "silu");
}

}  // namespace nop::test::activation_test
