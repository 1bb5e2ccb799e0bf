// SPDX-License-Identifier: BSD-3-Clause
#include <nop/diffusion/mixture_data.hpp>
#include <nop/diffusion/solver.hpp>
#include <nop/ops/activation.hpp>
#include <nop/ops/elementwise.hpp>

#include "solver_cases.hpp"
#include "support/layer_battery.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>
#include <vector>

namespace nop::test::solver_test {
namespace {

const std::vector<double> means{0.3, -0.7, 1.1, 0, 2, -1}, deviations{0.2, 0.6, 1.3, 1, 0.5, 0.9};

/// The answers of a perfect model in any parameterisation.
template <class Data>
auto perfect(const Data& data, const nop::Schedule& schedule, Parameterisation as) {
  return [&data, &schedule, as](const auto& x, double t) {
    return nop::converted(x, data.denoised(x, schedule(t)), Parameterisation::x0, as, schedule(t));
  };
}

template <class Visit>
void for_each_solver(const Visit& visit) {
  for (const auto& name : nop::solver_names()) {
    CAPTURE(name);
    auto config = solver_named(name);
    config.mean_square_eps.assign(6, 0.9);
    if (config.variance == nop::ReverseVariance::none ||
        config.variance == nop::ReverseVariance::analytic)
      visit(config);
  }
}

}  // namespace

TEST_CASE("a solver does not care in which terms its model speaks") {
  const auto schedule = nop::cosine_schedule();
  const auto times    = nop::make_time_grid(nop::TimeGrid::uniform, schedule, 6);
  const GaussianData<double, Cpu> data(means, deviations);
  const auto x = nop::normal_noise<double, Cpu>(Shape{5, 2, 3}, nop::RandomStream(1, 0));
  for_each_solver([&](const Solver::Config& config) {
    const auto solve = [&](Parameterisation as) {
      nop::Rng rng(7);
      return Solver(config, schedule, times, as)(perfect(data, schedule, as), x, rng).to_host();
    };
    const auto expected = solve(Parameterisation::v);
    CHECK(worst_error(solve(Parameterisation::x0), expected) < 1e-8);
    CHECK(worst_error(solve(Parameterisation::eps), expected) < 1e-8);
  });
}

TEST_CASE("solvers are the same in either precision, on any backend and for any rank") {
  const auto schedule = nop::linear_schedule();
  const auto times    = nop::make_time_grid(nop::TimeGrid::lambda, schedule, 6);
  using Toy           = nop::test::ToyBackend;
  const GaussianData<double, Cpu> data(means, deviations);
  const GaussianData<float, Cpu> slim(means, deviations);
  const GaussianData<double, Toy> toy(means, deviations);
  const nop::RandomStream stream(1, 0);
  for_each_solver([&](const Solver::Config& config) {
    const Solver solver(config, schedule, times, Parameterisation::x0);
    const auto solve = [&](const auto& of, const auto& x) {
      nop::Rng rng(7);
      return solver(perfect(of, schedule, Parameterisation::x0), x, rng).to_host();
    };
    const auto expected = solve(data, nop::normal_noise<double, Cpu>(Shape{4, 6}, stream));
    CHECK(solve(data, nop::normal_noise<double, Cpu>(Shape{4, 1, 2, 3}, stream)) == expected);
    CHECK(solve(data, nop::normal_noise<double, Cpu>(Shape{4, 2, 1, 3, 1}, stream)) == expected);
    CHECK(worst_error(solve(toy, nop::normal_noise<double, Toy>(Shape{4, 2, 3}, stream)),
                      expected) < 1e-12);
    CHECK(worst_error(solve(slim, nop::normal_noise<float, Cpu>(Shape{4, 6}, stream)), expected) <
          1e-3);
  });
}

TEST_CASE("in single precision a model of x_0 is followed from where hardly any data are left") {
  const auto schedule = nop::cosine_schedule();
  const auto times    = nop::make_time_grid(nop::TimeGrid::uniform, schedule, 6);
  const GaussianData<float, Cpu> slim(means, deviations);
  const GaussianData<double, Cpu> wide(means, deviations);
  const nop::RandomStream stream(1, 0);
  for (const char* const name : {"ddim", "dpm1", "dpm++2s", "dpm++2m"}) {
    CAPTURE(std::string(name));
    const Solver solver(solver_named(name), schedule, times, Parameterisation::x0);
    const auto expected = solver(perfect(wide, schedule, Parameterisation::x0),
                                 nop::normal_noise<double, Cpu>(Shape{9, 6}, stream));
    const auto got      = solver(perfect(slim, schedule, Parameterisation::x0),
                                 nop::normal_noise<float, Cpu>(Shape{9, 6}, stream));
    CHECK(worst_error(got.to_host(), expected.to_host()) < 1e-5);
  }
}

TEST_CASE("the model is called as often as was foretold, and every state on the grid is shown") {
  const auto schedule = nop::linear_schedule();
  const auto times    = nop::make_time_grid(nop::TimeGrid::quadratic, schedule, 6);
  const GaussianData<double, Cpu> data(means, deviations);
  const auto x = nop::normal_noise<double, Cpu>(Shape{2, 6}, nop::RandomStream(1, 0));
  for_each_solver([&](const Solver::Config& config) {
    const Solver solver(config, schedule, times, Parameterisation::x0);
    std::size_t calls = 0;
    const auto model  = [&](const auto& y, double t) {
      ++calls;
      return data.denoised(y, schedule(t));
    };
    std::vector<nop::Tensor<double, 2, Cpu>> states;
    std::vector<double> seen;
    nop::Rng rng(7);
    const auto result = solver(model, x, rng, [&](const auto& state, double t) {
      states.push_back(state);
      seen.push_back(t);
    });
    CHECK(calls == solver.evaluations());
    CHECK(seen == times);
    CHECK(states.front().to_host() == x.to_host());
    CHECK(states.back().to_host() == result.to_host());
    // A state on the way is where a run that ends there ends.
    if (!solver.is_stochastic() && config.method != nop::Method::dpm_fast &&
        config.method != nop::Method::dpmpp_multistep) {
      const std::vector<double> half(times.begin(), times.begin() + 4);
      const Solver shorter(config, schedule, half, Parameterisation::x0);
      CHECK(shorter(model, x).to_host() == states[3].to_host());
    }
  });
}

TEST_CASE("noise is drawn from the generator, and the same for the same seed") {
  const auto schedule = nop::ddpm_schedule();
  const auto times    = nop::make_time_grid(nop::TimeGrid::step, schedule, 4);
  const GaussianData<double, Cpu> data(means, deviations);
  const auto x     = nop::normal_noise<double, Cpu>(Shape{2, 6}, nop::RandomStream(1, 0));
  const auto model = perfect(data, schedule, Parameterisation::eps);
  const Solver solver(solver_named("ddpm"), schedule, times, Parameterisation::eps);
  CHECK(solver.is_stochastic());
  nop::Rng rng(7), same(7);
  const auto first = solver(model, x, rng).to_host();
  CHECK(rng.state().next_stream == 3);  // three steps with noise, and the last one to the data
  CHECK(solver(model, x, same).to_host() == first);
  CHECK(solver(model, x, rng).to_host() != first);
  CHECK_THROWS_WITH_AS(solver(model, x),
                       "Solver: expected random numbers for a stochastic solver, got none",
                       nop::PreconditionError);
}

TEST_CASE("a solver on a tape can be pulled back") {
  const auto schedule = nop::cosine_schedule();
  const auto times    = nop::make_time_grid(nop::TimeGrid::uniform, schedule, 3);
  const auto model    = [](const auto& x, double t) { return nop::scale_by(nop::tanh(x), 1 + t); };
  const auto x        = nop::test::random_field(Shape{2, 3}, 1);
  for (const char* const name : {"ddim", "ddpm", "dpm2", "dpm++2m", "tab3", "rk4"}) {
    CAPTURE(std::string(name));
    const Solver solver(solver_named(name), schedule, times, Parameterisation::v);
    const auto solve = [&](const auto& noise) {
      nop::Rng rng(7);
      return solver(model, noise, rng);
    };
    nop::test::check_gradients(solve, x);
    nop::test::check_ways_to_call(solve, x);
  }
}

TEST_CASE("noise becomes a ring of bumps, as closely as others measured") {
  std::vector<float> centres;
  for (int i = 0; i < 8; ++i)
    for (const double phase : {0.5, 0.0})
      centres.push_back(static_cast<float>(1.4 * std::sin((i / 4.0 + phase) * std::numbers::pi)));
  const nop::MixtureData<float> ring(nop::Tensor<float, 2, Cpu>({8, 2}, centres), 0.12);
  nop::Rng rng{42};

  const auto schedule = nop::cosine_schedule();
  const auto times    = nop::make_time_grid(nop::TimeGrid::quadratic, schedule, 20);
  const nop::Solver solver(nop::solver_named("dpm++2m"), schedule, times,
                           nop::Parameterisation::x0);

  const auto model  = [&](const auto& x, double t) { return ring.denoised(x, schedule(t)); };
  const auto noise  = nop::normal_noise<float, nop::Cpu>(nop::Shape{4000, 2}, rng.stream());
  const auto points = solver(model, noise);

  const auto solved = [&](const char* name, nop::TimeGrid grid, std::size_t steps) {
    return Solver(solver_named(name), schedule, nop::make_time_grid(grid, schedule, steps),
                  Parameterisation::x0)(model, noise)
        .to_host();
  };
  const auto exact = solved("rk4", nop::TimeGrid::phi, 128);
  const auto error = [&](const std::vector<float>& got) {
    double sum = 0;
    for (std::size_t i = 0; i < got.size(); ++i) sum += std::pow(got[i] - exact[i], 2);
    return std::sqrt(sum / static_cast<double>(got.size()));
  };
  const auto about = [](double value) { return doctest::Approx(value).scale(0).epsilon(0.06); };
  CHECK(error(points.to_host()) == about(0.0057));
  CHECK(error(solved("dpm++2m", nop::TimeGrid::quadratic, 10)) == about(0.0174));
  CHECK(error(solved("ddim", nop::TimeGrid::uniform, 4)) == about(0.148));
  CHECK(error(solved("ddim", nop::TimeGrid::uniform, 10)) == about(0.048));
  CHECK(error(solved("ddim", nop::TimeGrid::uniform, 50)) == about(0.0099));
}

TEST_CASE("an answer of another shape, or only one of two, is refused") {
  const auto schedule = nop::cosine_schedule();
  const std::vector<double> times{1, 0.5};
  const auto x     = nop::test::random_field(Shape{2, 3}, 1);
  const auto other = [](const auto&, double) { return nop::test::random_field(Shape{3, 2}, 1); };
  const Solver solver(solver_named("ddim"), schedule, times, Parameterisation::x0);
  CHECK_THROWS_WITH_AS(solver(other, x),
                       "Solver: expected answers of the model of shape [2, 3], got [3, 2]",
                       nop::PreconditionError);
  const auto one = [](const auto& y, double) { return y; };
  const Solver sn(solver_named("sn-ddim"), schedule, times, Parameterisation::x0);
  nop::Rng rng(1);
  CHECK_THROWS_WITH_AS(sn(one, x, rng), "Solver: expected a model of two answers, got one",
                       nop::PreconditionError);
}

}  // namespace nop::test::solver_test
