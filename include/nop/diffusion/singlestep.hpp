// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/diffusion/linear_form.hpp>
#include <nop/diffusion/noise_level.hpp>
#include <nop/diffusion/recipe.hpp>
#include <nop/diffusion/schedule.hpp>

#include <cmath>

/// \file
/// Solvers of the probability flow that need nothing of earlier steps: each function follows one
/// step from the state x at s to a less noisy t. The flow is one equation in five forms:
///
///     dx/dt = -beta/2 x + beta/(2 sigma) eps
///     d(x/alpha) / d(sigma/alpha) = eps
///     d(x/sigma) / dlambda = e^lambda x_0
///     dx/dlambda = sigma^2 x - sigma eps
///     dx/dphi = v

namespace nop::detail {

/// A step to take: the state x at s, and where it should lead.
struct Stride {
  Recipe& recipe;
  const Schedule& schedule;
  LinearForm x;
  NoiseLevel s;
  NoiseLevel t;

  [[nodiscard]] double h() const { return t.lambda - s.lambda; }
  /// The level a part of the way from s to t, in lambda.
  [[nodiscard]] NoiseLevel part_way(double part) const {
    return schedule.at_lambda(s.lambda + part * h());
  }
  /// Where x at s leads if eps were the same all the way to `at`.
  [[nodiscard]] LinearForm by_eps(const LinearForm& eps, const NoiseLevel& at) const {
    return (at.alpha / s.alpha) * x - at.sigma * std::expm1(at.lambda - s.lambda) * eps;
  }
  /// Where x at s leads if x_0 were the same all the way to `at`.
  [[nodiscard]] LinearForm by_x0(const LinearForm& x0, const NoiseLevel& at) const {
    return (at.sigma / s.sigma) * x - at.alpha * std::expm1(s.lambda - at.lambda) * x0;
  }
};

/// DPM-Solver-1, -2 and -3: Lu et al., "DPM-Solver", NeurIPS 2022, algorithms 1 and 2.
inline LinearForm dpm_step(const Stride& step, std::size_t order) {
  const double h = step.h(), sigma = step.t.sigma;
  const auto at_s = step.recipe.ask(step.x, step.s).eps;
  if (order == 1) return step.by_eps(at_s, step.t);
  if (order == 2) {
    constexpr double r = 0.5;
    const auto middle  = step.part_way(r);
    const auto d       = step.recipe.ask(step.by_eps(at_s, middle), middle).eps - at_s;
    return step.by_eps(at_s, step.t) - sigma * std::expm1(h) / (2 * r) * d;
  }
  constexpr double r1 = 1.0 / 3, r2 = 2.0 / 3;
  const auto first = step.part_way(r1), second = step.part_way(r2);
  const auto d1 = step.recipe.ask(step.by_eps(at_s, first), first).eps - at_s;
  const auto u2 = step.by_eps(at_s, second) -
                  second.sigma * (r2 / r1) * (std::expm1(r2 * h) / (r2 * h) - 1) * d1;
  const auto d2 = step.recipe.ask(u2, second).eps - at_s;
  return step.by_eps(at_s, step.t) - sigma / r2 * (std::expm1(h) / h - 1) * d2;
}

/// DPM-Solver++ of order 1, and 2S: Lu et al., "DPM-Solver++", 2022, algorithm 1.
inline LinearForm dpmpp_step(const Stride& step, std::size_t order) {
  const auto at_s = step.recipe.ask(step.x, step.s).x0;
  if (order == 1) return step.by_x0(at_s, step.t);
  constexpr double r = 0.5;
  const auto middle  = step.part_way(r);
  const auto d       = step.recipe.ask(step.by_x0(at_s, middle), middle).x0 - at_s;
  return step.by_x0(at_s, step.t) - step.t.alpha * std::expm1(-step.h()) / (2 * r) * d;
}

/// Heun's rule for the second form: Karras et al., "Elucidating the design space of diffusion-based
/// generative models", NeurIPS 2022, algorithm 1.
inline LinearForm heun_step(const Stride& step) {
  const auto& [recipe, schedule, x, s, t] = step;
  const double distance                   = t.noise_ratio() - s.noise_ratio();
  const auto at_s                         = recipe.ask(x, s).eps;
  const auto euler                        = (t.alpha / s.alpha) * x + t.alpha * distance * at_s;
  const auto at_t                         = recipe.ask(euler, t).eps;
  return (t.alpha / s.alpha) * x + t.alpha * distance / 2 * (at_s + at_t);
}

/// The classical rule of Runge and Kutta for the last form, to compare others with.
inline LinearForm runge_kutta_step(const Stride& step) {
  const auto& [recipe, schedule, x, s, t] = step;
  const double distance                   = t.phi() - s.phi();
  const auto middle                       = schedule.at_phi((s.phi() + t.phi()) / 2);
  const auto k1                           = recipe.ask(x, s).v;
  const auto k2                           = recipe.ask(x + distance / 2 * k1, middle).v;
  const auto k3                           = recipe.ask(x + distance / 2 * k2, middle).v;
  const auto k4                           = recipe.ask(x + distance * k3, t).v;
  return x + distance / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
}

}  // namespace nop::detail
