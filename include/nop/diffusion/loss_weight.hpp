// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/core/expects.hpp>
#include <nop/diffusion/noise_level.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace nop {

/// What the distance of a model's x_0 from the data is weighted with, by its noise. The first four
/// are of its square: Salimans and Ho, ICLR 2022, section 4.
enum class LossWeight {
  x0,             ///< 1: the square of the error of x_0
  eps,            ///< snr = alpha^2 / sigma^2: that of eps
  v,              ///< 1 + snr: that of v
  truncated_snr,  ///< max(1, snr)
  ratio           ///< max(1, alpha / sigma): Zheng et al., "Fast sampling of diffusion models via
                  ///< operator learning", ICML 2023
};
constexpr auto enumerator_names(LossWeight) {
  return std::to_array<const char*>({"x0", "eps", "v", "truncated_snr", "ratio"});
}

/// The weight at a level of noise, but no more than `largest`, which matters where there is hardly
/// any. Throws PreconditionError unless `largest` is positive.
inline double loss_weight(LossWeight which, const NoiseLevel& at,
                          double largest = std::numeric_limits<double>::infinity()) {
  expects(largest > 0, "loss_weight: expected a positive bound, got ", largest);
  const auto weight = [&] {
    switch (which) {
      case LossWeight::x0:
        return 1.0;
      case LossWeight::eps:
        return at.snr();
      case LossWeight::v:
        return 1 + at.snr();
      case LossWeight::truncated_snr:
        return std::max(1.0, at.snr());
      case LossWeight::ratio:
        return std::max(1.0, 1 / at.noise_ratio());
    }
    throw PreconditionError("loss_weight: expected one of the weights");
  };
  return std::min(weight(), largest);
}

}  // namespace nop
