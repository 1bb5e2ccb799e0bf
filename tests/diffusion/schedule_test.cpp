// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/error.hpp>
#include <nop/diffusion/schedule.hpp>

#include <doctest/doctest.h>

#include <cmath>

namespace nop::test::schedule_test {
namespace {

/// lambda = 3 - 6 t, whose other functions are simple enough to be written down.
Schedule line(double first = 0, double last = 1) {
  return Schedule({.lambda  = [](double t) { return 3 - 6 * t; },
                   .beta    = [](double t) { return 12 / (1 + std::exp(6 - 12 * t)); },
                   .time_at = [](double lambda) { return (3 - lambda) / 6; },
                   .first   = first,
                   .last    = last});
}

}  // namespace

TEST_CASE("a schedule is three functions that somebody writes down") {
  const auto schedule = line(0.1, 0.9);
  CHECK(schedule(0.25).lambda == 1.5);
  CHECK(schedule(0.25).time == 0.25);
  CHECK(schedule(0.5).alpha == doctest::Approx(std::sqrt(0.5)));
  CHECK(schedule.beta(0.5) == 6);
  CHECK(schedule.first() == 0.1);
  CHECK(schedule.last() == 0.9);
  CHECK(schedule.at_lambda(1.5).time == 0.25);
  CHECK(schedule.at_phi(schedule(0.7).phi()).time == doctest::Approx(0.7).epsilon(1e-14));
}

TEST_CASE("a rounding past an end is the end") {
  CHECK(line().at_lambda(3 + 1e-13).time == 0);
  CHECK(line().at_lambda(-3 - 1e-13).time == 1);
}

TEST_CASE("what lies outside of a schedule is refused") {
  CHECK_THROWS_WITH_AS((void)line()(1.5), "Schedule: expected a time in [0, 1], got 1.5",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS((void)line().beta(-1), "Schedule: expected a time in [0, 1], got -1",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS((void)line().at_lambda(4), "Schedule: expected a lambda in [-3, 3], got 4",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(line(0.5, 0.5), "Schedule: expected 0 <= first < last <= 1, got 0.5 and 0.5",
                       nop::PreconditionError);
}

}  // namespace nop::test::schedule_test
