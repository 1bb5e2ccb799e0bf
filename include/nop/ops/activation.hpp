// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/math.hpp>
#include <nop/ops/map.hpp>

#include <array>
#include <cmath>
#include <numbers>

namespace nop {

/// The activations a model can be configured with.
enum class Activation { identity, gelu, relu, leaky_relu, silu, tanh };
constexpr auto enumerator_names(Activation) {
  return std::to_array<const char*>({"identity", "gelu", "relu", "leaky_relu", "silu", "tanh"});
}

/// A function applied to every element, with its derivative. `value` and `slope` are templates
/// over the type of the argument: a scalar or a SIMD register.
namespace functions {

/// x Phi(x), Phi the normal distribution (Hendrycks and Gimpel 2016), by the error function.
struct Gelu {
  template <class T>
  static constexpr T value(T x) {
    using std::erf;
    return constant<T>(0.5) * x * (constant<T>(1) + erf(x * constant<T>(1 / std::numbers::sqrt2)));
  }
  template <class T>
  static constexpr T slope(T x) {
    using std::erf;
    using std::exp;
    const T density = constant<T>(std::numbers::inv_sqrtpi / std::numbers::sqrt2) *
                      exp(constant<T>(-0.5) * x * x);
    return constant<T>(0.5) * (constant<T>(1) + erf(x * constant<T>(1 / std::numbers::sqrt2))) +
           x * density;
  }
};

/// max(x, 0), and what is not a number remains none
struct Relu {
  template <class T>
  static constexpr T value(T x) {
    return select(x < constant<T>(0), constant<T>(0), x);
  }
  template <class T>
  static constexpr T slope(T x) {
    return select(x > constant<T>(0), constant<T>(1), constant<T>(0));
  }
};

/// x where positive, else x / 100
struct LeakyRelu {
  static constexpr double leak = 0.01;
  template <class T>
  static constexpr T value(T x) {
    return select(x > constant<T>(0), x, constant<T>(leak) * x);
  }
  template <class T>
  static constexpr T slope(T x) {
    return select(x > constant<T>(0), constant<T>(1), constant<T>(leak));
  }
};

/// x / (1 + exp(-x)) (Elfwing, Uchibe, Doya 2018)
struct Silu {
  template <class T>
  static constexpr T value(T x) {
    using std::exp;
    return x / (constant<T>(1) + exp(-x));
  }
  template <class T>
  static constexpr T slope(T x) {
    using std::exp;
    const T sigmoid = constant<T>(1) / (constant<T>(1) + exp(-x));
    return sigmoid * (constant<T>(1) + x * (constant<T>(1) - sigmoid));
  }
};

struct Tanh {
  template <class T>
  static constexpr T value(T x) {
    using std::tanh;
    return tanh(x);
  }
  template <class T>
  static constexpr T slope(T x) {
    using std::tanh;
    const T y = tanh(x);
    return constant<T>(1) - y * y;
  }
};

}  // namespace functions

namespace detail {

template <class Function>
struct ValueOf {
  constexpr auto operator()(auto x) const { return Function::value(x); }
};

/// g f'(x)
template <class Function>
struct TimesSlopeOf {
  constexpr auto operator()(auto g, auto x) const { return g * Function::slope(x); }
};

template <class Function>
struct Pointwise {
  /// The function of every element of a real field, of any shape.
  template <field X>
    requires real<element_of<X>>
  auto operator()(const X& x) const {
    return evaluate(rule, x);
  }

 private:
  static constexpr auto rule = [](const auto& x) {
    return with_pullbacks(mapped(ValueOf<Function>{}, x),
                          [x](const auto& g) { return mapped(TimesSlopeOf<Function>{}, g, x); });
  };
};

}  // namespace detail

inline constexpr detail::Pointwise<functions::Gelu> gelu;
inline constexpr detail::Pointwise<functions::Relu> relu;
inline constexpr detail::Pointwise<functions::LeakyRelu> leaky_relu;
inline constexpr detail::Pointwise<functions::Silu> silu;
inline constexpr detail::Pointwise<functions::Tanh> tanh;

/// Applies the chosen activation.
template <field X>
auto activate(const X& x, Activation activation) -> decltype(gelu(x)) {
  switch (activation) {
    case Activation::gelu:
      return gelu(x);
    case Activation::relu:
      return relu(x);
    case Activation::leaky_relu:
      return leaky_relu(x);
    case Activation::silu:
      return silu(x);
    case Activation::tanh:
      return tanh(x);
    case Activation::identity:
      break;
  }
  return evaluate([](const auto& v) { return with_pullbacks(v, [](const auto& g) { return g; }); },
                  x);
}

}  // namespace nop
