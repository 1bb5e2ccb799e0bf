// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace nop {

namespace detail {

/// An array laid over a box; where it has an extent of 1, its value is repeated.
template <class Element>
Operand<Element> repeated(Element* data, const Shape<3>& shape) {
  auto operand = whole(data, shape);
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (shape[axis] == 1) operand.step[axis] = 0;
  return operand;
}

struct BroadcastMultiply {
  /// a b, element by element, of arrays of three axes: where one has an extent of 1, its value
  /// meets every value of the other, so that [m, 1, r] and [1, n, r] make [m, n, r]. Throws
  /// PreconditionError if extents differ otherwise.
  template <operand A, operand B>
    requires(rank_of<A> == 3 && rank_of<B> == 3)
  auto operator()(const A& a, const B& b) const {
    Shape<3> box;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::size_t m = a.extent(axis), n = b.extent(axis);
      expects(m == n || m == 1 || n == 1,
              "broadcast_multiply: expected extents that are equal or 1, got ", a.shape(), " and ",
              b.shape());
      box[axis] = m == 1 ? n : m;
    }
    return evaluate(
        [&box](const auto& x, const auto& y) {
          using Field  = std::remove_cvref_t<decltype(x)>;
          auto product = Field::uninitialized(box);
          Field::Backend::map(Times{}, box, whole(product.mutable_data(), box),
                              repeated(x.data(), x.shape()), repeated(y.data(), y.shape()));
          return with_pullbacks(
              std::move(product),
              [y, shape = x.shape()](const auto& g) { return sum(g, y, shape); },
              [x, shape = y.shape()](const auto& g) { return sum(g, x, shape); });
        },
        a, b);
  }

 private:
  /// g conj(other), added up where the array of this shape was repeated.
  template <class Field>
  static Field sum(const Field& g, const Field& other, const Shape<3>& shape) {
    auto total       = Field::uninitialized(shape);
    const auto& box  = g.shape();
    const auto times = repeated(other.data(), other.shape());
    if (shape == box)
      Field::Backend::map(TimesConjugate{}, box, whole(total.mutable_data(), box),
                          whole(g.data(), box), times);
    else
      Field::Backend::sum(TimesConjugate{}, box, repeated(total.mutable_data(), shape),
                          whole(g.data(), box), times);
    return total;
  }
};

}  // namespace detail

inline constexpr detail::BroadcastMultiply broadcast_multiply;

}  // namespace nop
