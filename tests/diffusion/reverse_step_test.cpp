// SPDX-License-Identifier: BSD-3-Clause
#include <nop/diffusion/reverse_step.hpp>
#include <nop/ops/elementwise.hpp>

#include "solver_cases.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <utility>
#include <variant>
#include <vector>

namespace nop::test::reverse_step_test {
namespace {

constexpr double s = 0.5;  // the data are N(0, s^2)

double variance(const NoiseLevel& at) { return at.alpha * at.alpha * s * s + at.sigma * at.sigma; }

/// E |eps|^2 of a perfect model.
double mean_square_eps(const NoiseLevel& at) { return at.sigma * at.sigma / variance(at); }

/// The variance of every state of a recipe, over noise to begin with of the right variance, with
/// eps(x) = sigma / V x. Every field is a sum of independent numbers: the start and what is drawn.
std::vector<double> variances(const Recipe& recipe, const Schedule& schedule, double last) {
  std::vector<std::vector<double>> fields{{std::sqrt(variance(schedule(last)))}};
  for (const auto& instruction : recipe.instructions()) {
    std::vector<double> made(recipe.instructions().size() + 1, 0);
    if (const auto* const combine = std::get_if<Recipe::Combine>(&instruction)) {
      for (const auto& term : combine->form.terms())
        for (std::size_t i = 0; i < fields[term.field].size(); ++i)
          made[i] += term.factor * fields[term.field][i];
    } else if (const auto* const ask = std::get_if<Recipe::Ask>(&instruction)) {
      const auto at = schedule(ask->time);
      for (std::size_t i = 0; i < fields[ask->state].size(); ++i)
        made[i] = at.sigma / variance(at) * fields[ask->state][i];
    } else {
      made[fields.size()] = 1;
    }
    fields.push_back(made);
  }
  std::vector<double> result;
  for (const auto& stop : recipe.stops()) {
    double sum = 0;
    for (const double part : fields[stop.field]) sum += part * part;
    result.push_back(sum);
  }
  return result;
}

/// The ratios of those variances and the true ones.
std::vector<double> ratios(SolverConfig config, std::size_t steps, bool clean) {
  const auto schedule = nop::ddpm_schedule();
  auto times          = nop::make_time_grid(nop::TimeGrid::uniform, schedule, steps);
  if (clean) times.back() = 0;
  if (config.variance == nop::ReverseVariance::analytic)
    for (std::size_t i = 0; i < steps; ++i)
      config.mean_square_eps.push_back(mean_square_eps(schedule(times[i])));
  const Solver solver(config, schedule, times, Parameterisation::eps);
  auto result = variances(solver.recipe(), schedule, times.front());
  for (std::size_t i = 0; i < times.size(); ++i) result[i] /= variance(schedule(times[i]));
  return result;
}

}  // namespace

TEST_CASE("with the right variance of x_0, five steps keep every marginal variance") {
  for (const bool clean : {false, true})
    for (const char* const name : {"analytic-ddpm", "analytic-ddim"})
      for (const double ratio : ratios(solver_named(name), 5, clean))
        CHECK(ratio == doctest::Approx(1).epsilon(1e-14));
}

TEST_CASE("without it, five steps do not") {
  CHECK(ratios(solver_named("ddpm"), 5, true).back() < 0.5);
  CHECK(ratios(solver_named("ddim"), 5, true).back() < 0.5);
  // but a thousand do
  CHECK(ratios(solver_named("ddpm"), 1000, true).back() == doctest::Approx(1).epsilon(0.01));
}

TEST_CASE("DDPM's steps are the posterior of its definition") {
  const auto schedule = nop::ddpm_schedule();
  const auto from = schedule(0.501), to = schedule(0.5);
  const Solver solver(solver_named("ddpm"), schedule, std::vector{0.501, 0.5},
                      Parameterisation::x0);
  const auto& instructions = solver.recipe().instructions();
  REQUIRE(instructions.size() == 3);  // ask, draw, combine
  const auto& terms = std::get<Recipe::Combine>(instructions[2]).form.terms();
  REQUIRE(terms.size() == 3);  // x, x_0, z
  const double beta = 1 - from.alpha * from.alpha / (to.alpha * to.alpha);
  const double left = to.sigma * to.sigma / (from.sigma * from.sigma);
  CHECK(terms[0].factor == doctest::Approx(std::sqrt(1 - beta) * left).epsilon(1e-11));
  CHECK(terms[1].factor ==
        doctest::Approx(to.alpha * beta / (from.sigma * from.sigma)).epsilon(1e-11));
  CHECK(terms[2].factor == doctest::Approx(std::sqrt(beta * left)).epsilon(1e-11));
}

TEST_CASE_TEMPLATE("a variance that a model tells for each number is drawn with", Real, float,
                   double) {
  const auto schedule = nop::ddpm_schedule();
  const auto times    = nop::make_time_grid(nop::TimeGrid::step, schedule, 5);
  const auto x = nop::normal_noise<Real, nop::Cpu>(Shape{6, 1, 4, 2}, nop::RandomStream(3, 0));
  const auto perfect = [&](const auto& y, double t) {
    const auto at = schedule(t);
    return nop::scale_by(y, static_cast<Real>(at.sigma / variance(at)));
  };
  for (const bool noisy : {false, true}) {
    auto analytic = solver_named(noisy ? "analytic-ddpm" : "analytic-ddim");
    for (std::size_t i = 0; i < 5; ++i)
      analytic.mean_square_eps.push_back(mean_square_eps(schedule(times[i])));
    nop::Rng rng(1);
    const auto expected = Solver(analytic, schedule, times, Parameterisation::eps)(perfect, x, rng);

    // E[eps^2 | x] = eps(x)^2 + Var(eps | x), with Var(eps | x) = 1 - E |eps(x)|^2
    const auto sn = [&](const auto& y, double t) {
      const auto eps = perfect(y, t);
      auto unknown   = eps.clone();
      unknown.fill(static_cast<Real>(1 - mean_square_eps(schedule(t))));
      return std::pair(eps, nop::add(nop::multiply(eps, eps), unknown));
    };
    const auto npr = [&](const auto& y, double t) {
      const auto eps = perfect(y, t);
      auto unknown   = eps.clone();
      unknown.fill(static_cast<Real>(1 - mean_square_eps(schedule(t))));
      return std::pair(eps, unknown);
    };
    nop::Rng again(1), once_more(1);
    const Solver by_sn(solver_named(noisy ? "sn-ddpm" : "sn-ddim"), schedule, times,
                       Parameterisation::eps);
    const Solver by_npr(solver_named(noisy ? "npr-ddpm" : "npr-ddim"), schedule, times,
                        Parameterisation::eps);
    const double tolerance = std::is_same_v<Real, float> ? 1e-3 : 1e-9;
    CHECK(nop::test::worst_error(by_sn(sn, x, again).to_host(), expected.to_host()) < tolerance);
    CHECK(nop::test::worst_error(by_npr(npr, x, once_more).to_host(), expected.to_host()) <
          tolerance);
  }
}

TEST_CASE("noise of the last steps is bounded, that of earlier ones is not") {
  const auto schedule      = nop::ddpm_schedule();
  const auto times         = nop::make_time_grid(nop::TimeGrid::uniform, schedule, 4);
  auto config              = solver_named("ddpm");
  config.largest_deviation = 0.005;
  config.bounded_steps     = 2;
  const auto drawn         = [&](const SolverConfig& with) {
    const Solver solver(with, schedule, times, Parameterisation::eps);
    std::vector<double> factors;
    for (const auto& instruction : solver.recipe().instructions())
      if (const auto* const combine = std::get_if<Recipe::Combine>(&instruction))
        factors.push_back(combine->form.terms().back().factor);
    return factors;
  };
  const auto bounded = drawn(config), free = drawn(solver_named("ddpm"));
  REQUIRE(bounded.size() == 4);
  CHECK(bounded[0] == free[0]);
  CHECK(bounded[1] == free[1]);
  CHECK(bounded[2] == 0.005);
  CHECK(bounded[3] == 0.005);
  CHECK(free[3] > 0.005);
}

}  // namespace nop::test::reverse_step_test
