// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/autodiff/field.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/diffusion/noise_level.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace nop {

namespace detail {

/// m + alpha s^2 / (alpha^2 s^2 + sigma^2) (x - alpha m), of s^2.
template <real Real>
struct GaussianDenoised {
  Real alpha, sigma_squared;
  constexpr auto operator()(auto x, auto mean, auto variance) const {
    return mean +
           variance * alpha / (variance * (alpha * alpha) + sigma_squared) * (x - mean * alpha);
  }
};

/// alpha_t m + sqrt((alpha_t^2 s^2 + sigma_t^2) / (alpha_s^2 s^2 + sigma_s^2)) (x - alpha_s m)
template <real Real>
struct GaussianFlow {
  Real alpha_from, variance_from, alpha_to, variance_to;
  template <class T>
  constexpr T operator()(T x, T mean, T variance) const {
    using std::sqrt;
    const T from = variance * (alpha_from * alpha_from) + variance_from;
    const T to   = variance * (alpha_to * alpha_to) + variance_to;
    return mean * alpha_to + sqrt(T(to / from)) * (x - mean * alpha_from);
  }
};

}  // namespace detail

/// Data of independent normal numbers, for which a diffusion is known in closed form. A sample has
/// any shape; its numbers are in row-major order.
template <real Real, class Backend>
class GaussianData {
 public:
  /// N(mean_i, deviation_i^2). Throws PreconditionError if there are not as many of either.
  GaussianData(std::span<const double> means, std::span<const double> deviations) {
    expects(means.size() == deviations.size() && !means.empty(),
            "GaussianData: expected a deviation for each mean, got ", means.size(), " and ",
            deviations.size());
    std::vector<Real> variances;
    for (const double s : deviations) variances.push_back(static_cast<Real>(s * s));
    variances_ = Tensor<Real, 1, Backend>({variances.size()}, variances);
    means_ =
        Tensor<Real, 1, Backend>({means.size()}, std::vector<Real>(means.begin(), means.end()));
  }

  /// E[x_0 | x_t = x]: what a perfect model of x_0 answers.
  template <field X>
  [[nodiscard]] auto denoised(const X& x, const NoiseLevel& at) const {
    return mapped(detail::GaussianDenoised<Real>{static_cast<Real>(at.alpha),
                                                 static_cast<Real>(at.sigma * at.sigma)},
                  x);
  }

  /// Where the probability flow takes x from one level to another.
  template <field X>
  [[nodiscard]] auto flow(const X& x, const NoiseLevel& from, const NoiseLevel& to) const {
    return mapped(detail::GaussianFlow<Real>{static_cast<Real>(from.alpha),
                                             static_cast<Real>(from.sigma * from.sigma),
                                             static_cast<Real>(to.alpha),
                                             static_cast<Real>(to.sigma * to.sigma)},
                  x);
  }

 private:
  template <class F, field X>
  [[nodiscard]] auto mapped(const F& f, const X& x) const {
    expects(element_count(x.shape(), 1) == means_.size(), "GaussianData: expected samples of ",
            means_.size(), " numbers, got shape ", x.shape());
    const auto& in     = detail::value_of(x);
    auto out           = Tensor<Real, rank_of<X>, Backend>::uninitialized(x.shape());
    const Shape<3> box = {1, x.extent(0), means_.size()};
    Backend::map(f, box, whole(out.mutable_data(), box), whole(in.data(), box),
                 per_inner(means_.data()), per_inner(variances_.data()));
    return out;
  }

  Tensor<Real, 1, Backend> means_;
  Tensor<Real, 1, Backend> variances_;
};

}  // namespace nop
