// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/diffusion/linear_form.hpp>
#include <nop/diffusion/noise_level.hpp>
#include <nop/diffusion/recipe.hpp>
#include <nop/diffusion/singlestep.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace nop {

/// What is known of the variance of x_0, given x_t, in a step back that draws noise.
enum class ReverseVariance {
  none,      ///< taken for 0: DDIM, DDPM
  analytic,  ///< its mean, by E |eps|^2: Bao et al., "Analytic-DPM", ICLR 2022
  sn,  ///< for each number, by a second answer that predicts eps^2: Bao et al., "Estimating the
       ///< optimal covariance with imperfect mean", ICML 2022
  npr  ///< by one that predicts (eps - the first answer)^2: ibid.
};
constexpr auto enumerator_names(ReverseVariance) {
  return std::to_array<const char*>({"none", "analytic", "sn", "npr"});
}

namespace detail {

/// How a step of DDIM draws noise.
struct ReverseNoise {
  double eta;                ///< 0 is DDIM, 1 is DDPM
  ReverseVariance variance;  ///< what is added for the variance of x_0
  double mean_square_eps;    ///< E |eps|^2 / dimension of the model's answers at s, if `analytic`
  double largest;            ///< bound on the standard deviation
};

/// DDIM with any amount of noise (Song, Meng, Ermon, "Denoising diffusion implicit models", ICLR
/// 2021, equations 12 and 16):
///
///     x_t = alpha_t x_0 + sqrt(sigma_t^2 - w^2) eps + sqrt(w^2 + k^2 Cov[x_0 | x_s]) z
///
/// w = eta (sigma_t / sigma_s) sqrt(1 - alpha_s^2 / alpha_t^2), and k = alpha_t -
/// sqrt(sigma_t^2 - w^2) alpha_s / sigma_s is by how much x_t follows x_0.
inline LinearForm ddim_step(const Stride& step, const ReverseNoise& noise) {
  const auto& [recipe, schedule, x, s, t] = step;
  const auto at_s                         = recipe.ask(x, s);
  const double drawn                      = noise.eta * (t.sigma / s.sigma) *
                       std::sqrt(-std::expm1(2 * (std::log(s.alpha) - std::log(t.alpha))));
  const double left = std::sqrt(std::max(0.0, t.sigma * t.sigma - drawn * drawn));
  const auto mean   = t.alpha * at_s.x0 + left * at_s.eps;
  const double k = t.alpha - left * s.alpha / s.sigma, scale = 1 / s.snr();  // Cov = scale E[..]
  switch (noise.variance) {
    case ReverseVariance::none: {
      const double deviation = std::min(drawn, noise.largest);
      return deviation > 0 ? mean + deviation * recipe.noise() : mean;
    }
    case ReverseVariance::analytic: {
      const double covariance = std::clamp(scale * (1 - noise.mean_square_eps), 0.0, 1.0);
      const double deviation =
          std::min(std::sqrt(drawn * drawn + k * k * covariance), noise.largest);
      return deviation > 0 ? mean + deviation * recipe.noise() : mean;
    }
    case ReverseVariance::sn:
    case ReverseVariance::npr:
      break;
  }
  const auto [of_state, of_answer] = conversion(recipe.model(), Parameterisation::eps, s);
  return mean + recipe.noise({.state     = at_s.state,
                              .answer    = at_s.answer,
                              .base      = drawn * drawn,
                              .factor    = k * k,
                              .scale     = scale,
                              .squared   = noise.variance == ReverseVariance::sn ? 1.0 : 0.0,
                              .of_state  = of_state,
                              .of_answer = of_answer,
                              .largest   = noise.largest});
}

}  // namespace detail

}  // namespace nop
