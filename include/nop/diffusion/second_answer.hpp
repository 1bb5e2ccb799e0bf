// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/enumerator.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/tensor.hpp>
#include <nop/diffusion/noise_level.hpp>
#include <nop/diffusion/parameterisation.hpp>
#include <nop/diffusion/reverse_step.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/ops/linear_combination.hpp>

#include <cstddef>
#include <span>
#include <vector>

/// \file
/// What a network should say, for a model to have the second answer that a Solver asks for with
/// ReverseVariance::sn or npr. With x = alpha x_0 + sigma eps and h of the network, the answers are
///
///     sn     E[eps^2 | x]             = sigma^2 x^2 + alpha^2 + alpha h
///     npr    E[(eps - eps^)^2 | x]    = alpha^2 + alpha^2 h
///
/// where eps^ is the model's first answer. For data of mean 0 and variance 1, h = 0 is exact. What
/// a step of the solver needs is the variance of x_0, which is such an answer over alpha^2 or, for
/// sn, what is left of it over alpha^2 without eps^^2; with these factors an error of h is not made
/// larger where there is hardly any data in x, for npr, or only by 1 / alpha, for sn. The optimal h
/// is of order one at all levels. Bao, Li, Sun, Zhu, Zhang, "Estimating the optimal covariance with
/// imperfect mean in diffusion probabilistic models", ICML 2022, regress the answers themselves.

namespace nop {

namespace detail {

/// A field of ones, of the shape of x.
template <field X>
auto ones_like(const X& x) {
  auto ones = Tensor<element_of<X>, rank_of<X>, backend_of<X>>::uninitialized(x.shape());
  ones.fill(1);
  return ones;
}

/// f of each level.
template <class Function>
std::vector<double> of_each(std::span<const NoiseLevel> at, const Function& f) {
  std::vector<double> values;
  for (const NoiseLevel& level : at) values.push_back(f(level));
  return values;
}

}  // namespace detail

/// The second answer of a model, of what a network says at x. Fields [batch, ...] of one shape, a
/// level for each sample. Throws PreconditionError for another variance than sn and npr, or where
/// shapes or levels do not fit.
template <field X, field H>
auto second_answer(ReverseVariance variance, const X& x, const H& said,
                   std::span<const NoiseLevel> at) {
  expects(variance == ReverseVariance::sn || variance == ReverseVariance::npr,
          "second_answer: expected sn or npr, got ", enumerator_name(variance));
  const bool sn     = variance == ReverseVariance::sn;
  const auto square = [](const NoiseLevel& level) { return level.alpha * level.alpha; };
  const auto base   = linear_combination(
      detail::of_each(at, [sn](const auto& level) { return sn ? level.sigma * level.sigma : 0; }),
      multiply(x, x), detail::of_each(at, square), detail::ones_like(x));
  return linear_combination(
      std::vector<double>(at.size(), 1), base,
      detail::of_each(at, [&](const auto& level) { return sn ? level.alpha : square(level); }),
      said);
}

/// What the network of sn should say of the x that was made of this data and noise:
/// (eps^2 - sigma^2 x^2 - alpha^2) / alpha = v (eps + sigma x) - alpha, without the division.
template <field X, field Y>
auto sn_target(const X& data, const Y& noise, std::span<const NoiseLevel> at) {
  const std::vector<double> one(at.size(), 1);
  const auto sigma   = detail::of_each(at, [](const auto& level) { return level.sigma; });
  const auto product = multiply(target_of(Parameterisation::v, data, noise, at),
                                linear_combination(one, noise, sigma, noised(data, noise, at)));
  const auto minus   = detail::of_each(at, [](const auto& level) { return -level.alpha; });
  return linear_combination(one, product, minus, detail::ones_like(product));
}

/// What the network of npr should say where the model answers in a parameterisation: (v - v^)^2 -
/// 1, by its error of v.
template <field X, field Y, field Z>
auto npr_target(const X& data, const Y& noise, const Z& answer, Parameterisation says,
                std::span<const NoiseLevel> at) {
  const auto factor = [says](const NoiseLevel& level) {
    return conversion(says, Parameterisation::v, level)[1];
  };
  const auto error =
      linear_combination(detail::of_each(at, factor), answer,
                         detail::of_each(at, [&](const auto& level) { return -factor(level); }),
                         target_of(says, data, noise, at));
  return linear_combination(std::vector<double>(at.size(), 1), multiply(error, error),
                            std::vector<double>(at.size(), -1), detail::ones_like(error));
}

}  // namespace nop
