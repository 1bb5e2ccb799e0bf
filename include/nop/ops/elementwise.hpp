// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/ops/map.hpp>

#include <complex>
#include <type_traits>

namespace nop {

namespace detail {
/// The conjugate of a complex number; a real one is its own.
struct Conjugate {
  constexpr auto operator()(auto x) const {
    if constexpr (complex<decltype(x)>)
      return std::conj(x);
    else
      return x;
  }
};

struct Add {
  /// a + b, of equal shapes. Throws PreconditionError otherwise.
  template <operand A, operand B>
  auto operator()(const A& a, const B& b) const {
    expects(a.shape() == b.shape(), "add: expected two equal shapes, got ", a.shape(), " and ",
            b.shape());
    return evaluate(
        [](const auto& x, const auto& y) {
          const auto pass = [](const auto& g) { return g; };
          return with_pullbacks(mapped([](auto p, auto q) { return p + q; }, x, y), pass, pass);
        },
        a, b);
  }
};

struct Subtract {
  /// a - b, of equal shapes. Throws PreconditionError otherwise.
  template <operand A, operand B>
  auto operator()(const A& a, const B& b) const {
    expects(a.shape() == b.shape(), "subtract: expected two equal shapes, got ", a.shape(), " and ",
            b.shape());
    return evaluate(
        [](const auto& x, const auto& y) {
          return with_pullbacks(
              mapped([](auto p, auto q) { return p - q; }, x, y), [](const auto& g) { return g; },
              [](const auto& g) { return mapped([](auto p) { return -p; }, g); });
        },
        a, b);
  }
};

struct Multiply {
  /// a b, element by element, of equal shapes. Throws PreconditionError otherwise.
  template <operand A, operand B>
  auto operator()(const A& a, const B& b) const {
    expects(a.shape() == b.shape(), "multiply: expected two equal shapes, got ", a.shape(), " and ",
            b.shape());
    return evaluate(
        [](const auto& x, const auto& y) {
          const auto times = [](const auto& g, const auto& factor) {
            return mapped([](auto p, auto q) { return p * Conjugate{}(q); }, g, factor);
          };
          return with_pullbacks(
              mapped([](auto p, auto q) { return p * q; }, x, y),
              [y, times](const auto& g) { return times(g, y); },
              [x, times](const auto& g) { return times(g, x); });
        },
        a, b);
  }
};

struct ScaleBy {
  /// factor x, for a real constant.
  template <field X>
  auto operator()(const X& x, real_of<element_of<X>> factor) const {
    return evaluate(
        [factor](const auto& value) {
          const auto times = [factor](const auto& v) {
            return mapped([factor](auto p) { return p * factor; }, v);
          };
          return with_pullbacks(times(value), [times](const auto& g) { return times(g); });
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
