// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>

namespace nop {

namespace detail {

/// log(alpha / sigma) = log(alpha) - log(1 - alpha^2) / 2.
inline double lambda_of_log_alpha(double log_alpha) {
  return log_alpha - std::log(-std::expm1(2 * log_alpha)) / 2;
}

}  // namespace detail

/// How noisy x_t = alpha x_0 + sigma eps is at a time of a variance preserving diffusion, where
/// alpha^2 + sigma^2 = 1.
///
/// All of it is a function of lambda = log(alpha / sigma), so that neither alpha nor sigma loses
/// digits where it is small. lambda is infinite where there is no noise.
struct NoiseLevel {
  double time;
  double lambda;
  double alpha = 1 / std::sqrt(1 + std::exp(-2 * lambda));
  double sigma = 1 / std::sqrt(1 + std::exp(2 * lambda));

  /// alpha^2 / sigma^2, the signal to noise ratio.
  [[nodiscard]] double snr() const { return std::exp(2 * lambda); }
  /// sigma / alpha: the noise of x_t / alpha, "sigma" of Karras et al. 2022.
  [[nodiscard]] double noise_ratio() const { return std::exp(-lambda); }
  /// The angle of (alpha, sigma) = (cos phi, sin phi), in [0, pi/2].
  [[nodiscard]] double phi() const { return std::atan(noise_ratio()); }
};

}  // namespace nop
