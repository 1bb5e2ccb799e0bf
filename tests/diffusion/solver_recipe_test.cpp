// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/error.hpp>
#include <nop/diffusion/schedules.hpp>
#include <nop/diffusion/solver_recipe.hpp>
#include <nop/diffusion/time_grid.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace nop::test::solver_recipe_test {
namespace {

Recipe recipe(const nop::SolverConfig& config, std::size_t steps,
              Parameterisation model = Parameterisation::eps) {
  const auto schedule = nop::linear_schedule();
  return write_recipe(config, schedule, make_time_grid(TimeGrid::lambda, schedule, steps), model);
}

/// How often the model is asked in each step.
std::vector<std::size_t> evaluations(const Recipe& written) {
  std::vector<std::size_t> counts;
  std::size_t field = 0;
  for (const auto& stop : written.stops()) {
    std::size_t count = 0;
    for (; field < stop.field; ++field)
      count += std::holds_alternative<Recipe::Ask>(written.instructions()[field]);
    counts.push_back(count);
  }
  counts.erase(counts.begin());  // the noise to begin with
  return counts;
}

}  // namespace

TEST_CASE("a recipe stops at every time of its grid") {
  const auto schedule = nop::linear_schedule();
  const auto times    = make_time_grid(TimeGrid::quadratic, schedule, 5);
  for (const auto& name : nop::solver_names()) {
    CAPTURE(name);
    auto config = solver_named(name);
    config.mean_square_eps.assign(5, 0.9);
    const auto written = write_recipe(config, schedule, times, Parameterisation::v);
    REQUIRE(written.stops().size() == 6);
    for (std::size_t i = 0; i < 6; ++i) CHECK(written.stops()[i].time == times[i]);
    CHECK((written.draws() > 0) ==
          (config.eta > 0 || config.variance != nop::ReverseVariance::none));
  }
}

TEST_CASE("a model is asked as often as a solver's order says") {
  using Counts = std::vector<std::size_t>;
  CHECK(evaluations(recipe(solver_named("ddim"), 3)) == Counts{1, 1, 1});
  CHECK(evaluations(recipe(solver_named("dpm3"), 2)) == Counts{3, 3});
  CHECK(evaluations(recipe(solver_named("dpm++2s"), 2)) == Counts{2, 2});
  CHECK(evaluations(recipe(solver_named("dpm++3m"), 4)) == Counts{1, 1, 1, 1});
  CHECK(evaluations(recipe(solver_named("rk4"), 2)) == Counts{4, 4});
  auto heun      = solver_named("heun");
  heun.clean_end = true;
  CHECK(evaluations(recipe(heun, 3)) == Counts{2, 2, 1});  // 2 N - 1 of EDM
}

TEST_CASE("the fast DPM-Solver spends exactly what it is given") {
  using Counts       = std::vector<std::size_t>;
  const auto fast_of = [](std::size_t n) {
    return evaluations(recipe({.method = Method::dpm_fast, .evaluations = n}, n / 3 + 1));
  };
  CHECK(fast_of(10) == Counts{3, 3, 3, 1});
  CHECK(fast_of(11) == Counts{3, 3, 3, 2});
  CHECK(fast_of(12) == Counts{3, 3, 3, 2, 1});
  CHECK(fast_of(2) == Counts{2});
  CHECK(fast_of(3) == Counts{2, 1});
  CHECK(evaluations(recipe(solver_named("dpm-fast"), 4)) == Counts{3, 3, 3, 1});
  CHECK_THROWS_WITH_AS(recipe({.method = Method::dpm_fast, .evaluations = 10}, 5),
                       "Solver: expected 4 steps for 10 evaluations of dpm_fast, got 5",
                       nop::PreconditionError);
}

TEST_CASE("whatever the solver, a clean end is what the model says of the data") {
  const auto schedule = nop::linear_schedule();
  const std::vector<double> to_zero{1, 0.5, 0};
  for (const auto& name : nop::solver_names()) {
    auto config = solver_named(name);
    if (config.variance != nop::ReverseVariance::none) continue;
    CAPTURE(name);
    // a model of x_0 has said it: the result is its last answer
    const auto ends_with_answer = [](const Recipe& written) {
      return written.stops().back().field == written.instructions().size() &&
             std::holds_alternative<Recipe::Ask>(written.instructions().back());
    };
    CHECK(ends_with_answer(write_recipe(config, schedule, to_zero, Parameterisation::x0)));
    CHECK_FALSE(ends_with_answer(recipe(config, 3, Parameterisation::x0)));
    config.clean_end = true;
    CHECK(ends_with_answer(recipe(config, 3, Parameterisation::x0)));
  }
}

TEST_CASE("DDIM turns by the angle between two times") {
  const auto schedule = nop::cosine_schedule();
  const auto written =
      write_recipe(solver_named("ddim"), schedule, std::vector{0.7, 0.4}, Parameterisation::v);
  const double angle = schedule(0.7).phi() - schedule(0.4).phi();
  const auto& terms  = std::get<Recipe::Combine>(written.instructions().back()).form.terms();
  REQUIRE(terms.size() == 2);
  CHECK(terms[0].factor == doctest::Approx(std::cos(angle)).epsilon(1e-14));
  CHECK(terms[1].factor == doctest::Approx(-std::sin(angle)).epsilon(1e-14));
}

TEST_CASE("times and orders that suit no solver are refused") {
  const auto schedule = nop::linear_schedule();
  const auto write    = [&](const nop::SolverConfig& config, const std::vector<double>& times) {
    return write_recipe(config, schedule, times, Parameterisation::eps);
  };
  CHECK_THROWS_WITH_AS(write(solver_named("ddim"), {1}),
                       "Solver: expected at least two times, got 1", nop::PreconditionError);
  CHECK_THROWS_WITH_AS(write(solver_named("ddim"), {0.5, 0.6}),
                       "Solver: expected decreasing times, got 0.5 and then 0.6",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(write(solver_named("ddim"), {1.5, 0.6}),
                       "Schedule: expected a time in [0, 1], got 1.5", nop::PreconditionError);
  CHECK_THROWS_WITH_AS(write({.method = Method::dpm, .order = 4}, {1, 0.5}),
                       "Solver: expected an order from 1 to 3, got 4", nop::PreconditionError);
  CHECK_THROWS_WITH_AS(write({.method = Method::tab, .order = 5}, {1, 0.5}),
                       "Solver: expected an order from 0 to 3, got 5", nop::PreconditionError);
  CHECK_THROWS_WITH_AS(write({.eta = 1.5}, {1, 0.5}), "Solver: expected eta in [0, 1], got 1.5",
                       nop::PreconditionError);
  const auto from_nothing = nop::iddpm_schedule();
  for (const std::string& name : nop::solver_names()) {
    CAPTURE(name);
    auto config            = solver_named(name);
    config.mean_square_eps = {0.5, 0.5};
    const auto begin       = [&] {
      (void)write_recipe(config, from_nothing, std::vector{1.0, 0.5, 0.0}, Parameterisation::x0);
    };
    switch (config.method) {
      case Method::ddim:
      case Method::dpmpp_multistep:
      case Method::runge_kutta:
        CHECK_NOTHROW(begin());
        break;
      default:
        if (name == "dpm++1")
          CHECK_NOTHROW(begin());
        else
          CHECK_THROWS_AS(begin(), nop::PreconditionError);
    }
  }
  CHECK_THROWS_WITH_AS(write(solver_named("analytic-ddim"), {1, 0.5}),
                       "Solver: expected mean_square_eps of each of 1 steps, got 0",
                       nop::PreconditionError);
}

}  // namespace nop::test::solver_recipe_test
