// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/math.hpp>
#include <nop/core/operand.hpp>

#include <cmath>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace nop {

/// How the numbers that a loss has for each channel of each sample become one.
enum class Reduction {
  mean,  ///< their mean over batch and channels
  sum    ///< their sum over batch and channels
};

namespace detail {

/// The sum of f over all elements, of rank 0.
template <class F, class Field>
auto summed(const F& f, const Field& x) {
  using Backend      = typename Field::Backend;
  const Shape<3> box = {1, 1, x.size()};
  auto total         = Tensor<typename Field::Element, 0, Backend>::uninitialized({});
  Backend::sum(f, box, single(total.mutable_data()), whole(x.data(), box));
  return total;
}

struct Sum {
  /// The sum of all elements, of rank 0.
  template <field X>
  auto operator()(const X& x) const {
    return evaluate(rule, x);
  }

 private:
  static constexpr auto rule = [](const auto& x) {
    using Field = std::remove_cvref_t<decltype(x)>;
    return with_pullbacks(summed(Same{}, x), [shape = x.shape()](const auto& g) {
      auto gradient      = Field::uninitialized(shape);
      const Shape<3> box = {1, 1, gradient.size()};
      Field::Backend::map(Same{}, box, whole(gradient.mutable_data(), box), single(g.data()));
      return gradient;
    });
  };
};

/// The sum of f over all elements of a real field, of rank 0; `Slope` makes the gradient of an
/// element of it and the gradient of the sum.
template <class F, class Slope>
struct SumOf {
  template <field X>
    requires real<element_of<X>>
  auto operator()(const X& x) const {
    return evaluate(rule, x);
  }

 private:
  static constexpr auto rule = [](const auto& x) {
    using Field = std::remove_cvref_t<decltype(x)>;
    return with_pullbacks(summed(F{}, x), [x](const auto& g) {
      auto gradient      = Field::uninitialized(x.shape());
      const Shape<3> box = {1, 1, gradient.size()};
      Field::Backend::map(Slope{}, box, whole(gradient.mutable_data(), box), whole(x.data(), box),
                          single(g.data()));
      return gradient;
    });
  };
};

struct TwiceTimes {
  constexpr auto operator()(auto v, auto s) const { return (v + v) * s; }
};

struct Magnitude {
  constexpr auto operator()(auto v) const {
    using std::abs;
    return abs(v);
  }
};
struct SignTimes {
  template <class T>
  constexpr T operator()(T v, T s) const {
    const T zero = constant<T>(0);
    return select(v > zero, s, select(v < zero, -s, zero));
  }
};

}  // namespace detail

inline constexpr detail::Sum sum;
/// The sum of x^2 over all elements of a real field, of rank 0.
inline constexpr detail::SumOf<SquaredSize, detail::TwiceTimes> sum_of_squares;
/// The sum of |x| over all elements of a real field, of rank 0. Its slope at 0 is 0.
inline constexpr detail::SumOf<detail::Magnitude, detail::SignTimes> sum_of_magnitudes;

}  // namespace nop
