// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/ops/map.hpp>

namespace nop {

namespace detail {

/// The pullback of an input that passes through: its gradient is that of the result.
inline constexpr auto pass_gradient = [](const auto& g) { return g; };

struct Add {
  /// a + b, of equal shapes. Throws PreconditionError otherwise.
  template <operand A, operand B>
  auto operator()(const A& a, const B& b) const {
    expects(a.shape() == b.shape(), "add: expected two equal shapes, got ", a.shape(), " and ",
            b.shape());
    return evaluate(rule, a, b);
  }

 private:
  static constexpr auto rule = [](const auto& a, const auto& b) {
    return with_pullbacks(mapped(Plus{}, a, b), pass_gradient, pass_gradient);
  };
};

struct Subtract {
  /// a - b, of equal shapes. Throws PreconditionError otherwise.
  template <operand A, operand B>
  auto operator()(const A& a, const B& b) const {
    expects(a.shape() == b.shape(), "subtract: expected two equal shapes, got ", a.shape(), " and ",
            b.shape());
    return evaluate(rule, a, b);
  }

 private:
  static constexpr auto rule = [](const auto& a, const auto& b) {
    return with_pullbacks(mapped(Minus{}, a, b), pass_gradient,
                          [](const auto& g) { return mapped(Negative{}, g); });
  };
};

struct Multiply {
  /// a b, element by element, of equal shapes. Throws PreconditionError otherwise.
  template <operand A, operand B>
  auto operator()(const A& a, const B& b) const {
    expects(a.shape() == b.shape(), "multiply: expected two equal shapes, got ", a.shape(), " and ",
            b.shape());
    return evaluate(rule, a, b);
  }

 private:
  static constexpr auto rule = [](const auto& a, const auto& b) {
    return with_pullbacks(
        mapped(Times{}, a, b), [b](const auto& g) { return mapped(TimesConjugate{}, g, b); },
        [a](const auto& g) { return mapped(TimesConjugate{}, g, a); });
  };
};

struct ScaleBy {
  /// factor x, for a real constant.
  template <field X>
  auto operator()(const X& x, real_of<element_of<X>> factor) const {
    return evaluate(
        [times = TimesConstant<real_of<element_of<X>>>{factor}](const auto& value) {
          return with_pullbacks(mapped(times, value),
                                [times](const auto& g) { return mapped(times, g); });
        },
        x);
  }
};

}  // namespace detail

inline constexpr detail::Add add;
inline constexpr detail::Subtract subtract;
inline constexpr detail::Multiply multiply;
inline constexpr detail::ScaleBy scale_by;

}  // namespace nop
