// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/expects.hpp>
#include <nop/diffusion/noise_level.hpp>
#include <nop/ops/linear_combination.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace nop {

/// What a model says of x_t = alpha x_0 + sigma eps.
enum class Parameterisation {
  x0,   ///< the data
  eps,  ///< the noise
  v     ///< alpha eps - sigma x_0, which is dx/dphi: Salimans and Ho, ICLR 2022
};
constexpr auto enumerator_names(Parameterisation) {
  return std::to_array<const char*>({"x0", "eps", "v"});
}

/// The factors with which x_t and a model's answer in one parameterisation make the answer in
/// another:
///
///     x_0 = (x - sigma eps) / alpha = alpha x - sigma v
///     eps = (x - alpha x_0) / sigma = sigma x + alpha v
///     v   = (alpha x - x_0) / sigma = (eps - sigma x) / alpha
///
/// Throws PreconditionError where they are not finite, for nothing is left of the noise or the
/// data.
inline std::array<double, 2> conversion(Parameterisation from, Parameterisation to,
                                        const NoiseLevel& at) {
  using enum Parameterisation;
  const double alpha = at.alpha, sigma = at.sigma;
  if (from == to) return {0, 1};
  if (from == v) return to == x0 ? std::array{alpha, -sigma} : std::array{sigma, alpha};
  expects((from == x0 ? sigma : alpha) > 0, "conversion: expected some ",
          from == x0 ? "noise" : "data", " to be left, got alpha ", alpha, " and sigma ", sigma);
  if (from == x0)
    return to == eps ? std::array{1 / sigma, -alpha / sigma}
                     : std::array{alpha / sigma, -1 / sigma};
  return to == x0 ? std::array{1 / alpha, -sigma / alpha} : std::array{-sigma / alpha, 1 / alpha};
}

namespace detail {

/// a_i x_i + b_i y_i for each sample i, where `factors` tells a and b of its level.
template <class Factors, field X, field Y>
auto combined_by_sample(const Factors& factors, const X& x, const Y& y,
                        std::span<const NoiseLevel> at) {
  std::vector<double> of_x(at.size()), of_y(at.size());
  for (std::size_t i = 0; i < at.size(); ++i) {
    const std::array<double, 2> both = factors(at[i]);
    of_x[i]                          = both[0];
    of_y[i]                          = both[1];
  }
  return linear_combination(of_x, x, of_y, y);
}

inline std::array<double, 2> factors_of_target(Parameterisation which, const NoiseLevel& at) {
  switch (which) {
    case Parameterisation::x0:
      return {1, 0};
    case Parameterisation::eps:
      return {0, 1};
    case Parameterisation::v:
      break;
  }
  return {-at.sigma, at.alpha};
}

}  // namespace detail

/// A model's answer at x_t in another parameterisation. Fields of one shape, of any rank; the
/// levels are those of all samples, or of each. Differentiable in both fields. Throws
/// PreconditionError as `conversion` and `linear_combination` do.
template <field X, field Y>
auto converted(const X& x, const Y& answer, Parameterisation from, Parameterisation to,
               const NoiseLevel& at) {
  return linear_combination(conversion(from, to, at), x, answer);
}
template <field X, field Y>
auto converted(const X& x, const Y& answer, Parameterisation from, Parameterisation to,
               std::span<const NoiseLevel> at) {
  return detail::combined_by_sample(
      [=](const NoiseLevel& level) { return conversion(from, to, level); }, x, answer, at);
}

/// x_t = alpha x_0 + sigma eps at the level of all samples, or of each.
template <field X, field Y>
auto noised(const X& data, const Y& noise, const NoiseLevel& at) {
  return linear_combination({at.alpha, at.sigma}, data, noise);
}
template <field X, field Y>
auto noised(const X& data, const Y& noise, std::span<const NoiseLevel> at) {
  return detail::combined_by_sample(
      [](const NoiseLevel& level) { return std::array{level.alpha, level.sigma}; }, data, noise,
      at);
}

/// What a model should say of the x_t that was made of this data and noise.
template <field X, field Y>
auto target_of(Parameterisation which, const X& data, const Y& noise, const NoiseLevel& at) {
  return linear_combination(detail::factors_of_target(which, at), data, noise);
}
template <field X, field Y>
auto target_of(Parameterisation which, const X& data, const Y& noise,
               std::span<const NoiseLevel> at) {
  return detail::combined_by_sample(
      [which](const NoiseLevel& level) { return detail::factors_of_target(which, level); }, data,
      noise, at);
}

}  // namespace nop
