// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/members.hpp>
#include <nop/autodiff/tape.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/training/parameter_states.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

namespace nop {

/// How an optimizer makes large parameters smaller.
enum class WeightDecay {
  in_gradient,  ///< g + decay p stands for g: a penalty decay/2 |p|^2 (Krogh and Hertz 1991)
  decoupled     ///< p - rate decay p after the step (Loshchilov and Hutter 2019)
};

namespace detail {

/// p a + q |b|^2
template <real Real>
struct WeightedSumWithSquare {
  Real p, q;
  constexpr auto operator()(auto a, auto b) const {
    return WeightedSum<Real>{p, q}(a, SquaredSize{}(b));
  }
};
/// rate / (sqrt(v) + epsilon)
template <real Real>
struct AdamStepSize {
  Real rate, epsilon;
  constexpr auto operator()(auto v) const { return rate / (SquareRoot{}(v) + epsilon); }
};
/// kept (p - m step)
template <real Real>
struct AdamStep {
  Real kept;
  constexpr auto operator()(auto p, auto m, auto step) const { return (p - m * step) * kept; }
};

}  // namespace detail

/// Steps of a size that each number's past gradients decide:
///
///     m = beta1 m + (1 - beta1) g,     v = beta2 v + (1 - beta2) |g|^2
///     p = p - rate sqrt(1 - beta2^t) / (1 - beta1^t)  m / (sqrt(v) + epsilon)
///
/// A complex number has one v for both parts. Parameters without a gradient are left as they are;
/// t counts the steps of each parameter. As in the reference library, epsilon is added before the
/// bias of v is corrected.
///
///     Adam optimizer({.learning_rate = 1e-3});
///     optimizer.step(model, tape.gradient(loss));
///
/// Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015.
template <WeightDecay Decay>
class AdamOptimizer {
 public:
  struct Config {
    double learning_rate = 1e-3;
    double beta1         = 0.9;
    double beta2         = 0.999;
    double epsilon       = 1e-6;
    double weight_decay  = 0;
  };

  explicit AdamOptimizer(const Config& config) : config_(config) {
    const auto is_mean = [](double beta) { return beta >= 0 && beta < 1; };
    expects(is_mean(config.beta1) && is_mean(config.beta2),
            "Adam: expected both betas in [0, 1), got ", config.beta1, " and ", config.beta2);
    expects(config.learning_rate >= 0 && config.epsilon >= 0 && config.weight_decay >= 0,
            "Adam: expected nothing negative, got learning_rate ", config.learning_rate,
            ", epsilon ", config.epsilon, ", weight_decay ", config.weight_decay);
  }

  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] double learning_rate() const { return config_.learning_rate; }
  /// Throws PreconditionError for a rate that is negative or not finite.
  void set_learning_rate(double rate) {
    expects(rate >= 0 && std::isfinite(rate),
            "Adam::set_learning_rate: expected a finite rate of at least 0, got ", rate);
    config_.learning_rate = rate;
  }

  /// Changes the parameters of `model` by one step.
  template <module Model>
  void step(Model& model, const Gradients& gradients) {
    for_each_parameter(model, [&](const std::string& path, auto& parameter) {
      if (gradients.contains(parameter))
        step(states_.of(path, parameter), parameter.mutable_value(), gradients[parameter]);
    });
  }

  /// Visits `visit(name, tensor)` and `visit(name, count)` for what is remembered of each parameter
  /// of a model: "<path>.first", "<path>.second" and "<path>.steps".
  template <module Model, class Visit>
  void for_each_state(const Model& model, const Visit& visit) {
    for_each_parameter(model, [&](const std::string& path, const auto& parameter) {
      auto& moments = states_.of(path, parameter);
      visit(path + ".first", moments.first);
      visit(path + ".second", moments.second);
      visit(path + ".steps", moments.steps);
    });
  }

 private:
  template <class Parameter>
  struct Moments {
    using Real = real_of<typename Parameter::Element>;

    typename Parameter::Value first;
    Tensor<Real, Parameter::rank, typename Parameter::Backend> second;
    std::uint64_t steps = 0;

    explicit Moments(const Parameter& parameter)
        : first(parameter.shape()), second(parameter.shape()) {}
    [[nodiscard]] const auto& shape() const { return first.shape(); }
  };

  template <class Moments, class Value>
  void step(Moments& moments, Value& value, const Value& raw_gradient) const {
    using Real          = typename Moments::Real;
    const auto gradient = Decay == WeightDecay::in_gradient
                              ? detail::with_decay(raw_gradient, value, config_.weight_decay)
                              : raw_gradient;
    ++moments.steps;
    const auto t        = static_cast<double>(moments.steps);
    const auto part     = [](double factor) { return static_cast<Real>(factor); };
    const auto correct1 = 1 - std::pow(config_.beta1, t);
    const auto correct2 = 1 - std::pow(config_.beta2, t);
    const Real rate     = part(config_.learning_rate * std::sqrt(correct2) / correct1);
    const Real kept     = part(
        Decay == WeightDecay::decoupled ? 1 - config_.learning_rate * config_.weight_decay : 1);
    const WeightedSum<Real> first{part(config_.beta1), part(1 - config_.beta1)};
    const detail::WeightedSumWithSquare<Real> second{part(config_.beta2), part(1 - config_.beta2)};
    const detail::AdamStepSize<Real> size_of_step{rate, part(config_.epsilon)};

    // Piece by piece, so that what one line writes the next one finds in a cache.
    using Backend            = typename Value::Backend;
    constexpr auto parts     = detail::parts_per<typename Value::Element>;
    const auto* const g_data = gradient.data();
    auto* const p_data       = value.mutable_data();
    auto* const m_data       = moments.first.mutable_data();
    Real* const v_data       = moments.second.mutable_data();
    Backend::by_pieces(value.size(), [&](std::size_t begin, std::size_t end) {
      const std::size_t count = end - begin;
      const auto* const g     = g_data + begin;
      auto *const p = p_data + begin, *const m = m_data + begin;
      Real* const v    = v_data + begin;
      auto steps       = Tensor<Real, 1, Backend>::uninitialized({count});
      Real* const step = steps.mutable_data();
      detail::update_elements<Backend>(first, parts * count, detail::parts_of(m),
                                       detail::parts_of(g));
      detail::update_elements<Backend>(second, count, v, g);
      Backend::map(size_of_step, Shape<3>{1, 1, count}, whole(step, {1, 1, count}),
                   whole<const Real>(v, {1, 1, count}));
      detail::update_elements<Backend>(detail::AdamStep<Real>{kept}, count, p, m, step);
    });
  }

  Config config_;
  detail::ParameterStates<Moments> states_;
};

using Adam  = AdamOptimizer<WeightDecay::in_gradient>;
using AdamW = AdamOptimizer<WeightDecay::decoupled>;

}  // namespace nop
