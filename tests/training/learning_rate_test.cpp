// SPDX-License-Identifier: BSD-3-Clause
#include <nop/training/learning_rate.hpp>

#include <doctest/doctest.h>

#include <optional>

namespace nop::test::learning_rate_test {
namespace {

TEST_CASE("a learning rate is any schedule, a function or a number") {
  const nop::LearningRate step = nop::StepDecay{.initial = 1, .every = 2};
  CHECK(step.rate(0) == 1);
  CHECK(step.rate(5) == 0.25);
  const nop::LearningRate own = [](double epochs) { return 1 / (1 + epochs); };
  CHECK(own.rate(3) == 0.25);
  const std::optional<nop::LearningRate> number = 0.5;
  CHECK(number->rate(100) == 0.5);
  CHECK(number->plateau() == nullptr);
}

TEST_CASE("a learning rate that is a plateau looks at the losses, others do not") {
  nop::LearningRate rate = nop::Plateau({.initial = 1, .factor = 0.5, .patience = 0});
  rate.observe(1);
  CHECK(rate.rate(1) == 1);
  rate.observe(1);
  CHECK(rate.rate(2) == 0.5);
  REQUIRE(rate.plateau() != nullptr);
  CHECK(rate.plateau()->state().best == 1);
  nop::LearningRate constant = 0.5;
  constant.observe(1);
  constant.observe(1);
  CHECK(constant.rate(2) == 0.5);
}

}  // namespace

}  // namespace nop::test::learning_rate_test
