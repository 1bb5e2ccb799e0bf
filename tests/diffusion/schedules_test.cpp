// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/enumerator.hpp>
#include <nop/core/error.hpp>
#include <nop/diffusion/schedules.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>

namespace nop::test::schedules_test {
namespace {

template <class Visit>
void for_each_schedule(const Visit& visit) {
  for (const auto which :
       {NoiseSchedule::cosine, NoiseSchedule::linear, NoiseSchedule::ddpm, NoiseSchedule::iddpm}) {
    CAPTURE(nop::enumerator_name(which));
    visit(nop::make_schedule(which));
  }
}

double log_alpha(const Schedule& schedule, double t) { return std::log(schedule(t).alpha); }

}  // namespace

TEST_CASE("variances are preserved, and noise grows with time") {
  for_each_schedule([](const Schedule& schedule) {
    double before = std::numeric_limits<double>::infinity();
    for (double t = 0.001; t < 0.999; t += 0.001) {
      const auto at = schedule(t);
      CHECK(at.alpha * at.alpha + at.sigma * at.sigma == doctest::Approx(1).epsilon(1e-15));
      CHECK(at.lambda < before);
      before = at.lambda;
    }
  });
}

TEST_CASE("a level's time is found again") {
  for_each_schedule([](const Schedule& schedule) {
    for (double t = schedule.first(); t <= schedule.last(); t += 0.00731) {
      CAPTURE(t);
      const auto there = schedule.at_lambda(schedule(t).lambda);
      CHECK(there.time == doctest::Approx(t).epsilon(1e-11));
      CHECK(there.alpha == schedule(t).alpha);
    }
    CHECK(schedule.at_lambda(schedule(schedule.last()).lambda).time ==
          doctest::Approx(schedule.last()).epsilon(1e-14));
  });
}

TEST_CASE("beta is how fast alpha falls") {
  for_each_schedule([](const Schedule& schedule) {
    for (double t = 0.00505; t < 0.99; t += 0.01) {  // between the nodes of a discrete one
      constexpr double step = 1e-5;
      const double slope =
          (log_alpha(schedule, t + step) - log_alpha(schedule, t - step)) / (2 * step);
      CHECK(schedule.beta(t) == doctest::Approx(-2 * slope).epsilon(1e-4));
    }
  });
}

TEST_CASE("the angle of the cosine schedule grows evenly from one bound to the other") {
  const auto schedule = nop::cosine_schedule();
  CHECK(2 * schedule(0).lambda == doctest::Approx(20).epsilon(1e-14));
  CHECK(2 * schedule(1).lambda == doctest::Approx(-20).epsilon(1e-14));
  CHECK(schedule(0.5).lambda == doctest::Approx(0));
  CHECK(schedule(0.5).phi() == doctest::Approx(std::numbers::pi / 4).epsilon(1e-15));
  const double a = schedule(1).phi() - schedule(0).phi();
  CHECK(a == doctest::Approx(1.5707055).epsilon(1e-7));
  for (const double t : {0.1, 0.3, 0.8}) {
    CHECK(schedule(t).phi() == doctest::Approx(schedule(0).phi() + a * t).epsilon(1e-14));
    CHECK(schedule.beta(t) == doctest::Approx(2 * a * std::tan(schedule(t).phi())).epsilon(1e-12));
    // Time backwards exchanges data and noise.
    CHECK(schedule(1 - t).alpha == doctest::Approx(schedule(t).sigma).epsilon(1e-14));
  }
  const auto lopsided = nop::cosine_schedule({.least_log_snr = -12, .largest_log_snr = 8});
  CHECK(2 * lopsided(0).lambda == doctest::Approx(8).epsilon(1e-14));
  CHECK(2 * lopsided(1).lambda == doctest::Approx(-12).epsilon(1e-14));
}

TEST_CASE("the linear schedule keeps its digits where alpha is nearly 1") {
  const auto schedule = nop::linear_schedule();
  CHECK(schedule(1).alpha / std::exp(-19.9 / 4 - 0.05) == doctest::Approx(1).epsilon(1e-14));
  // sigma^2 = 1 - exp(-y) = y - y^2/2 + ... with y = t^2 (b1 - b0)/2 + t b0
  const double t = 1e-7, y = t * t * 19.9 / 2 + t * 0.1;
  CHECK(schedule(t).sigma / std::sqrt(y - y * y / 2) == doctest::Approx(1).epsilon(1e-14));
  CHECK(schedule(0).sigma == 0);
  CHECK(schedule(0).alpha == 1);
  CHECK(schedule.beta(0.5) == doctest::Approx(10.05));
  CHECK(schedule.first() == 1e-3);
}

TEST_CASE("after each step of DDPM, alpha is the product that its definition says") {
  const auto schedule = nop::ddpm_schedule();
  double product      = 1;
  for (std::size_t n = 0; n < 1000; ++n) {
    const double beta = 1e-4 + (0.02 - 1e-4) * static_cast<double>(n) / 999;
    product *= 1 - beta;
    const auto at = schedule(static_cast<double>(n + 1) / 1000);
    REQUIRE(at.alpha * at.alpha / product == doctest::Approx(1).epsilon(1e-12));
    REQUIRE(at.sigma * at.sigma / (1 - product) == doctest::Approx(1).epsilon(1e-12));
  }
  CHECK(schedule(0).sigma == 0);
  CHECK(schedule.first() == 1e-3);
  // Nearly the continuous schedule with beta from 0.1 to 20.
  CHECK(schedule(0.5).lambda == doctest::Approx(nop::linear_schedule()(0.5).lambda).epsilon(0.01));
}

TEST_CASE("the cosine schedule of improved DDPM is a ratio of two squared cosines") {
  const auto schedule = nop::iddpm_schedule();
  const auto f        = [](double t) {
    return std::pow(std::cos((t + 0.008) / 1.008 * std::numbers::pi / 2), 2);
  };
  for (const double t : {0.001, 0.01, 0.2, 0.5, 0.9, 0.9946}) {
    const auto at = schedule(t);
    CHECK(at.alpha * at.alpha / (f(t) / f(0)) == doctest::Approx(1).epsilon(1e-12));
  }
  CHECK(schedule(0).sigma == 0);
  // Where a step of 1/1000 would multiply alpha^2 by less than 1 - 0.999.
  CHECK(f(schedule.last()) / f(schedule.last() - 0.001) > 0.001);
}

TEST_CASE("schedules that run backwards are refused") {
  CHECK_THROWS_WITH_AS(nop::linear_schedule({.beta_0 = 20, .beta_1 = 0.1}),
                       "linear_schedule: expected 0 < beta_0 < beta_1, got 20 and 0.1",
                       nop::PreconditionError);
  CHECK_THROWS_AS(nop::cosine_schedule({.least_log_snr = 5, .largest_log_snr = 4}),
                  nop::PreconditionError);
  CHECK_THROWS_WITH_AS(nop::discrete_schedule({0.1, 1.5}),
                       "discrete_schedule: expected variances in (0, 1), got 1.5",
                       nop::PreconditionError);
  CHECK_THROWS_AS(nop::discrete_schedule({0.1}), nop::PreconditionError);
}

TEST_CASE("schedules have names") {
  CHECK(nop::enumerator_named<NoiseSchedule>("test", "iddpm") == NoiseSchedule::iddpm);
  CHECK_THROWS_AS(nop::enumerator_named<NoiseSchedule>("test", "cubic"), nop::PreconditionError);
}

}  // namespace nop::test::schedules_test
