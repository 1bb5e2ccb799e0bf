// SPDX-License-Identifier: BSD-3-Clause
#include <nop/diffusion/singlestep.hpp>

#include "solver_cases.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>

namespace nop::test::singlestep_test {
namespace {

struct Row {
  const char* name;
  double at_20, at_80, at_320;  // errors of an independent implementation
};

}  // namespace

TEST_CASE("solvers of one step make the errors that others measured") {
  const GaussianProblem problem;
  for (const Row& row :
       {Row{"ddim", 7.4e-2, 1.9e-2, 4.9e-3}, Row{"dpm2", 1.0e-2, 6.0e-4, 3.7e-5},
        Row{"dpm3", 1.2e-4, 1.5e-6, 2.1e-8}, Row{"dpm++2s", 8.6e-3, 5.8e-4, 3.7e-5},
        Row{"heun", 2.1e-2, 1.2e-3, 7.4e-5}}) {
    CAPTURE(std::string(row.name));
    CHECK(problem.error(solver_named(row.name), 20) / row.at_20 ==
          doctest::Approx(1).epsilon(0.03));
    CHECK(problem.error(solver_named(row.name), 80) / row.at_80 ==
          doctest::Approx(1).epsilon(0.03));
    CHECK(problem.error(solver_named(row.name), 320) / row.at_320 ==
          doctest::Approx(1).epsilon(0.03));
  }
}

TEST_CASE("solvers of one step have the order they are named for, on any problem and schedule") {
  struct Expected {
    const char* name;
    double order;
  };
  const GaussianProblem linear,
      cosine(nop::cosine_schedule({.least_log_snr = -7, .largest_log_snr = 7}));
  const MixtureProblem mixture;
  for (const Expected& solver :
       {Expected{"ddim", 1}, Expected{"dpm1", 1}, Expected{"dpm2", 2}, Expected{"dpm3", 3},
        Expected{"dpm++1", 1}, Expected{"dpm++2s", 2}, Expected{"heun", 2}, Expected{"rk4", 4}}) {
    CAPTURE(std::string(solver.name));
    const auto config = solver_named(solver.name);
    const auto grid =
        config.method == nop::Method::runge_kutta ? TimeGrid::quadratic : TimeGrid::lambda;
    CHECK(order([&](std::size_t n) { return linear.error(config, n, grid); }) > solver.order - 0.3);
    CHECK(order([&](std::size_t n) { return cosine.error(config, n); }) > solver.order - 0.3);
    CHECK(order([&](std::size_t n) { return mixture.error(config, n, grid); }) >
          solver.order - 0.3);
  }
}

TEST_CASE("the classical rule is so close at 128 equal angles that others are measured by it") {
  const GaussianProblem problem(nop::cosine_schedule());
  CHECK(problem.error(solver_named("rk4"), 128, TimeGrid::phi) < 1e-5);
}

}  // namespace nop::test::singlestep_test
