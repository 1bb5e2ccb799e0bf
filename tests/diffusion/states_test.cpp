// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/core/rng.hpp>
#include <nop/diffusion/gaussian_data.hpp>
#include <nop/diffusion/noise.hpp>
#include <nop/diffusion/schedules.hpp>
#include <nop/diffusion/states.hpp>
#include <nop/diffusion/time_grid.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace nop::test::states_test {
namespace {

TEST_CASE("stops are put among the times once each") {
  CHECK(with_stops({1, 0.5, 0}, std::vector{0.25, 0.5, 0.75}) ==
        std::vector{1.0, 0.75, 0.5, 0.25, 0.0});
}

TEST_CASE("the states on the way are those of the exact flow") {
  const std::vector<double> means{0.5, -1.0}, deviations{0.4, 0.8}, kept{0.5625, 0.25, 0.0625, 0};
  const GaussianData<double, Cpu> data(means, deviations);
  const auto schedule = cosine_schedule();
  const auto times    = with_stops(make_time_grid(TimeGrid::uniform, schedule, 64), kept);
  const Solver solver(solver_named("rk4"), schedule, times, Parameterisation::x0);
  const auto noise  = normal_noise<double, Cpu>(Shape{7, 2}, RandomStream(1, 0));
  const auto model  = [&](const auto& x, double t) { return data.denoised(x, schedule(t)); };
  const auto states = states_at(kept, solver, model, noise);
  REQUIRE(states.shape() == Shape<3>{7, 4, 2});
  for (std::size_t step = 0; step < 4; ++step) {
    const auto exact = data.flow(noise, schedule(1), schedule(kept[step]));
    for (std::size_t i = 0; i < 7; ++i)
      for (std::size_t c = 0; c < 2; ++c)
        CHECK(states.view()(i, step, c) ==
              doctest::Approx(exact.view()(i, c)).epsilon(2e-5).scale(1));
  }
  const auto end = solver(model, noise);
  for (std::size_t i = 0; i < 7; ++i) CHECK(states.view()(i, 3, 1) == end.view()(i, 1));
}

TEST_CASE("a time at which the solver does not stop is refused") {
  const auto schedule = cosine_schedule();
  const Solver solver(solver_named("ddim"), schedule, std::vector{1.0, 0.5, 0.0},
                      Parameterisation::x0);
  const auto noise = normal_noise<double, Cpu>(Shape{2, 2}, RandomStream(1, 0));
  const auto model = [](const auto& x, double) { return x; };
  CHECK_THROWS_WITH_AS(states_at(std::vector{0.5, 0.25}, solver, model, noise),
                       "states_at: expected times at which the solver stops, got 0.25",
                       PreconditionError);
  CHECK(states_at(std::vector{1.0}, solver, model, noise).to_host() == noise.to_host());
}

}  // namespace
}  // namespace nop::test::states_test
