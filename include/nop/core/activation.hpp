// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/math.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <type_traits>

namespace nop {

/// The activations a model can be configured with.
enum class Activation { identity, gelu, relu, leaky_relu, silu, tanh, selu };
constexpr auto enumerator_names(Activation) {
  return std::to_array<const char*>(
      {"identity", "gelu", "relu", "leaky_relu", "silu", "tanh", "selu"});
}

/// A function at one argument, and its derivative there.
template <class T>
struct ValueAndSlope {
  T value;
  T slope;
};

namespace detail {

/// P and Q of `NormalTail`, from the highest power on.
template <class Lane>
struct NormalSeries {
  static constexpr auto p = std::to_array({0.0154050416, 0.112738553, 0.350348815, 0.499999965});
  static constexpr auto q =
      std::to_array({0.0386226653, 0.282302344, 0.921222318, 1.49857712, 1.0});
};
template <>
struct NormalSeries<double> {
  static constexpr auto p =
      std::to_array({1.1152477431766176e-6, 3.1175923260076621e-5, 4.2346880750711437e-4,
                     3.6262949471161006e-3, 0.021442445602849379, 0.090564587030604530,
                     0.27343924219414393, 0.57180066423621344, 0.75952594786058961, 0.5});
  static constexpr auto q = std::to_array(
      {2.7955115262951241e-6, 7.8146450725673754e-5, 1.0642743983420625e-3, 9.1679198718652871e-3,
       0.054804129177077597, 0.23594521258902729, 0.73706420531759404, 1.6428988992365090,
       2.4922491554942753, 2.3169364565240443, 1.0});
};

/// The part of a distribution beyond a, 1 - F(a), and its density there.
template <class T>
struct Tail {
  T probability;
  T density;
};

/// The normal distribution's tail for a >= 0, with the rational function that best follows Mills'
/// ratio, to 9e-7 in float, 5e-8 where the tail is large, and 3e-16 in double:
///
///     1 - Phi(a) = exp(-a^2/2) P(a) / Q(a)
struct NormalTail {
  /// From here on the exponential is zero.
  template <class Lane>
  static constexpr double end = std::is_same_v<Lane, float> ? 13.268 : 37.6587;

  template <class T>
  static constexpr Tail<T> at(T a) {
    constexpr auto p = NormalSeries<lane_of<T>>::p;
    constexpr auto q = NormalSeries<lane_of<T>>::q;
    const T e        = power_of_two(a * constant<T>(-std::numbers::log2e / 2) * a);
    return {e * polynomial(a, p) / polynomial(a, q),
            e * constant<T>(std::numbers::inv_sqrtpi / std::numbers::sqrt2)};
  }
};

/// The logistic distribution's: 1 - F(a) = exp(-a) / (1 + exp(-a)), of density F (1 - F).
struct LogisticTail {
  template <class Lane>
  static constexpr double end = -exponent_of_zero<Lane> / std::numbers::log2e;

  template <class T>
  static constexpr Tail<T> at(T a) {
    const T e = power_of_two(a * constant<T>(-std::numbers::log2e));
    const T f = constant<T>(1) / (constant<T>(1) + e);
    return {e * f, e * f * f};
  }
};

/// x F(x) for a distribution symmetric about 0, from its tail at a = |x|, where nothing cancels:
///
///     x F(x) = max(x, 0) - a (1 - F(a)),
///     (x F(x))' = w for x < 0, else 1 - w,  with w = 1 - F(a) - a F'(a).
template <class Distribution, class T>
constexpr ValueAndSlope<T> times_distribution(T x) {
  using std::abs;
  const T a = at_most(constant<T>(Distribution::template end<lane_of<T>>), T(abs(x)));
  const auto [probability, density] = Distribution::at(a);
  const T w                         = multiply_add(-a, density, probability);
  return {multiply_add(-a, probability, at_least(constant<T>(0), x)),
          select(x < constant<T>(0), w, constant<T>(1) - w)};
}

}  // namespace detail

/// Functions applied to every element. `at(x)`, over a scalar or a SIMD register, is the value
/// together with the derivative; whoever needs only one of them pays for that one.
namespace functions {

struct Identity {
  template <class T>
  static constexpr ValueAndSlope<T> at(T x) {
    return {x, constant<T>(1)};
  }
};

/// x Phi(x), Phi the normal distribution (Hendrycks and Gimpel 2016). Phi is right to 2e-7 in float
/// and 1e-15 in double, and relative to its own size up to the roundings of x^2.
struct Gelu {
  template <class T>
  static constexpr ValueAndSlope<T> at(T x) {
    return detail::times_distribution<detail::NormalTail>(x);
  }
};

/// max(x, 0), and what is not a number remains none
struct Relu {
  template <class T>
  static constexpr ValueAndSlope<T> at(T x) {
    const T zero = constant<T>(0);
    return {at_least(zero, x), select(x > zero, constant<T>(1), zero)};
  }
};

/// x where positive, else x / 100
struct LeakyRelu {
  template <class T>
  static constexpr ValueAndSlope<T> at(T x) {
    const T slope = select(x > constant<T>(0), constant<T>(1), constant<T>(0.01));
    return {x * slope, slope};
  }
};

/// x / (1 + exp(-x)) (Elfwing, Uchibe, Doya 2018)
struct Silu {
  template <class T>
  static constexpr ValueAndSlope<T> at(T x) {
    return detail::times_distribution<detail::LogisticTail>(x);
  }
};

struct Tanh {
  template <class T>
  static constexpr ValueAndSlope<T> at(T x) {
    using std::tanh;
    const T y = tanh(x);
    return {y, multiply_add(-y, y, constant<T>(1))};
  }
};

/// scale x where positive, else scale alpha (exp(x) - 1), with the two numbers that keep mean 0 and
/// variance 1 (Klambauer et al., NeurIPS 2017)
struct Selu {
  static constexpr double scale = 1.0507009873554804934, alpha = 1.6732632423543772848;

  template <class T>
  static constexpr ValueAndSlope<T> at(T x) {
    using std::expm1;
    const T zero = constant<T>(0);
    const T less = constant<T>(scale * alpha) * T(expm1(at_most(zero, x)));
    return {multiply_add(constant<T>(scale), at_least(zero, x), less),
            select(x > zero, constant<T>(scale), less + constant<T>(scale * alpha))};
  }
};

}  // namespace functions

/// Calls `use(function)` with the function of that name.
template <class Use>
constexpr decltype(auto) with_function(Activation activation, const Use& use) {
  switch (activation) {
    case Activation::gelu:
      return use(functions::Gelu{});
    case Activation::relu:
      return use(functions::Relu{});
    case Activation::leaky_relu:
      return use(functions::LeakyRelu{});
    case Activation::silu:
      return use(functions::Silu{});
    case Activation::tanh:
      return use(functions::Tanh{});
    case Activation::selu:
      return use(functions::Selu{});
    case Activation::identity:
      break;
  }
  return use(functions::Identity{});
}

}  // namespace nop
