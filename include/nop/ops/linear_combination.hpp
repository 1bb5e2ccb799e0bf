// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/ops/map.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace nop {

namespace detail {

/// sum_k factor_k x_k
template <real Real, std::size_t Count>
struct Combination {
  std::array<Real, Count> factor;

  template <class... X>
  constexpr auto operator()(const X&... x) const {
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      return ((x * factor[K]) + ...);
    }(std::index_sequence_for<X...>{});
  }
};

/// a x + b y
struct CombinationOfTwo {
  constexpr auto operator()(auto x, auto y, auto a, auto b) const { return x * a + y * b; }
};

template <class Element, std::size_t Count>
Combination<real_of<Element>, Count> combination(const std::array<double, Count>& factors) {
  Combination<real_of<Element>, Count> result;
  for (std::size_t k = 0; k < Count; ++k)
    result.factor[k] = static_cast<real_of<Element>>(factors[k]);
  return result;
}

struct LinearCombination {
  /// sum_k factors_k x_k of fields of one shape and type of number, in one pass over memory. Throws
  /// PreconditionError if the shapes differ.
  ///
  ///     linear_combination({0.5, 2.0}, x, y)   // x / 2 + 2 y
  template <operand First, operand... Rest>
    requires(std::is_same_v<element_of<First>, element_of<Rest>> && ...)
  auto operator()(const std::array<double, 1 + sizeof...(Rest)>& factors, const First& first,
                  const Rest&... rest) const {
    (expect_shape(first.shape(), rest.shape()), ...);
    return evaluate([&factors](const auto&... x) { return rule(factors, x...); }, first, rest...);
  }

  /// a_i x_i + b_i y_i for each sample i of two batches of one shape. Throws PreconditionError if
  /// the shapes differ or there is not one pair of factors for each sample.
  template <operand X, operand Y>
    requires(std::is_same_v<element_of<X>, element_of<Y>> && rank_of<X> == rank_of<Y> &&
             rank_of<X> >= 1)
  auto operator()(std::span<const double> a, const X& x, std::span<const double> b,
                  const Y& y) const {
    expect_shape(x.shape(), y.shape());
    expects(a.size() == x.extent(0) && b.size() == x.extent(0),
            "linear_combination: expected factors for each of ", x.extent(0), " samples, got ",
            a.size(), " and ", b.size());
    return evaluate([&](const auto& u, const auto& v) { return rule_by_sample(a, u, b, v); }, x, y);
  }

 private:
  template <std::size_t Rank>
  static void expect_shape(const Shape<Rank>& first, const Shape<Rank>& other) {
    expects(first == other, "linear_combination: expected equal shapes, got ", first, " and ",
            other);
  }

  template <std::size_t Count, class... Field>
  static auto rule(const std::array<double, Count>& factors, const Field&... x) {
    using Element = typename std::tuple_element_t<0, std::tuple<Field...>>::Element;
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      return with_pullbacks(mapped(combination<Element>(factors), x...),
                            times<Element>(factors[K])...);
    }(std::index_sequence_for<Field...>{});
  }

  /// The pullback of x factor.
  template <class Element>
  static auto times(double factor) {
    using Real = real_of<Element>;
    return [by = TimesConstant<Real>{static_cast<Real>(factor)}](const auto& g) {
      return mapped(by, g);
    };
  }

  /// One factor for each sample.
  template <class Field>
  static auto on_backend(std::span<const double> factors) {
    using Real = real_of<typename Field::Element>;
    std::vector<Real> values;
    values.reserve(factors.size());
    for (const double factor : factors) values.push_back(static_cast<Real>(factor));
    return Tensor<Real, 1, typename Field::Backend>({values.size()}, values);
  }

  template <class Field, class F, class... Operands>
  static Field by_sample(const F& f, const Shape<Field::rank>& shape, const Shape<3>& box,
                         const Operands&... in) {
    auto result = Field::uninitialized(shape);
    Field::Backend::map(f, box, whole(result.mutable_data(), box), in...);
    return result;
  }

  template <class Field>
  static auto rule_by_sample(std::span<const double> a, const Field& x, std::span<const double> b,
                             const Field& y) {
    const Shape<3> box = {1, x.extent(0), element_count(x.shape(), 1)};
    const auto of_x = on_backend<Field>(a), of_y = on_backend<Field>(b);
    const auto pullback = [box](const auto& factors) {
      return [box, factors](const auto& g) {
        return by_sample<Field>(Times{}, g.shape(), box, whole(g.data(), box),
                                per_middle(factors.data()));
      };
    };
    return with_pullbacks(
        by_sample<Field>(CombinationOfTwo{}, x.shape(), box, whole(x.data(), box),
                         whole(y.data(), box), per_middle(of_x.data()), per_middle(of_y.data())),
        pullback(of_x), pullback(of_y));
  }
};

}  // namespace detail

inline constexpr detail::LinearCombination linear_combination;

}  // namespace nop
