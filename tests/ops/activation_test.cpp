// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/activation.hpp>
#include <nop/ops/reduce.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <type_traits>
#include <vector>

namespace nop::test::activation_test {

using Wide = long double;

namespace {

constexpr Activation all[] = {Activation::identity,   Activation::gelu, Activation::relu,
                              Activation::leaky_relu, Activation::silu, Activation::tanh,
                              Activation::selu};

/// The formulas, written down once more. erfc, so that nothing cancels.
Wide value(Activation activation, Wide x) {
  switch (activation) {
    case Activation::gelu:
      return x * std::erfc(-x / std::numbers::sqrt2_v<Wide>) / 2;
    case Activation::relu:
      return std::max(x, Wide(0));
    case Activation::leaky_relu:
      return x > 0 ? x : x / 100;
    case Activation::silu:
      return x / (1 + std::exp(-x));
    case Activation::tanh:
      return std::tanh(x);
    case Activation::selu:
      return 1.0507009873554804934193349852946L *
             (x > 0 ? x : 1.6732632423543772848170429916717L * std::expm1(x));
    case Activation::identity:
      break;
  }
  return x;
}

Wide slope(Activation activation, Wide x) {
  const Wide sigmoid = 1 / (1 + std::exp(-x));
  switch (activation) {
    case Activation::gelu:
      return std::erfc(-x / std::numbers::sqrt2_v<Wide>) / 2 +
             x * std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi_v<Wide>);
    case Activation::relu:
      return x > 0 ? 1 : 0;
    case Activation::leaky_relu:
      return x > 0 ? 1 : Wide(0.01L);
    case Activation::silu:
      return sigmoid + x * sigmoid * (1 - sigmoid);
    case Activation::tanh:
      return 1 - std::tanh(x) * std::tanh(x);
    case Activation::selu:
      return 1.0507009873554804934193349852946L *
             (x > 0 ? 1 : 1.6732632423543772848170429916717L * std::exp(x));
    case Activation::identity:
      break;
  }
  return 1;
}

/// Is the slope at what is not a number none, too?
bool has_no_slope_at_none(Activation activation) {
  return activation == Activation::gelu || activation == Activation::silu ||
         activation == Activation::tanh || activation == Activation::selu;
}

/// Numbers of both signs and every size up to 1e30, an odd number of them.
template <class Real>
std::vector<Real> arguments() {
  std::vector<Real> x = {0};
  for (const Real sign : {Real(-1), Real(1)}) {
    for (int i = 1; i <= 3000; ++i) x.push_back(sign * Real(0.01) * static_cast<Real>(i));
    for (Real size = Real(1e-37); size < Real(1e37); size *= Real(1.7)) x.push_back(sign * size);
    x.push_back(sign * std::numeric_limits<Real>::min());
  }
  return x;
}

template <class Real>
std::vector<Real> values(Activation activation, const std::vector<Real>& x) {
  return activate(field_of(Shape{x.size()}, x), activation).to_host();
}

template <class Real>
std::vector<Real> slopes(Activation activation, const std::vector<Real>& x) {
  nop::Tape tape;
  const auto u = tape.variable(field_of(Shape{x.size()}, x));
  return tape.gradient(nop::sum(activate(u, activation)))[u].to_host();
}

}  // namespace

TEST_CASE_TEMPLATE("activations are right to a few roundings of the larger of value and argument",
                   Real, float, double) {
  constexpr Wide epsilon   = std::numeric_limits<Real>::epsilon();
  constexpr Wide roundings = 8;
  const auto x             = arguments<Real>();
  for (const Activation activation : all) {
    CAPTURE(static_cast<int>(activation));
    const auto got = values(activation, x);
    Wide worst     = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Wide expected = value(activation, x[i]);
      const Wide scale    = std::max({std::abs(expected), std::min(std::abs(Wide(x[i])), Wide(1)),
                                      Wide(std::numeric_limits<Real>::min())});
      const Wide error    = std::abs(got[i] - expected) / scale;
      if (!(error <= worst)) worst = std::isnan(error) ? HUGE_VALL : error;
    }
    CHECK(worst < roundings * epsilon);
  }
}

TEST_CASE_TEMPLATE("slopes of activations are right to a few roundings of one", Real, float,
                   double) {
  constexpr Wide epsilon   = std::numeric_limits<Real>::epsilon();
  constexpr Wide roundings = 8;
  const auto x             = arguments<Real>();
  for (const Activation activation : all) {
    CAPTURE(static_cast<int>(activation));
    const auto got = slopes(activation, x);
    Wide worst     = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Wide error = std::abs(got[i] - slope(activation, x[i]));
      if (!(error <= worst)) worst = std::isnan(error) ? HUGE_VALL : error;
    }
    CHECK(worst < 2 * roundings * epsilon);
  }
}

TEST_CASE_TEMPLATE("activations keep what is not a number and what is infinite", Real, float,
                   double) {
  constexpr Real inf = std::numeric_limits<Real>::infinity();
  constexpr Real nan = std::numeric_limits<Real>::quiet_NaN();
  for (const Activation activation : all) {
    CAPTURE(static_cast<int>(activation));
    const auto y = values<Real>(activation, {0, inf, nan});
    CHECK(y[0] == 0);
    CHECK(y[1] == (activation == Activation::tanh ? 1 : inf));
    CHECK(std::isnan(y[2]));
    CHECK(std::isnan(slopes<Real>(activation, {nan})[0]) == has_no_slope_at_none(activation));
  }
  for (const Activation activation : {Activation::gelu, Activation::silu}) {
    CHECK(values<Real>(activation, {-inf}) == std::vector<Real>{0});
    CHECK(slopes<Real>(activation, {-inf, inf}) == std::vector<Real>{0, 1});
  }
  CHECK(values<Real>(Activation::tanh, {-inf}) == std::vector<Real>{-1});
  CHECK(values<Real>(Activation::relu, {-inf}) == std::vector<Real>{0});
  CHECK(values<Real>(Activation::selu, {-inf})[0] == doctest::Approx(-1.7580993408473768599));
  CHECK(slopes<Real>(Activation::selu, {-inf, inf})[0] == 0);
}

TEST_CASE("activations have right gradients") {
  const auto x = random_field(Shape{2, 3, 5, 2});
  for (const Activation activation : all) {
    CAPTURE(static_cast<int>(activation));
    nop::test::check_function([activation](const auto& u) { return activate(u, activation); }, x);
  }
}

TEST_CASE("an activation by name is the op of that name") {
  const auto x    = random_field<float>(Shape{4, 5});
  const auto same = [&](Activation activation, const auto& op) {
    return activate(x, activation).to_host() == op(x).to_host();
  };
  CHECK(same(Activation::gelu, nop::gelu));
  CHECK(same(Activation::relu, nop::relu));
  CHECK(same(Activation::leaky_relu, nop::leaky_relu));
  CHECK(same(Activation::silu, nop::silu));
  CHECK(same(Activation::tanh, nop::tanh));
  CHECK(same(Activation::selu, nop::selu));
}

}  // namespace nop::test::activation_test
