// SPDX-License-Identifier: BSD-3-Clause
#include <nop/training/schedule.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <vector>

namespace nop::test::schedule_test {
namespace {

using doctest::Approx;

std::vector<double> rates(const auto& schedule, int count) {
  std::vector<double> all;
  all.reserve(static_cast<std::size_t>(count));
  for (int epoch = 0; epoch < count; ++epoch) all.push_back(schedule(epoch));
  return all;
}

TEST_CASE("a constant rate does not change") {
  CHECK(rates(nop::ConstantRate{0.5}, 3) == std::vector<double>{0.5, 0.5, 0.5});
}

TEST_CASE("step decay is the sequence that the documentation of torch's StepLR gives") {
  // lr = 0.05 if epoch < 30, 0.005 if epoch < 60, 0.0005 if epoch < 90
  const nop::StepDecay schedule{.initial = 0.05, .every = 30, .factor = 0.1};
  CHECK(schedule(0) == Approx(0.05));
  CHECK(schedule(29) == Approx(0.05));
  CHECK(schedule(30) == Approx(0.005));
  CHECK(schedule(59) == Approx(0.005));
  CHECK(schedule(60) == Approx(0.0005));
  CHECK(schedule(89) == Approx(0.0005));
}

TEST_CASE("exponential decay is a factor per epoch") {
  const nop::ExponentialDecay schedule{.initial = 2, .factor = 0.5};
  CHECK(rates(schedule, 4) == std::vector<double>{2, 1, 0.5, 0.25});
}

TEST_CASE("cosine decay follows torch's recursion down to its period and up again") {
  const double initial = 0.1, final = 0.02, period = 7;
  const nop::CosineDecay schedule{.initial = initial, .period = period, .final = final};
  double rate = initial;
  for (int epoch = 1; epoch <= 14; ++epoch) {
    // CosineAnnealingLR.get_lr
    const double turn = std::numbers::pi / period;
    if (epoch == 8)
      rate += (initial - final) * (1 - std::cos(turn)) / 2;
    else
      rate = (1 + std::cos(turn * epoch)) / (1 + std::cos(turn * (epoch - 1))) * (rate - final) +
             final;
    CHECK(schedule(epoch) == Approx(rate).epsilon(1e-9));
  }
  CHECK(schedule(7) == Approx(final));
}

TEST_CASE("a warm-up is a straight line, then the next schedule from its beginning") {
  const nop::LinearWarmUp<nop::StepDecay> schedule{
      .duration = 4, .start = 0.2, .next = nop::StepDecay{.initial = 1, .every = 2}};
  const std::vector<double> expected = {0.2, 0.4, 0.6, 0.8, 1, 1, 0.5, 0.5, 0.25};
  for (int epoch = 0; epoch < 9; ++epoch)
    CHECK(schedule(epoch) == Approx(expected[static_cast<std::size_t>(epoch)]));
}

TEST_CASE("a plateau lowers the rate when the loss has not fallen for more epochs than patience") {
  // As torch does: patience 2 ignores two bad epochs and acts on the third.
  nop::Plateau plateau({.initial = 1, .factor = 0.1, .patience = 2});
  const std::vector<double> losses   = {5, 4, 4, 4, 4, 4, 4, 4, 3, 3, 3, 3};
  const std::vector<double> expected = {1, 1, 1, 1, .1, .1, .1, .01, .01, .01, .01, .001};
  for (std::size_t epoch = 0; epoch < losses.size(); ++epoch) {
    plateau.observe(losses[epoch]);
    CHECK(plateau.rate() == Approx(expected[epoch]));
  }
}

TEST_CASE("a plateau asks for a fall of more than its threshold") {
  nop::Plateau plateau({.initial = 1, .factor = 0.5, .patience = 0, .threshold = 0.1});
  plateau.observe(10);
  plateau.observe(9.5);  // not below 9
  CHECK(plateau.rate() == 0.5);
  plateau.observe(8.9);
  CHECK(plateau.rate() == 0.5);
}

TEST_CASE("a plateau counts no epochs while it cools down, and knows a lowest rate") {
  nop::Plateau plateau({.initial = 1, .factor = 0.5, .patience = 0, .cooldown = 2, .lowest = 0.3});
  std::vector<double> seen;
  for (int epoch = 0; epoch < 8; ++epoch) {
    plateau.observe(1);
    seen.push_back(plateau.rate());
  }
  CHECK(seen == std::vector<double>{1, 0.5, 0.5, 0.5, 0.3, 0.3, 0.3, 0.3});
}

TEST_CASE("a plateau goes on from a saved state") {
  const nop::Plateau::Config config{.initial = 1, .factor = 0.5, .patience = 1};
  nop::Plateau whole(config);
  for (const double loss : {3.0, 3.0}) whole.observe(loss);
  nop::Plateau part(config, whole.state());
  whole.observe(3);
  part.observe(3);
  CHECK(whole.rate() == 0.5);
  CHECK(part.rate() == 0.5);
  CHECK_THROWS_AS(nop::Plateau({.initial = 1, .factor = 1}), nop::PreconditionError);
}

TEST_CASE("a loss that is no number counts as one that has not fallen") {
  nop::Plateau plateau({.initial = 1, .factor = 0.5, .patience = 0});
  plateau.observe(std::nan(""));
  CHECK(plateau.rate() == 0.5);
}

TEST_CASE("schedules without a time scale are refused") {
  CHECK_THROWS_AS((void)(nop::StepDecay{.initial = 1, .every = 0}(1)), nop::PreconditionError);
  CHECK_THROWS_AS((void)(nop::CosineDecay{.initial = 1, .period = 0}(1)), nop::PreconditionError);
}

}  // namespace

}  // namespace nop::test::schedule_test
