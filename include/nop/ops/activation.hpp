// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/activation.hpp>
#include <nop/ops/map.hpp>

namespace nop {

namespace detail {

template <class Function>
struct ValueOf {
  constexpr auto operator()(auto x) const { return Function::at(x).value; }
};

/// g f'(x)
template <class Function>
struct TimesSlopeOf {
  constexpr auto operator()(auto g, auto x) const { return g * Function::at(x).slope; }
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

/// sigma of every element of a real field of any shape, in that shape:
///
///     gelu         x Phi(x), Phi the normal distribution (Hendrycks and Gimpel 2016)
///     relu         max(x, 0), of slope 0 at 0
///     leaky_relu   x where positive, else x / 100
///     silu         x / (1 + exp(-x)) (Elfwing, Uchibe, Doya 2018)
///     tanh
///     selu         1.0507 x where positive, else 1.7581 (exp(x) - 1) (Klambauer et al. 2017)
inline constexpr detail::Pointwise<functions::Gelu> gelu;
inline constexpr detail::Pointwise<functions::Relu> relu;
inline constexpr detail::Pointwise<functions::LeakyRelu> leaky_relu;
inline constexpr detail::Pointwise<functions::Silu> silu;
inline constexpr detail::Pointwise<functions::Tanh> tanh;
inline constexpr detail::Pointwise<functions::Selu> selu;

/// The activation of that name of every element of a real field, in its shape; identity is x.
template <field X>
auto activate(const X& x, Activation activation) -> decltype(gelu(x)) {
  if (activation == Activation::identity)
    return evaluate(
        [](const auto& v) { return with_pullbacks(v, [](const auto& g) { return g; }); }, x);
  return with_function(activation,
                       [&x]<class Function>(Function) { return detail::Pointwise<Function>{}(x); });
}

}  // namespace nop
