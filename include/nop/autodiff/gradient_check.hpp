// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/autodiff/members.hpp>
#include <nop/autodiff/tape.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/rng.hpp>
#include <nop/core/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace nop {

/// What `gradient_check` found.
struct GradientCheck {
  double worst_error =
      0;  ///< |tape - differences|, relative to the largest gradient of that tensor or 1
  std::string where   = "nothing";  ///< which entry of which input or parameter
  std::size_t checked = 0;          ///< how many real numbers were moved
};

namespace detail {

/// sum Re(conj(weight) y): a loss that sees every entry of y, in a direction nobody chose.
template <field F>
auto random_projection(const F& y) {
  return evaluate(
      [](const auto& value) {
        using Value             = std::remove_cvref_t<decltype(value)>;
        using E                 = typename Value::Element;
        using B                 = typename Value::Backend;
        using Real              = real_of<E>;
        const std::size_t count = value.size() * (complex<E> ? 2 : 1);
        const RandomStream random(20240607, 1);
        std::vector<Real> numbers(count);
        for (std::size_t i = 0; i < count; ++i) numbers[i] = static_cast<Real>(random.normal(i));
        std::vector<E> weights(value.size());
        for (std::size_t i = 0; i < weights.size(); ++i)
          if constexpr (complex<E>)
            weights[i] = {numbers[2 * i], numbers[2 * i + 1]};
          else
            weights[i] = numbers[i];
        const Value weight(value.shape(), weights);
        const auto values = value.to_host();
        Real total        = 0;
        for (std::size_t i = 0; i < values.size(); ++i)
          total +=
              std::real(std::conj(std::complex<Real>(weights[i])) * std::complex<Real>(values[i]));
        return with_pullbacks(Tensor<Real, 0, B>({}, std::span<const Real>(&total, 1)),
                              [weight](const auto&) { return weight; });
      },
      y);
}

/// Moves every real number of `tensor` a little both ways and compares the slope of `loss()`.
template <class TensorType>
void check_entries(GradientCheck& result, const std::string& name, TensorType& tensor,
                   const std::vector<typename TensorType::Element>& gradient,
                   const std::function<double()>& loss) {
  using E      = typename TensorType::Element;
  using Real   = real_of<E>;
  double scale = 1;
  for (const auto& g : gradient) scale = std::max<double>(scale, std::abs(g));
  const auto original = tensor.to_host();
  expects(gradient.size() == original.size(), "gradient_check: expected a gradient of shape ",
          tensor.shape(), " for ", name, ", got one of ", gradient.size(), " elements");
  for (std::size_t i = 0; i < original.size(); ++i)
    for (int part = 0; part < (complex<E> ? 2 : 1); ++part) {
      const double step = 1e-5 * std::max(1.0, static_cast<double>(std::abs(original[i])));
      const auto slope  = [&](double sign) {
        auto moved = original;
        if constexpr (complex<E>)
          moved[i] += part == 0 ? E(static_cast<Real>(sign * step), 0)
                                 : E(0, static_cast<Real>(sign * step));
        else
          moved[i] += static_cast<Real>(sign * step);
        tensor = TensorType(tensor.shape(), moved);
        return sign * loss() / (2 * step);
      };
      const double expected = slope(+1) + slope(-1);
      const double got =
          part == 0 ? std::real(gradient[i]) : std::imag(std::complex<Real>(gradient[i]));
      const double error = std::abs(got - expected) / scale;
      ++result.checked;
      if (!(error <= result.worst_error)) {
        result.worst_error = std::isnan(error) ? HUGE_VAL : error;
        result.where       = name + '[' + std::to_string(i) + "]: tape " + std::to_string(got) +
                       ", differences " + std::to_string(expected);
      }
    }
  tensor = TensorType(tensor.shape(), original);
}

}  // namespace detail

/// Compares the tape's gradient of a function with central differences, in every entry of every
/// input and, where the function is a module, of every parameter.
///
///     const auto check = gradient_check(layer, x);   // or a lambda, and any number of inputs
///     REQUIRE(check.worst_error < 1e-6);
///
/// In double, a right gradient of a smooth function is matched to about 1e-8. Keep the input away
/// from kinks: differences across one are wrong.
template <class Function, class... E, std::size_t... R, class... B>
GradientCheck gradient_check(const Function& function, const Tensor<E, R, B>&... inputs) {
  Function probe                     = function;
  auto moved                         = std::make_tuple(inputs...);
  const std::function<double()> loss = [&] {
    return std::apply(
        [&](const auto&... x) {
          return static_cast<double>(detail::random_projection(probe(x...)).item());
        },
        moved);
  };

  GradientCheck result;
  Tape tape;
  const auto variables =
      std::apply([&](const auto&... x) { return std::make_tuple(tape.variable(x)...); }, moved);
  const auto gradients   = tape.gradient(std::apply(
      [&](const auto&... x) { return detail::random_projection(probe(x...)); }, variables));
  std::size_t number     = 0;
  const auto check_input = [&](auto& x, const auto& variable) {
    detail::check_entries(result, "input " + std::to_string(number++), x,
                          gradients[variable].to_host(), loss);
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (check_input(std::get<I>(moved), std::get<I>(variables)), ...);
  }(std::index_sequence_for<E...>{});
  if constexpr (module<Function>)
    for_each_parameter(probe, [&](const std::string& path, auto& parameter) {
      detail::check_entries(result, path, parameter.mutable_value(), gradients[parameter].to_host(),
                            loss);
    });
  return result;
}

}  // namespace nop
