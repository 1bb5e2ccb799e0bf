// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/diffusion/noise_level.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace nop {

/// How noise comes in with time t in [0, 1]: a variance preserving diffusion
///
///     x_t = alpha(t) x_0 + sigma(t) eps,   eps ~ N(0, I),   dx = -beta/2 x dt + sqrt(beta) dw
///
/// of which a schedule tells the NoiseLevel at each time. A value; the ones in use are in
/// diffusion/schedules.hpp, and another one is three functions of a double.
class Schedule {
 public:
  using Function = std::function<double(double)>;

  struct Config {
    Function lambda;   ///< log(alpha / sigma) at a time, decreasing
    Function beta;     ///< -2 d log(alpha) / dt at a time
    Function time_at;  ///< the time of a lambda
    double first = 0;  ///< where sampling ends,
    double last  = 1;  ///< and where it begins
  };

  explicit Schedule(Config config) : config_(std::move(config)) {
    expects(0 <= first() && first() < last() && last() <= 1,
            "Schedule: expected 0 <= first < last <= 1, got ", first(), " and ", last());
  }

  /// The times between which samples are made, for the data and for the noise.
  [[nodiscard]] double first() const { return config_.first; }
  [[nodiscard]] double last() const { return config_.last; }

  /// alpha, sigma, lambda, phi at a time in [0, 1].
  [[nodiscard]] NoiseLevel operator()(double time) const {
    expect_time(time);
    return {.time = time, .lambda = config_.lambda(time)};
  }

  /// -2 d log(alpha) / dt at a time in [0, 1].
  [[nodiscard]] double beta(double time) const {
    expect_time(time);
    return config_.beta(time);
  }

  /// The level at which log(alpha / sigma) is lambda. Throws PreconditionError if it is not reached
  /// in [0, 1].
  [[nodiscard]] NoiseLevel at_lambda(double lambda) const {
    constexpr double rounding = 1e-12;
    const double least = config_.lambda(1), largest = config_.lambda(0);
    expects(lambda >= least - rounding * std::abs(least) &&
                lambda <= largest + rounding * std::abs(largest),
            "Schedule: expected a lambda in [", least, ", ", largest, "], got ", lambda);
    return {.time = std::clamp(config_.time_at(lambda), 0.0, 1.0), .lambda = lambda};
  }

  /// The level at an angle phi = atan(sigma / alpha).
  [[nodiscard]] NoiseLevel at_phi(double phi) const { return at_lambda(-std::log(std::tan(phi))); }

 private:
  static void expect_time(double time) {
    expects(time >= 0 && time <= 1, "Schedule: expected a time in [0, 1], got ", time);
  }

  Config config_;
};

}  // namespace nop
