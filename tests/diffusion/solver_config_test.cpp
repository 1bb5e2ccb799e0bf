// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/error.hpp>
#include <nop/diffusion/schedules.hpp>
#include <nop/diffusion/solver_config.hpp>
#include <nop/diffusion/solver_recipe.hpp>
#include <nop/diffusion/time_grid.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace nop::test::solver_config_test {

TEST_CASE("solvers are asked for by name") {
  CHECK(solver_named("dpm++2m").method == Method::dpmpp_multistep);
  CHECK(solver_named("dpm++2m").order == 2);
  CHECK(solver_named("tab3").order == 3);
  CHECK(solver_named("ddpm").eta == 1);
  CHECK(solver_named("sn-ddim").variance == nop::ReverseVariance::sn);
  for (const auto& name : nop::solver_names()) CHECK_NOTHROW(solver_named(name));
  CHECK_THROWS_WITH_AS(solver_named("euler"),
                       doctest::Contains("solver_named: expected ddim, ddpm, dpm1"),
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(solver_named("euler"), doctest::Contains("or npr-ddim, got euler"),
                       nop::PreconditionError);
}

TEST_CASE("as many steps are taken as evaluations allow, and no more") {
  const auto schedule = nop::linear_schedule();
  for (const auto& name : nop::solver_names())
    for (const bool clean : {false, true})
      for (const std::size_t evaluations : {4U, 5U, 6U, 7U, 10U, 21U}) {
        CAPTURE(name);
        CAPTURE(clean);
        CAPTURE(evaluations);
        auto config           = solver_named(name);
        config.clean_end      = clean;
        const auto spent_with = [&](std::size_t steps) {
          if (config.variance == nop::ReverseVariance::analytic)
            config.mean_square_eps.assign(steps, 1);
          const auto times = nop::make_time_grid(nop::TimeGrid::lambda, schedule, steps);
          return nop::write_recipe(config, schedule, times, nop::Parameterisation::x0)
              .evaluations();
        };
        const std::size_t steps = steps_within(config, evaluations);
        if (config.method == Method::dpm_fast) {
          config.evaluations = evaluations;
          CHECK(spent_with(steps) <= evaluations);
          if (!clean) CHECK(spent_with(steps) == evaluations);
        } else {
          CHECK(spent_with(steps) <= evaluations);
          CHECK(spent_with(steps + 1) > evaluations);
        }
      }
  CHECK_THROWS_WITH_AS(steps_within(solver_named("heun"), 1),
                       "steps_within: expected enough evaluations for a step, got 1",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(steps_within({.method = Method::dpm, .order = 0}, 10),
                       "steps_within: expected an order of at least 1, got 0",
                       nop::PreconditionError);
}

}  // namespace nop::test::solver_config_test
