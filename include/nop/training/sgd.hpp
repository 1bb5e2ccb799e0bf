// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/members.hpp>
#include <nop/autodiff/tape.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/training/parameter_states.hpp>

#include <cmath>
#include <string>

namespace nop {

namespace detail {

/// momentum v + g
template <real Real>
struct NextVelocity {
  Real momentum;
  constexpr auto operator()(auto v, auto g) const { return v * momentum + g; }
};

}  // namespace detail

/// Gradient descent with momentum (Polyak 1964): v = momentum v + g, p = p - rate v. With a weight
/// decay, g + decay p stands for g. Parameters without a gradient are left as they are.
class Sgd {
 public:
  struct Config {
    double learning_rate = 1e-2;
    double momentum      = 0;
    double weight_decay  = 0;
  };

  explicit Sgd(const Config& config) : config_(config) {
    expects(config.momentum >= 0 && config.momentum < 1, "Sgd: expected a momentum in [0, 1), got ",
            config.momentum);
    expects(config.learning_rate >= 0 && config.weight_decay >= 0,
            "Sgd: expected nothing negative, got learning_rate ", config.learning_rate,
            ", weight_decay ", config.weight_decay);
  }

  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] double learning_rate() const { return config_.learning_rate; }
  /// Throws PreconditionError for a rate that is negative or not finite.
  void set_learning_rate(double rate) {
    expects(rate >= 0 && std::isfinite(rate),
            "Sgd::set_learning_rate: expected a finite rate of at least 0, got ", rate);
    config_.learning_rate = rate;
  }

  /// Changes the parameters of `model` by one step.
  template <module Model>
  void step(Model& model, const Gradients& gradients) {
    for_each_parameter(model, [&](const std::string& path, auto& parameter) {
      if (!gradients.contains(parameter)) return;
      using Real     = real_of<typename std::remove_cvref_t<decltype(parameter)>::Element>;
      auto& value    = parameter.mutable_value();
      auto direction = detail::with_decay(gradients[parameter], value, config_.weight_decay);
      if (config_.momentum > 0) {
        auto& velocity = states_.of(path, parameter).velocity;
        detail::update_parts(detail::NextVelocity<Real>{static_cast<Real>(config_.momentum)},
                             velocity, direction);
        direction = velocity;
      }
      detail::update_parts(PlusMultiple<Real>{static_cast<Real>(-config_.learning_rate)}, value,
                           direction);
    });
  }

  /// Visits `visit(name, tensor)` for the velocity of each parameter of a model,
  /// "<path>.velocity"; nothing without momentum.
  template <module Model, class Visit>
  void for_each_state(const Model& model, const Visit& visit) {
    if (config_.momentum == 0) return;
    for_each_parameter(model, [&](const std::string& path, const auto& parameter) {
      visit(path + ".velocity", states_.of(path, parameter).velocity);
    });
  }

 private:
  template <class Parameter>
  struct Velocity {
    typename Parameter::Value velocity;
    explicit Velocity(const Parameter& parameter) : velocity(parameter.shape()) {}
    [[nodiscard]] const auto& shape() const { return velocity.shape(); }
  };

  Config config_;
  detail::ParameterStates<Velocity> states_;
};

}  // namespace nop
