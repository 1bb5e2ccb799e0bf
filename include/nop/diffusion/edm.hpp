// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/core/rng.hpp>
#include <nop/diffusion/noise_level.hpp>

#include <cmath>
#include <cstddef>

namespace nop {

/// How a network F makes a model of x_0 from y = x_t / alpha, whose noise is sigma / alpha:
///
///     x_0 = skip y + out F(in y, noise)
///
/// so that what goes into F, and what it should say, have variance 1 at all levels, and with
/// `weight` on the square of the error of x_0 all levels weigh alike at first. Karras et al.,
/// NeurIPS 2022, table 1.
struct EdmPreconditioning {
  double skip;
  double out;
  double in;
  double noise;
  double weight;

  /// For data of this standard deviation. Throws PreconditionError unless it is positive.
  static EdmPreconditioning at(const NoiseLevel& level, double data_deviation = 0.5) {
    expects(data_deviation > 0, "EdmPreconditioning: expected a positive deviation, got ",
            data_deviation);
    const double ratio = level.noise_ratio(), both = std::hypot(ratio, data_deviation);
    const double out = ratio * data_deviation / both;
    return {.skip   = data_deviation * data_deviation / (both * both),
            .out    = out,
            .in     = 1 / both,
            .noise  = -level.lambda / 4,
            .weight = 1 / (out * out)};
  }

  /// log(alpha / sigma) to train at, number `index` of a sequence: the ratio is log-normal.
  static double draw_lambda(const RandomStream& stream, std::size_t index) {
    return 1.2 - 1.2 * stream.normal(index);
  }
};

}  // namespace nop
