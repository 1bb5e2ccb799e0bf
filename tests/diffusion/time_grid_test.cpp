// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/enumerator.hpp>
#include <nop/core/error.hpp>
#include <nop/diffusion/schedules.hpp>
#include <nop/diffusion/time_grid.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace nop::test::time_grid_test {
namespace {

/// The distances of a function of the times are the same.
template <class F>
void check_even(TimeGrid grid, const Schedule& schedule, const F& f) {
  const auto times = make_time_grid(grid, schedule, 7);
  REQUIRE(times.size() == 8);
  CHECK(times.front() == schedule.last());
  CHECK(times.back() == schedule.first());
  const double distance = (f(times.back()) - f(times.front())) / 7;
  for (std::size_t i = 1; i < times.size(); ++i)
    CHECK((f(times[i]) - f(times[i - 1])) / distance == doctest::Approx(1).epsilon(1e-10));
}

}  // namespace

TEST_CASE("the states of an operator are at a grid's times but for that of the noise") {
  const auto schedule = cosine_schedule();
  CHECK(state_times(TimeGrid::quadratic, schedule, 4) == std::vector{0.5625, 0.25, 0.0625, 0.0});
  CHECK(state_times(TimeGrid::uniform, schedule, 2) == std::vector{0.5, 0.0});
  CHECK(state_times(TimeGrid::quadratic, schedule, 1) == std::vector{0.0});
  CHECK_THROWS_AS(state_times(TimeGrid::uniform, schedule, 0), PreconditionError);
}

TEST_CASE("times are even in what their grid is named after") {
  for (const auto& schedule : {nop::cosine_schedule(), nop::linear_schedule()}) {
    check_even(TimeGrid::uniform, schedule, [](double t) { return t; });
    check_even(TimeGrid::quadratic, schedule, [](double t) { return std::sqrt(t); });
    check_even(TimeGrid::lambda, schedule, [&](double t) { return schedule(t).lambda; });
    check_even(TimeGrid::phi, schedule, [&](double t) { return schedule(t).phi(); });
  }
}

TEST_CASE("every grid goes down from the last time on, on every schedule that reaches so far") {
  for (const auto which :
       {NoiseSchedule::cosine, NoiseSchedule::linear, NoiseSchedule::ddpm, NoiseSchedule::iddpm})
    for (std::size_t grid = 0; grid < enumerator_names(TimeGrid{}).size(); ++grid)
      for (const std::size_t steps : {1U, 2U, 5U, 10U, 50U}) {
        CAPTURE(nop::enumerator_name(which));
        CAPTURE(nop::enumerator_name(static_cast<TimeGrid>(grid)));
        CAPTURE(steps);
        const auto times =
            make_time_grid(static_cast<TimeGrid>(grid), nop::make_schedule(which), steps);
        REQUIRE(times.size() == steps + 1);
        CHECK(times.front() <= 1);
        CHECK(times.back() >= 0);
        for (std::size_t i = 1; i < times.size(); ++i) CHECK(times[i] < times[i - 1]);
      }
}

TEST_CASE("the grid of EDM is that of its paper") {
  const auto schedule = nop::linear_schedule();
  const auto times    = make_time_grid(TimeGrid::karras, schedule, 18);
  for (std::size_t i = 0; i < 18; ++i) {
    const double a = std::pow(80, 1.0 / 7), b = std::pow(0.002, 1.0 / 7);
    const double ratio = std::pow(a + static_cast<double>(i) / 17 * (b - a), 7);
    CHECK(schedule(times[i]).noise_ratio() / ratio == doctest::Approx(1).epsilon(1e-9));
  }
  CHECK(times.back() == 0);
}

TEST_CASE("STEP takes some of a thousand steps") {
  const auto in_steps = [](TimeGrid grid, std::size_t steps) {
    std::vector<long> numbers;
    for (const double t : make_time_grid(grid, nop::ddpm_schedule(), steps))
      numbers.push_back(std::lround(t * 1000) - 1);
    return numbers;
  };
  // floor(i 999 / 4) and floor(800 (i / 4)^2), then -1 for the data
  CHECK(in_steps(TimeGrid::step, 5) == std::vector<long>{999, 749, 499, 249, 0, -1});
  CHECK(in_steps(TimeGrid::step_quadratic, 5) == std::vector<long>{800, 450, 200, 50, 0, -1});
}

TEST_CASE("VAR takes steps whose variances grow as it says") {
  const auto schedule = nop::ddpm_schedule();
  for (const auto grid : {TimeGrid::var, TimeGrid::var_quadratic}) {
    const auto times = make_time_grid(grid, schedule, 10);
    std::vector<double> growth;  // of the variance, from the data on, or of its root
    double before = 1;
    for (std::size_t i = 10; i-- > 0;) {
      const double alpha_squared = std::pow(schedule(times[i]).alpha, 2);
      const double beta          = 1 - alpha_squared / before;
      growth.push_back(grid == TimeGrid::var ? beta : std::sqrt(beta));
      before = alpha_squared;
    }
    CHECK(std::pow(growth[0], grid == TimeGrid::var ? 1 : 2) ==
          doctest::Approx(1e-4).epsilon(1e-9));
    for (std::size_t i = 2; i < growth.size(); ++i)
      CHECK((growth[i] - growth[i - 1]) / (growth[1] - growth[0]) ==
            doctest::Approx(1).epsilon(1e-7));
    CHECK(times.front() == 1);
  }
}

TEST_CASE("grids that cannot be made are refused") {
  CHECK_THROWS_WITH_AS(make_time_grid(TimeGrid::uniform, nop::cosine_schedule(), 0),
                       "make_time_grid: expected at least one step, got none",
                       nop::PreconditionError);
  const auto to_zero = nop::linear_schedule({.first = 0});
  CHECK_THROWS_WITH_AS(make_time_grid(TimeGrid::lambda, to_zero, 4),
                       "make_time_grid: expected some noise at the first time, got none",
                       nop::PreconditionError);
  const auto narrow = nop::cosine_schedule({.least_log_snr = -2, .largest_log_snr = 2});
  CHECK_THROWS_AS(make_time_grid(TimeGrid::karras, narrow, 4), nop::PreconditionError);
  CHECK_THROWS_WITH_AS(make_time_grid(TimeGrid::step, nop::ddpm_schedule(), 1001),
                       "make_time_grid: expected at most 1000 steps, got 1001",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(make_time_grid(TimeGrid::var, narrow, 30000),
                       "make_time_grid: expected fewer steps than would be as small as the first "
                       "one, got 30000",
                       nop::PreconditionError);
}

TEST_CASE("times to train at are spread evenly") {
  const auto times = nop::stratified_times(8, nop::RandomStream(1, 0));
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK(times[i] * 8 >= static_cast<double>(i));
    CHECK(times[i] * 8 < static_cast<double>(i + 1));
  }
}

}  // namespace nop::test::time_grid_test
