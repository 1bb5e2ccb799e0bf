// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/operand.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace nop {

namespace detail {

struct Sum {
  /// The sum of all elements, of rank 0.
  template <field X>
  auto operator()(const X& x) const {
    return evaluate(
        [](const auto& value) {
          using Field        = std::remove_cvref_t<decltype(value)>;
          using Backend      = typename Field::Backend;
          const Shape<3> box = {1, 1, value.size()};
          auto total         = Tensor<typename Field::Element, 0, Backend>::uninitialized({});
          Backend::sum([](auto v) { return v; }, box, single(total.mutable_data()),
                       whole(value.data(), box));
          return with_pullbacks(std::move(total), [shape = value.shape()](const auto& g) {
            auto gradient           = Field::uninitialized(shape);
            const Shape<3> elements = {1, 1, gradient.size()};
            Backend::map([](auto v) { return v; }, elements,
                         whole(gradient.mutable_data(), elements), single(g.data()));
            return gradient;
          });
        },
        x);
  }
};

struct SumOfSquares {
  /// The sum of |x|^2 over all elements of a real field, of rank 0.
  template <field X>
    requires real<element_of<X>>
  auto operator()(const X& x) const {
    return evaluate(
        [](const auto& value) {
          using Field        = std::remove_cvref_t<decltype(value)>;
          using Backend      = typename Field::Backend;
          const Shape<3> box = {1, 1, value.size()};
          auto total         = Tensor<typename Field::Element, 0, Backend>::uninitialized({});
          Backend::sum([](auto v) { return v * v; }, box, single(total.mutable_data()),
                       whole(value.data(), box));
          return with_pullbacks(std::move(total), [value](const auto& g) {
            auto gradient           = Field::uninitialized(value.shape());
            const Shape<3> elements = {1, 1, gradient.size()};
            Backend::map([](auto v, auto s) { return (v + v) * s; }, elements,
                         whole(gradient.mutable_data(), elements), whole(value.data(), elements),
                         single(g.data()));
            return gradient;
          });
        },
        x);
  }
};

}  // namespace detail

inline constexpr detail::Sum sum;
inline constexpr detail::SumOfSquares sum_of_squares;

}  // namespace nop
