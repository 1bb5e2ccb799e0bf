// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/diffusion/linear_form.hpp>
#include <nop/diffusion/noise_level.hpp>
#include <nop/diffusion/quadrature.hpp>
#include <nop/diffusion/recipe.hpp>
#include <nop/diffusion/singlestep.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

/// \file
/// Solvers of the probability flow that ask the model once a step and go on from its former
/// answers.

namespace nop::detail {

/// The model's answers of the latest steps, and where they were given; the newest first.
class History {
 public:
  /// Asks the model at the beginning of a step.
  void ask(const Stride& step) {
    answers_.insert(answers_.begin(), step.recipe.ask(step.x, step.s));
    levels_.insert(levels_.begin(), step.s);
    if (answers_.size() > longest) {
      answers_.pop_back();
      levels_.pop_back();
    }
  }
  [[nodiscard]] std::size_t size() const { return answers_.size(); }
  [[nodiscard]] const LinearForm& x0(std::size_t back) const { return answers_[back].x0; }
  [[nodiscard]] const LinearForm& eps(std::size_t back) const { return answers_[back].eps; }
  [[nodiscard]] const NoiseLevel& level(std::size_t back) const { return levels_[back]; }

 private:
  static constexpr std::size_t longest = 4;
  std::vector<Recipe::Answer> answers_;
  std::vector<NoiseLevel> levels_;
};

/// DPM-Solver++ of order 1, 2M and 3M: Lu et al., "DPM-Solver++", 2022, algorithm 2. The last term
/// of 3M has the factor 2 of the Taylor series; without it the order is 2.
inline LinearForm dpmpp_multistep(const Stride& step, const History& past, std::size_t order) {
  const double h = step.h(), alpha = step.t.alpha;
  const auto lambda = [&](std::size_t back) { return past.level(back).lambda; };
  const auto& d     = past.x0(0);
  if (order == 1) return step.by_x0(d, step.t);
  const double r0 = (lambda(0) - lambda(1)) / h;
  const auto d10  = 1 / r0 * (d - past.x0(1));
  if (order == 2) return step.by_x0(d + 0.5 * d10, step.t);
  const double r1 = (lambda(1) - lambda(2)) / h;
  const auto d11  = 1 / r1 * (past.x0(1) - past.x0(2));
  const auto d1   = d10 + r0 / (r0 + r1) * (d10 - d11);
  const auto d2   = 1 / (r0 + r1) * (d10 - d11);
  const double p2 = std::expm1(-h) / h + 1, p3 = p2 / h - 0.5;
  return step.by_x0(d, step.t) + alpha * p2 * d1 - 2 * alpha * p3 * d2;
}

/// prod_{k != j} (at - node_k) / (node_j - node_k)
inline double lagrange(const std::vector<double>& nodes, std::size_t j, double at) {
  double value = 1;
  for (std::size_t k = 0; k < nodes.size(); ++k)
    if (k != j) value *= (at - nodes[k]) / (nodes[j] - nodes[k]);
  return value;
}

/// alpha_t (x_s / alpha_s + sum_j c_j eps_j) for integrals c_j of the Lagrange polynomials of the
/// latest `order` + 1 answers. They add up to 1, so this is DDIM and what other answers differ by.
template <class Integral>
LinearForm adams_bashforth(const Stride& step, const History& past, std::size_t order,
                           const Integral& integral) {
  auto x = step.by_eps(past.eps(0), step.t);
  for (std::size_t j = 1; j <= order; ++j)
    x = x + step.t.alpha * integral(j) * (past.eps(j) - past.eps(0));
  return x;
}

/// tAB-DEIS: eps is a polynomial in t. Zhang and Chen, "Fast sampling of diffusion models with
/// exponential integrator", ICLR 2023. The integral over sigma/alpha is taken in lambda, in which
/// all of it is smooth.
inline LinearForm t_adams_bashforth(const Stride& step, const History& past, std::size_t order) {
  static const Quadrature rule = gauss_legendre(48);
  std::vector<double> times;
  for (std::size_t j = 0; j <= order; ++j) times.push_back(past.level(j).time);
  return adams_bashforth(step, past, order, [&](std::size_t j) {
    return rule(step.s.lambda, step.t.lambda, [&](double lambda) {
      return -std::exp(-lambda) * lagrange(times, j, step.schedule.at_lambda(lambda).time);
    });
  });
}

/// rhoAB-DEIS: eps is a polynomial in sigma/alpha.
inline LinearForm rho_adams_bashforth(const Stride& step, const History& past, std::size_t order) {
  static const Quadrature rule = gauss_legendre(2);  // right up to degree 3
  std::vector<double> ratios;
  for (std::size_t j = 0; j <= order; ++j) ratios.push_back(past.level(j).noise_ratio());
  return adams_bashforth(step, past, order, [&](std::size_t j) {
    return rule(step.s.noise_ratio(), step.t.noise_ratio(),
                [&](double ratio) { return lagrange(ratios, j, ratio); });
  });
}

/// iPNDM: DDIM with the combination of Adams and Bashforth for equal steps in the place of eps,
/// Zhang and Chen, ICLR 2023, appendix H. Of order 2 at most where steps are not equal.
inline LinearForm ipndm(const Stride& step, const History& past) {
  static constexpr std::array<std::array<double, 4>, 4> factors{
      {{1},
       {3.0 / 2, -1.0 / 2},
       {23.0 / 12, -16.0 / 12, 5.0 / 12},
       {55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24}}};
  LinearForm eps;
  for (std::size_t j = 0; j < past.size(); ++j)
    eps = eps + factors[past.size() - 1][j] * past.eps(j);
  return step.by_eps(eps, step.t);
}

}  // namespace nop::detail
