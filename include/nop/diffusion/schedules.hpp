// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/core/expects.hpp>
#include <nop/diffusion/noise_level.hpp>
#include <nop/diffusion/schedule.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <memory>
#include <numbers>
#include <vector>

namespace nop {

namespace detail {

/// log(1 + exp(x))
inline double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

/// log(alpha) = -log(1 + exp(-2 lambda)) / 2
inline double log_alpha_of_lambda(double lambda) { return -softplus(-2 * lambda) / 2; }

}  // namespace detail

struct CosineScheduleConfig {
  double least_log_snr   = -20;
  double largest_log_snr = 20;
};

/// phi = a t + b, cut off at two signal to noise ratios: Salimans and Ho, "Progressive distillation
/// for fast sampling of diffusion models", ICLR 2022. beta = 2 a tan(phi).
inline Schedule cosine_schedule(const CosineScheduleConfig& config = {}) {
  expects(config.least_log_snr < config.largest_log_snr,
          "cosine_schedule: expected least_log_snr < largest_log_snr, got ", config.least_log_snr,
          " and ", config.largest_log_snr);
  const double b = std::atan(std::exp(-config.largest_log_snr / 2));
  // pi/2 - phi = a (1 - t) + c, from which alpha has all its digits where it is small.
  const double c = std::atan(std::exp(config.least_log_snr / 2));
  const double a = std::numbers::pi / 2 - b - c;
  return Schedule({
      .lambda = [=](double t) { return std::log(std::sin(a * (1 - t) + c) / std::sin(a * t + b)); },
      .beta   = [=](double t) { return 2 * a * std::sin(a * t + b) / std::sin(a * (1 - t) + c); },
      .time_at =
          [=](double lambda) {
            return lambda > 0 ? (std::atan(std::exp(-lambda)) - b) / a
                              : 1 - (std::atan(std::exp(lambda)) - c) / a;
          },
  });
}

struct LinearScheduleConfig {
  double beta_0 = 0.1;
  double beta_1 = 20;
  double first  = 1e-3;  ///< where sampling ends
};

/// beta = beta_0 + (beta_1 - beta_0) t: Song et al., "Score-based generative modeling through
/// stochastic differential equations", ICLR 2021.
inline Schedule linear_schedule(const LinearScheduleConfig& config = {}) {
  const double b = config.beta_0, slope = config.beta_1 - config.beta_0;
  expects(b > 0 && slope > 0, "linear_schedule: expected 0 < beta_0 < beta_1, got ", config.beta_0,
          " and ", config.beta_1);
  return Schedule({
      .lambda =
          [=](double t) { return detail::lambda_of_log_alpha(-t * t * slope / 4 - t * b / 2); },
      .beta = [=](double t) { return b + slope * t; },
      .time_at =
          [=](double lambda) {
            const double q = 2 * slope * detail::softplus(-2 * lambda);
            return q / ((std::sqrt(b * b + q) + b) * slope);
          },
      .first = config.first,
  });
}

/// log(alpha) piecewise linear between the times n/N after the n-th of N steps of given variances
/// beta, alpha^2 = prod (1 - beta). Sampling ends after the first one; at t = 0 there is no noise.
inline Schedule discrete_schedule(const std::vector<double>& betas) {
  expects(betas.size() > 1, "discrete_schedule: expected at least two steps, got ", betas.size());
  auto nodes = std::make_shared<std::vector<double>>();  // log(alpha) at n/N
  nodes->push_back(0);
  for (const double beta : betas) {
    expects(beta > 0 && beta < 1, "discrete_schedule: expected variances in (0, 1), got ", beta);
    nodes->push_back(nodes->back() + std::log1p(-beta) / 2);
  }
  const auto steps = static_cast<double>(betas.size());
  const auto step  = [=](double t) {  // the one in which t is
    return std::min(static_cast<std::size_t>(std::max(std::ceil(t * steps), 1.0)) - 1,
                     nodes->size() - 2);
  };
  return Schedule({
      .lambda =
          [=](double t) {
            const std::size_t n = step(t);
            const double part   = t * steps - static_cast<double>(n);
            return detail::lambda_of_log_alpha((1 - part) * (*nodes)[n] + part * (*nodes)[n + 1]);
          },
      .beta =
          [=](double t) {
            const std::size_t n = step(t);
            return 2 * steps * ((*nodes)[n] - (*nodes)[n + 1]);
          },
      .time_at =
          [=](double lambda) {
            const double log_alpha = detail::log_alpha_of_lambda(lambda);
            const auto next =
                std::lower_bound(nodes->begin() + 1, nodes->end() - 1, log_alpha, std::greater<>());
            const double before = *(next - 1);
            return (static_cast<double>(next - 1 - nodes->begin()) +
                    (before - log_alpha) / (before - *next)) /
                   steps;
          },
      .first = 1 / steps,
  });
}

/// The variances of Ho, Jain, Abbeel, "Denoising diffusion probabilistic models", NeurIPS 2020:
/// from 1e-4 to 0.02 in equal distances.
inline Schedule ddpm_schedule(std::size_t steps = 1000) {
  std::vector<double> betas;
  for (std::size_t n = 0; n < steps; ++n)
    betas.push_back(1e-4 + (0.02 - 1e-4) * static_cast<double>(n) / static_cast<double>(steps - 1));
  return discrete_schedule(betas);
}

/// alpha = cos(a t + b) / cos(b) with a + b = pi/2 and b/a = 0.008: Nichol and Dhariwal, "Improved
/// denoising diffusion probabilistic models", ICML 2021. Nothing is left of the data at t = 1, so
/// sampling begins at 0.9946, where the paper's bound on the variance of a step would stop it.
inline Schedule iddpm_schedule() {
  constexpr double offset = 0.008, a = std::numbers::pi / 2 / (1 + offset), b = offset * a;
  const double cos_b = std::cos(b);
  return Schedule({
      .lambda =
          [=](double t) {
            // sigma^2 = (cos^2 b - cos^2(a t + b)) / cos^2 b = sin(a t) sin(a t + 2 b) / cos^2 b
            return std::log(std::sin(a * (1 - t))) -
                   std::log(std::sin(a * t) * std::sin(a * t + 2 * b)) / 2;
          },
      .beta = [=](double t) { return 2 * a / std::tan(a * (1 - t)); },
      .time_at =
          [=](double lambda) {
            // sin^2(a (1 - t)) = cos^2(b) alpha^2
            const double alpha = std::exp(detail::log_alpha_of_lambda(lambda));
            return lambda < 0 ? 1 - std::asin(cos_b * alpha) / a
                              : (std::acos(cos_b * alpha) - b) / a;
          },
      .first = 1e-3,
      .last  = 0.9946,
  });
}

/// The schedules by name, as a command line asks for them.
enum class NoiseSchedule { cosine, linear, ddpm, iddpm };
constexpr auto enumerator_names(NoiseSchedule) {
  return std::to_array<const char*>({"cosine", "linear", "ddpm", "iddpm"});
}

/// One of them, as it is by default.
inline Schedule make_schedule(NoiseSchedule which) {
  switch (which) {
    case NoiseSchedule::cosine:
      return cosine_schedule();
    case NoiseSchedule::linear:
      return linear_schedule();
    case NoiseSchedule::ddpm:
      return ddpm_schedule();
    case NoiseSchedule::iddpm:
      return iddpm_schedule();
  }
  throw PreconditionError("make_schedule: expected one of the schedules");
}

}  // namespace nop
