// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/rng.hpp>
#include <nop/diffusion/noise_level.hpp>
#include <nop/diffusion/schedule.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace nop {

/// At which times a solver stops on its way from schedule.last() to schedule.first().
enum class TimeGrid {
  uniform,         ///< equal distances in t
  quadratic,       ///< in sqrt(t)
  lambda,          ///< in log(alpha / sigma): Lu et al., "DPM-Solver", NeurIPS 2022
  phi,             ///< in atan(sigma / alpha)
  karras,          ///< in (sigma / alpha)^(1/7), from 80 to 0.002: Karras et al., NeurIPS 2022
  step,            ///< some of 1000 equal steps, then 0: "STEP" of Kong and Ping, "On fast sampling
                   ///< of diffusion probabilistic models", 2021,
  step_quadratic,  ///< and with distances that grow, from 0.8 on: where a schedule is all noise
                   ///< there
  var,             ///< variances of the steps that grow linearly, then 0: their "VAR",
  var_quadratic    ///< and as squares
};
constexpr auto enumerator_names(TimeGrid) {
  return std::to_array<const char*>({"uniform", "quadratic", "lambda", "phi", "karras", "step",
                                     "step-quadratic", "var", "var-quadratic"});
}

namespace detail {

/// (1 - i/n) a + i/n b, and exactly a and b at the ends.
inline double between(double a, double b, std::size_t i, std::size_t n) {
  const double part = static_cast<double>(i) / static_cast<double>(n);
  return (1 - part) * a + part * b;
}

/// From a to b at equal distances in a function of time, whose inverse is `time_of`.
template <class TimeOf>
std::vector<double> times_between(const Schedule& schedule, std::size_t steps, double from,
                                  double to, const TimeOf& time_of) {
  std::vector<double> times{schedule.last()};
  for (std::size_t i = 1; i < steps; ++i) times.push_back(time_of(between(from, to, i, steps)));
  times.push_back(schedule.first());
  return times;
}

inline std::vector<double> karras_times(const Schedule& schedule, std::size_t steps) {
  constexpr double rho = 7, largest = 80, smallest = 0.002;
  std::vector<double> times;
  for (std::size_t i = 0; i < steps; ++i) {
    const double ratio = std::pow(
        steps == 1 ? std::pow(largest, 1 / rho)
                   : between(std::pow(largest, 1 / rho), std::pow(smallest, 1 / rho), i, steps - 1),
        rho);
    times.push_back(schedule.at_lambda(-std::log(ratio)).time);
  }
  times.push_back(0);
  return times;
}

/// After how many of 1000 steps of the whole schedule to stop: always after more than the time
/// before.
inline std::vector<double> sub_step_times(const Schedule& schedule, std::size_t steps,
                                          bool quadratic) {
  constexpr double all = 1000, quadratic_end = 800;
  expects(static_cast<double>(steps) <= all, "make_time_grid: expected at most ", all,
          " steps, got ", steps);
  std::vector<double> times{0};
  double step = -1;  // counted from 0
  for (std::size_t i = 0; i < steps; ++i) {
    const double part   = steps == 1 ? 1 : static_cast<double>(i) / static_cast<double>(steps - 1);
    const double wanted = quadratic ? quadratic_end * part * part : (all - 1) * part;
    step                = std::max(step + 1, std::floor(wanted + 1e-9));
    times.push_back(schedule.last() * (step + 1) / all);
  }
  std::reverse(times.begin(), times.end());
  return times;
}

/// Times at which alpha^2 is the product of 1 - beta_i, where beta_i is that of DDPM at first and
/// grows linearly or as a square, until alpha is that of the schedule's last time.
inline std::vector<double> variance_times(const Schedule& schedule, std::size_t steps,
                                          bool quadratic) {
  constexpr double beta_0 = 1e-4;
  const double goal       = 2 * std::log(schedule(schedule.last()).alpha);
  const auto beta         = [&](double x, std::size_t i) {
    const double place = static_cast<double>(i);
    return quadratic ? beta_0 * (1 + place * x) * (1 + place * x)
                             : beta_0 + x * place / static_cast<double>(steps - 1);
  };
  const auto log_alpha_bar = [&](double x, std::size_t count) {
    double total = 0;
    for (std::size_t i = 0; i < count; ++i) total += std::log1p(-beta(x, i));
    return total;
  };
  if (steps == 1) return {schedule.last(), 0};
  double low = 0;  // the largest x keeps the last beta at most 1
  double high =
      quadratic ? (1 / std::sqrt(beta_0) - 1) / static_cast<double>(steps - 1) : 1 - beta_0;
  expects(log_alpha_bar(low, steps) > goal,
          "make_time_grid: expected fewer steps than would be as small as the first one, got ",
          steps);
  for (int i = 0; i < 200; ++i) {
    const double middle                                = (low + high) / 2;
    (log_alpha_bar(middle, steps) > goal ? low : high) = middle;
  }
  std::vector<double> times{schedule.last()};
  for (std::size_t count = steps - 1; count > 0; --count) {
    const double lambda = lambda_of_log_alpha(log_alpha_bar(low, count) / 2);
    times.push_back(schedule.at_lambda(lambda).time);
  }
  times.push_back(0);
  return times;
}

}  // namespace detail

/// The steps + 1 times of a grid, decreasing. Those of `karras`, `step` and `var` end at 0, where a
/// solver should return x_0 itself (Solver::Config::clean_end). Throws PreconditionError for a grid
/// of no step, or one that leaves the schedule.
inline std::vector<double> make_time_grid(TimeGrid grid, const Schedule& schedule,
                                          std::size_t steps) {
  expects(steps > 0, "make_time_grid: expected at least one step, got none");
  const double first = schedule.first(), last = schedule.last();
  const auto spaced = [&](double from, double to, const auto& time_of) {
    return detail::times_between(schedule, steps, from, to, time_of);
  };
  switch (grid) {
    case TimeGrid::uniform:
      return spaced(last, first, [](double t) { return t; });
    case TimeGrid::quadratic:
      return spaced(std::sqrt(last), std::sqrt(first), [](double root) { return root * root; });
    case TimeGrid::lambda: {
      const double to = schedule(first).lambda;
      expects(std::isfinite(to), "make_time_grid: expected some noise at the first time, got none");
      return spaced(schedule(last).lambda, to,
                    [&](double lambda) { return schedule.at_lambda(lambda).time; });
    }
    case TimeGrid::phi:
      return spaced(schedule(last).phi(), schedule(first).phi(),
                    [&](double phi) { return schedule.at_phi(phi).time; });
    case TimeGrid::karras:
      return detail::karras_times(schedule, steps);
    case TimeGrid::step:
      return detail::sub_step_times(schedule, steps, false);
    case TimeGrid::step_quadratic:
      return detail::sub_step_times(schedule, steps, true);
    case TimeGrid::var:
      return detail::variance_times(schedule, steps, false);
    case TimeGrid::var_quadratic:
      return detail::variance_times(schedule, steps, true);
  }
  throw PreconditionError("make_time_grid: expected one of the grids");
}

/// The times of the states that an operator answers noise with at once: those of a grid but for the
/// first, which is that of the noise. Throws PreconditionError where `make_time_grid` does.
inline std::vector<double> state_times(TimeGrid grid, const Schedule& schedule,
                                       std::size_t states) {
  auto times = make_time_grid(grid, schedule, states);
  times.erase(times.begin());
  return times;
}

/// Times to train at, increasing: a uniform one in each of `count` equal parts of [0, 1].
inline std::vector<double> stratified_times(std::size_t count, const RandomStream& stream) {
  std::vector<double> times;
  for (std::size_t i = 0; i < count; ++i)
    times.push_back((static_cast<double>(i) + stream.uniform(i)) / static_cast<double>(count));
  return times;
}

}  // namespace nop
