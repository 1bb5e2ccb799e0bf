// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/expects.hpp>
#include <nop/diffusion/noise_level.hpp>
#include <nop/ops/linear_combination.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace nop {

namespace detail {

/// One step of DDIM for each sample, from one level to another, by what is said of x_0:
/// (sigma_t / sigma_s) x + (alpha_t - alpha_s sigma_t / sigma_s) x_0.
template <field X, field Y>
auto ddim_step(const X& x, const Y& x_0, std::span<const NoiseLevel> from,
               std::span<const NoiseLevel> to) {
  std::vector<double> of_x, of_x_0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const double ratio = to[i].sigma / from[i].sigma;
    of_x.push_back(ratio);
    of_x_0.push_back(to[i].alpha - from[i].alpha * ratio);
  }
  return linear_combination(of_x, x, of_x_0, x_0);
}

}  // namespace detail

/// What a student should say of x_0 to go with one step of DDIM, from `from` to `to`, where its
/// teacher goes with two, by way of `middle`. x is [batch, ...] with three levels for each sample;
/// `teacher(x, levels)` answers with x_0. Throws PreconditionError unless there are as many levels
/// as samples and each step has some noise at its beginning, and less at its end.
///
/// Salimans and Ho, "Progressive distillation for fast sampling of diffusion models", ICLR 2022,
/// algorithm 2.
template <class Teacher, field X>
auto distillation_target(const Teacher& teacher, const X& x, std::span<const NoiseLevel> from,
                         std::span<const NoiseLevel> middle, std::span<const NoiseLevel> to) {
  expects(from.size() == x.extent(0) && middle.size() == x.extent(0) && to.size() == x.extent(0),
          "distillation_target: expected three levels for each of ", x.extent(0), " samples, got ",
          from.size(), ", ", middle.size(), " and ", to.size());
  for (std::size_t i = 0; i < from.size(); ++i)
    expects(to[i].sigma < middle[i].sigma && middle[i].sigma < from[i].sigma,
            "distillation_target: expected steps to less noise, got ", from[i].sigma, ", ",
            middle[i].sigma, " and ", to[i].sigma);
  const auto half = detail::ddim_step(x, teacher(x, from), from, middle);
  const auto goal = detail::ddim_step(half, teacher(half, middle), middle, to);
  std::vector<double> of_goal, of_x;  // the step of DDIM, solved for x_0
  for (std::size_t i = 0; i < from.size(); ++i) {
    const double ratio = to[i].sigma / from[i].sigma;
    of_goal.push_back(1 / (to[i].alpha - from[i].alpha * ratio));
    of_x.push_back(-ratio * of_goal.back());
  }
  return linear_combination(of_goal, goal, of_x, x);
}

}  // namespace nop
