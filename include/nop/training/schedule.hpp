// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <utility>

/// \file
/// Learning rates: functions of the epochs (or steps) that are behind, 0 at the beginning.
///
///     const CosineDecay schedule{.initial = 1e-3, .period = 100};
///     optimizer.set_learning_rate(schedule(epoch));

namespace nop {

/// Always the same.
struct ConstantRate {
  double rate;
  constexpr double operator()(double) const { return rate; }
};

/// initial factor^floor(t / every)
struct StepDecay {
  double initial;
  double every;
  double factor = 0.5;
  double operator()(double time) const {
    expects(every > 0, "StepDecay: expected a positive number of epochs, got ", every);
    return initial * std::pow(factor, std::floor(time / every));
  }
};

/// initial factor^t
struct ExponentialDecay {
  double initial;
  double factor;
  double operator()(double time) const { return initial * std::pow(factor, time); }
};

/// final + (initial - final) (1 + cos(pi t / period)) / 2: half a wave down to `final` at t =
/// period, and up again after it (Loshchilov and Hutter 2017, without restarts).
struct CosineDecay {
  double initial;
  double period;
  double final = 0;
  double operator()(double time) const {
    expects(period > 0, "CosineDecay: expected a positive period, got ", period);
    return final + (initial - final) * (1 + std::cos(std::numbers::pi * time / period)) / 2;
  }
};

/// A straight line from start next(0) to next(0) while t < duration, then next(t - duration).
/// Next can be left out but for clang before 17.
template <class Next>
struct LinearWarmUp {
  double duration;
  double start = 0;  ///< of the rate that is warmed up to
  Next next;

  double operator()(double time) const {
    if (time >= duration) return next(time - duration);
    return next(0) * (start + (1 - start) * time / duration);
  }
};

/// A rate that falls by a factor when a loss has not fallen for longer than `patience` epochs:
/// shown a loss after each epoch. The same decisions as torch's ReduceLROnPlateau.
class Plateau {
 public:
  struct Config {
    double initial;
    double factor          = 0.1;
    std::uint64_t patience = 10;
    double threshold       = 1e-4;  ///< a loss counts as lower below best (1 - threshold)
    std::uint64_t cooldown = 0;     ///< epochs after a fall that are not counted
    double lowest          = 0;     ///< no rate below this
  };
  /// All that changes.
  struct State {
    double rate;
    double best                   = std::numeric_limits<double>::infinity();
    std::uint64_t epochs_too_high = 0;
    std::uint64_t epochs_to_cool  = 0;
  };

  explicit Plateau(const Config& config) : Plateau(config, {.rate = config.initial}) {}
  Plateau(const Config& config, const State& state) : config_(config), state_(state) {
    expects(config.factor > 0 && config.factor < 1, "Plateau: expected a factor in (0, 1), got ",
            config.factor);
  }

  [[nodiscard]] double rate() const { return state_.rate; }
  [[nodiscard]] const State& state() const { return state_; }
  void restore(const State& state) { state_ = state; }

  /// Takes note of the loss of an epoch.
  void observe(double loss) {
    if (loss < state_.best * (1 - config_.threshold)) {
      state_.best            = loss;
      state_.epochs_too_high = 0;
    } else {
      ++state_.epochs_too_high;
    }
    if (state_.epochs_to_cool > 0) {
      --state_.epochs_to_cool;
      state_.epochs_too_high = 0;
    }
    if (state_.epochs_too_high <= config_.patience) return;
    const double lower = std::max(state_.rate * config_.factor, config_.lowest);
    if (state_.rate - lower > 1e-8) state_.rate = lower;
    state_.epochs_to_cool  = config_.cooldown;
    state_.epochs_too_high = 0;
  }

 private:
  Config config_;
  State state_;
};

}  // namespace nop
