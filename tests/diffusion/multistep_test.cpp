// SPDX-License-Identifier: BSD-3-Clause
#include <nop/diffusion/multistep.hpp>

#include "solver_cases.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>

namespace nop::test::multistep_test {

TEST_CASE("solvers of many steps make the errors that others measured") {
  struct Row {
    const char* name;
    double at_20, at_80, at_320;
  };
  const GaussianProblem problem;
  for (const Row& row :
       {Row{"dpm++2m", 8.6e-3, 5.9e-4, 3.7e-5}, Row{"dpm++3m", 1.9e-3, 7.2e-6, 2.6e-8},
        Row{"tab1", 2.5e-2, 1.9e-3, 1.2e-4}, Row{"tab2", 9.5e-3, 2.1e-4, 3.6e-6},
        Row{"tab3", 3.6e-3, 3.3e-5, 1.6e-7}}) {
    CAPTURE(std::string(row.name));
    CHECK(problem.error(full_order(row.name), 20) / row.at_20 == doctest::Approx(1).epsilon(0.03));
    CHECK(problem.error(full_order(row.name), 80) / row.at_80 == doctest::Approx(1).epsilon(0.03));
    CHECK(problem.error(full_order(row.name), 320) / row.at_320 ==
          doctest::Approx(1).epsilon(0.03));
  }
}

TEST_CASE("solvers of many steps have the order they are named for") {
  struct Expected {
    const char* name;
    double order;
  };
  const GaussianProblem gaussian;
  const MixtureProblem mixture;
  for (const Expected& solver :
       {Expected{"dpm++2m", 2}, Expected{"dpm++3m", 3}, Expected{"tab0", 1}, Expected{"tab1", 2},
        Expected{"tab2", 3}, Expected{"tab3", 4}, Expected{"rhoab0", 1}, Expected{"rhoab1", 2},
        Expected{"rhoab2", 3}, Expected{"rhoab3", 4}, Expected{"ipndm", 2}}) {
    CAPTURE(std::string(solver.name));
    const auto config = full_order(solver.name);
    CHECK(order([&](std::size_t n) { return gaussian.error(config, n); }) > solver.order - 0.4);
    CHECK(order([&](std::size_t n) { return mixture.error(config, n, TimeGrid::lambda); }) >
          solver.order - 0.4);
  }
}

TEST_CASE("with no more than the first answer, all of them are DDIM") {
  for (const auto grid : {TimeGrid::lambda, TimeGrid::quadratic})
    for (const std::size_t steps : {4U, 20U, 80U}) {
      const GaussianProblem problem;
      const double ddim = problem.error(solver_named("ddim"), steps, grid);
      for (const char* const name : {"dpm1", "dpm++1", "tab0", "rhoab0"}) {
        CAPTURE(std::string(name));
        CHECK(std::abs(problem.error(solver_named(name), steps, grid) - ddim) < 5e-15);
      }
      CHECK(std::abs(
                problem.error({.method = nop::Method::dpmpp_multistep, .order = 1}, steps, grid) -
                ddim) < 5e-15);
    }
}

TEST_CASE("with ten evaluations, higher orders are closer") {
  const MixtureProblem problem;
  const auto error = [&](const nop::SolverConfig& config) {
    return problem.error(config, nop::steps_within(config, 10), TimeGrid::quadratic);
  };
  const double ddim = error(solver_named("ddim"));
  const double two  = error(solver_named("dpm++2m"));
  CHECK(ddim > 0.05);
  CHECK(two < ddim / 2);
  CHECK(two < error(full_order("dpm++2m")));  // a last step of order 1 is the better one
  CHECK(error(solver_named("dpm3")) < ddim);
  CHECK(error(solver_named("tab3")) < ddim / 4);
  CHECK(error(solver_named("ipndm")) < ddim / 4);
}

TEST_CASE("the last step of an even grid in time should be one of order 1") {
  const MixtureProblem problem;
  CHECK(problem.error(solver_named("dpm++2m"), 10, TimeGrid::uniform) <
        problem.error(full_order("dpm++2m"), 10, TimeGrid::uniform) / 2);
}

}  // namespace nop::test::multistep_test
