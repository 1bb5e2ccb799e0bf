// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/training/schedule.hpp>

#include <concepts>
#include <functional>
#include <utility>
#include <variant>

namespace nop {

/// Any schedule in one type: a function of the epochs that are behind, or a Plateau, which also
/// looks at the losses.
class LearningRate {
 public:
  // NOLINTBEGIN(google-explicit-constructor): a schedule is a learning rate
  template <std::invocable<double> Schedule>
  LearningRate(Schedule schedule) : rate_(Function(std::move(schedule))) {}
  LearningRate(const Plateau& plateau) : rate_(plateau) {}
  LearningRate(double rate) : LearningRate(ConstantRate{rate}) {}
  // NOLINTEND(google-explicit-constructor)

  /// The rate of the epoch that comes after `epochs` others.
  [[nodiscard]] double rate(double epochs) const {
    if (const auto* const plateau = std::get_if<Plateau>(&rate_)) return plateau->rate();
    return std::get<Function>(rate_)(epochs);
  }

  /// Takes note of the loss of an epoch.
  void observe(double loss) {
    if (auto* const watched = plateau()) watched->observe(loss);
  }

  /// What has a state, if it has one.
  [[nodiscard]] Plateau* plateau() { return std::get_if<Plateau>(&rate_); }
  [[nodiscard]] const Plateau* plateau() const { return std::get_if<Plateau>(&rate_); }

 private:
  using Function = std::function<double(double)>;
  std::variant<Function, Plateau> rate_;
};

}  // namespace nop
