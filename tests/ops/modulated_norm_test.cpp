// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/activation.hpp>
#include <nop/ops/channels.hpp>
#include <nop/ops/modulated_norm.hpp>
#include <nop/ops/normalize.hpp>
#include <nop/ops/samples.hpp>
#include <nop/ops/scale_and_shift.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

namespace nop::test::modulated_norm_test {

TEST_CASE("a modulated norm is a group norm and all that follows it, one by one") {
  const auto x = random_field(Shape{2, 6, 3, 5});
  const auto w = random_field(Shape{6}, 2), b = random_field(Shape{6}, 3);
  const auto numbers  = random_field(Shape{4, 12}, 4);
  const auto normed   = nop::add_channels(nop::scale_channels(nop::group_norm(x, 3, 0.1), w), b);
  const NormOptions o = {.groups = 3, .epsilon = 0.1, .activation = Activation::silu};
  CHECK(worst_error(nop::modulated_norm(x, w, b, o).to_host(), nop::silu(normed).to_host()) <
        1e-13);
  const auto told = nop::scale_and_shift(nop::repeat_samples(normed, 2), numbers);
  CHECK(worst_error(nop::modulated_norm(x, w, b, numbers, o).to_host(), nop::silu(told).to_host()) <
        1e-13);
}

TEST_CASE("a modulated norm has right gradients by all of its operands") {
  for (const std::size_t groups : {1U, 2U, 4U}) {
    CAPTURE(groups);
    const NormOptions o = {.groups = groups, .activation = Activation::silu};
    const auto x        = random_field(Shape{2, 4, 2, 3});
    const auto w = random_field(Shape{4}, 2), b = random_field(Shape{4}, 3);
    const auto plain = [&o](const auto&... inputs) { return nop::modulated_norm(inputs..., o); };
    nop::test::check_gradients(plain, x, w, b);
    nop::test::check_gradients(plain, x, w, b, random_field(Shape{2, 8}, 4));
    nop::test::check_gradients(plain, x, w, b, random_field(Shape{6, 8}, 4));
    nop::test::check_ways_to_call(plain, x, w, b);
  }
}

TEST_CASE("a modulated norm refuses what does not fit") {
  const nop::Tensor<float, 3, nop::Cpu> x({2, 4, 3}), none({2, 4, 0});
  const nop::Tensor<float, 1, nop::Cpu> four({4}), three({3});
  using Numbers = nop::Tensor<float, 2, nop::Cpu>;
  CHECK_THROWS_WITH_AS(nop::modulated_norm(x, four, four, {.groups = 3}),
                       "modulated_norm: expected a number of groups that divides 4 channels, got 3",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(nop::modulated_norm(none, four, four, {}),
                       "modulated_norm: expected at least one point, got [2, 4, 0]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(
      nop::modulated_norm(x, four, three, {}),
      "modulated_norm: expected a weight and a bias of 4 channels, got [4] and [3]",
      nop::PreconditionError);
  CHECK_THROWS_WITH_AS(nop::modulated_norm(x, four, four, Numbers({3, 8}), {}),
                       "modulated_norm: expected scales and shifts [batch, 8] for a field of shape "
                       "[2, 4, 3], got [3, 8]",
                       nop::PreconditionError);
  CHECK_THROWS_AS(nop::modulated_norm(x, four, four, Numbers({0, 8}), {}), nop::PreconditionError);
}

}  // namespace nop::test::modulated_norm_test
