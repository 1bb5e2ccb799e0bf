// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/core/expects.hpp>
#include <nop/diffusion/multistep.hpp>
#include <nop/diffusion/noise_level.hpp>
#include <nop/diffusion/parameterisation.hpp>
#include <nop/diffusion/recipe.hpp>
#include <nop/diffusion/reverse_step.hpp>
#include <nop/diffusion/schedule.hpp>
#include <nop/diffusion/singlestep.hpp>
#include <nop/diffusion/solver_config.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace nop {

namespace detail {

/// Follows a solver from one time of a grid to the next.
class RecipeWriter {
 public:
  RecipeWriter(const SolverConfig& config, const Schedule& schedule, std::span<const double> times,
               Parameterisation model)
      : config_(config), schedule_(schedule), recipe_(model) {
    expects(times.size() > 1, "Solver: expected at least two times, got ", times.size());
    for (const double time : times) levels_.push_back(schedule(time));
    for (std::size_t i = 1; i < times.size(); ++i)
      expects(times[i] < times[i - 1], "Solver: expected decreasing times, got ", times[i - 1],
              " and then ", times[i]);
    check();
    if (config.method == Method::dpm_fast) find_orders();
  }

  [[nodiscard]] Recipe write() && {
    LinearForm x = recipe_.arrive(Recipe::start(), levels_.front().time);
    for (std::size_t i = 0; i < steps(); ++i) x = recipe_.arrive(step(i, x), levels_[i + 1].time);
    return std::move(recipe_);
  }

 private:
  [[nodiscard]] std::size_t steps() const { return levels_.size() - 1; }

  /// Methods that go by ratios of alpha, or half of the way in lambda, cannot begin where alpha is
  /// 0.
  [[nodiscard]] bool begins_anywhere() const {
    switch (config_.method) {
      case Method::ddim:
      case Method::dpmpp_multistep:
      case Method::runge_kutta:
        return true;
      case Method::dpmpp:
        return config_.order == 1;
      default:
        return false;
    }
  }

  void check() const {
    expects(begins_anywhere() || levels_.front().alpha > 0,
            "Solver: expected something of the data at the first time, got none at ",
            levels_.front().time);
    const auto expect_order = [this](std::size_t least, std::size_t largest) {
      expects(config_.order >= least && config_.order <= largest, "Solver: expected an order from ",
              least, " to ", largest, ", got ", config_.order);
    };
    switch (config_.method) {
      case Method::dpm:
        return expect_order(1, 3);
      case Method::dpmpp:
        return expect_order(1, 2);
      case Method::dpmpp_multistep:
        return expect_order(1, 3);
      case Method::tab:
      case Method::rhoab:
        return expect_order(0, 3);
      default:
        break;
    }
    if (config_.method != Method::ddim) return;
    expects(config_.eta >= 0 && config_.eta <= 1, "Solver: expected eta in [0, 1], got ",
            config_.eta);
    if (config_.variance == ReverseVariance::analytic)
      expects(config_.mean_square_eps.size() == steps(),
              "Solver: expected mean_square_eps of each of ", steps(), " steps, got ",
              config_.mean_square_eps.size());
  }

  /// DPM-Solver-fast: Lu et al., "DPM-Solver", NeurIPS 2022, section 3.4.
  void find_orders() {
    const std::size_t n = config_.evaluations == 0 ? 3 * steps() - 2 : config_.evaluations;
    expects(n / 3 + 1 == steps() && n > 0, "Solver: expected ", n / 3 + 1, " steps for ", n,
            " evaluations of dpm_fast, got ", steps());
    orders_.assign(steps(), 3);
    if (n % 3 == 0) {
      orders_.back()    = 1;
      orders_.end()[-2] = 2;
    } else {
      orders_.back() = n % 3;
    }
  }

  [[nodiscard]] LinearForm step(std::size_t i, const LinearForm& x) {
    const bool last   = i + 1 == steps();
    NoiseLevel target = levels_[i + 1];
    if (last && config_.clean_end)
      target = {.time = target.time, .lambda = std::numeric_limits<double>::infinity()};
    const bool clean = target.sigma == 0;
    const Stride stride{recipe_, schedule_, x, levels_[i], target};
    if (config_.method == Method::ddim) return ddim_step(stride, noise_of(i));
    if (clean) return recipe_.ask(x, levels_[i]).x0;
    switch (config_.method) {
      case Method::dpm:
        return dpm_step(stride, config_.order);
      case Method::dpm_fast:
        return dpm_step(stride, orders_[i]);
      case Method::dpmpp:
        return dpmpp_step(stride, config_.order);
      case Method::heun:
        return heun_step(stride);
      case Method::runge_kutta:
        return runge_kutta_step(stride);
      default:
        break;
    }
    past_.ask(stride);
    switch (config_.method) {
      case Method::dpmpp_multistep:
        return dpmpp_multistep(
            stride, past_,
            last && config_.lower_order_final ? 1 : std::min(config_.order, past_.size()));
      case Method::tab:
        return t_adams_bashforth(stride, past_, std::min(config_.order, past_.size() - 1));
      case Method::rhoab:
        return rho_adams_bashforth(stride, past_, std::min(config_.order, past_.size() - 1));
      case Method::ipndm:
        return ipndm(stride, past_);
      default:
        throw PreconditionError("Solver: expected one of the methods");
    }
  }

  [[nodiscard]] ReverseNoise noise_of(std::size_t i) const {
    const bool analytic = config_.variance == ReverseVariance::analytic;
    return {.eta             = config_.eta,
            .variance        = config_.variance,
            .mean_square_eps = analytic ? config_.mean_square_eps[i] : 1,
            .largest         = steps() - i <= config_.bounded_steps
                                   ? config_.largest_deviation
                                   : std::numeric_limits<double>::infinity()};
  }

  const SolverConfig& config_;
  const Schedule& schedule_;
  Recipe recipe_;
  std::vector<NoiseLevel> levels_;
  std::vector<std::size_t> orders_;
  History past_;
};

}  // namespace detail

/// Writes out a solver on a grid of decreasing times for models of a parameterisation. Throws
/// PreconditionError if the times do not decrease, leave [0, 1], or do not suit the solver.
inline Recipe write_recipe(const SolverConfig& config, const Schedule& schedule,
                           std::span<const double> times, Parameterisation model) {
  return detail::RecipeWriter(config, schedule, times, model).write();
}

}  // namespace nop
