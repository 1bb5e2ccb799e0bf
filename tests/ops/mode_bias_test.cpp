// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/mode_bias.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>

namespace nop::test::mode_bias_test {

using Complex = std::complex<double>;

TEST_CASE_TEMPLATE("a bias is added to every sample of the one mode", Bias, double, Complex) {
  const auto x    = random_field<Complex>(Shape{3, 4, 2, 5}, 1);
  const auto bias = random_field<Bias>(Shape<1>{5}, 2);
  auto expected   = x.to_host();
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t o = 0; o < 5; ++o)
      expected[((1 * 4 + 2) * 2 + b) * 5 + o] += bias.to_host()[o];
  CHECK(nop::add_to_mode(x, bias, {1, 2}).to_host() == expected);
}

TEST_CASE("adding to a mode has right gradients") {
  const auto x    = random_field<Complex>(Shape{3, 2, 2, 3}, 1);
  const auto last = [](const auto& u, const auto& bias) {
    return nop::add_to_mode(u, bias, {2, 1});
  };
  nop::test::check_gradients(last, x, random_field<double>(Shape<1>{3}, 2));
  nop::test::check_gradients(last, x, random_field<Complex>(Shape<1>{3}, 3));
  nop::test::check_ways_to_call(last, x, random_field<double>(Shape<1>{3}, 4));
}

TEST_CASE("adding to a mode refuses another number of channels and a mode outside") {
  const auto x = random_field<Complex>(Shape{3, 2, 2, 3});
  CHECK_THROWS_WITH_AS(nop::add_to_mode(x, random_field(Shape<1>{2}), {0, 0}),
                       "add_to_mode: expected a bias of 3 channels, got [2]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(nop::add_to_mode(x, random_field(Shape<1>{3}), {0, 2}),
                       "add_to_mode: expected a mode inside [3, 2], got [0, 2]",
                       nop::PreconditionError);
}

}  // namespace nop::test::mode_bias_test
