// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/math.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/ops/axes.hpp>

#include <cstddef>
#include <numbers>
#include <type_traits>

namespace nop {

namespace detail {

struct Larger {
  template <class T>
  constexpr T operator()(T a, T b) const {
    return at_least(a, b);
  }
};
/// exp(x - most) for x <= most
struct ExponentialBelow {
  template <class T>
  constexpr T operator()(T x, T most) const {
    return power_of_two(at_least(constant<T>(exponent_of_zero<lane_of<T>>),
                                 T((x - most) * constant<T>(std::numbers::log2e))));
  }
};
struct Over {
  constexpr auto operator()(auto a, auto b) const { return a / b; }
};
/// y (g - mean), where mean is that of g by the weights y
struct SoftmaxPullback {
  constexpr auto operator()(auto g, auto y, auto mean) const { return y * (g - mean); }
};

/// The largest number of each row of a box [1, rows, columns]: the larger ones of the columns' two
/// halves, until one is left. Columns lie in memory for that as rows do.
template <class Field>
auto row_maxima(const Shape<3>& box, const Field& x) {
  using Columns = Tensor<typename Field::Element, 2, typename Field::Backend>;
  Columns left  = transposed(x.reshaped(Shape<2>{box[1], box[2]}));
  for (std::size_t n = box[2]; n > 1;) {
    const std::size_t half = (n + 1) / 2;
    auto larger            = Columns::uninitialized({half, box[1]});
    const Shape<3> all     = {1, 1, larger.size()};
    Field::Backend::map(Larger{}, all, whole(larger.mutable_data(), all), whole(left.data(), all),
                        whole(moved_by(left.data(), (n - half) * box[1]), all));
    left = larger;
    n    = half;
  }
  return left;
}

/// The sum of f along each row.
template <class F, class Field, class... Rest>
auto row_sums(const F& f, const Shape<3>& box, const Field& first, const Rest&... rest) {
  auto sums = Tensor<typename Field::Element, 1, typename Field::Backend>::uninitialized({box[1]});
  Field::Backend::sum(f, box, per_middle(sums.mutable_data()), whole(first.data(), box),
                      whole(rest.data(), box)...);
  return sums;
}

struct Softmax {
  /// y_i = exp(x_i) / sum_j exp(x_j) along the last axis: the weights of a mean. However large the
  /// numbers are, nothing overflows. Throws PreconditionError if the last axis is empty.
  template <field X>
    requires(real<element_of<X>> && rank_of<X> >= 1)
  auto operator()(const X& x) const {
    expects(x.extent(rank_of<X> - 1) > 0,
            "softmax: expected at least one number along the last axis, got a field of shape ",
            x.shape());
    return evaluate(rule, x);
  }

 private:
  static constexpr auto rule = [](const auto& x) {
    using Field               = std::remove_cvref_t<decltype(x)>;
    using Backend             = typename Field::Backend;
    const std::size_t columns = x.extent(Field::rank - 1);
    const Shape<3> box        = {1, x.size() / columns, columns};
    auto powers               = Field::uninitialized(x.shape());
    Backend::map(ExponentialBelow{}, box, whole(powers.mutable_data(), box), whole(x.data(), box),
                 per_middle(row_maxima(box, x).data()));
    const auto totals = row_sums(Same{}, box, powers);
    auto y            = Field::uninitialized(x.shape());
    Backend::map(Over{}, box, whole(y.mutable_data(), box), whole(powers.data(), box),
                 per_middle(totals.data()));
    return with_pullbacks(y, [y, box](const auto& g) {
      const auto means = row_sums(Times{}, box, g, y);
      auto gx          = Field::uninitialized(g.shape());
      Backend::map(SoftmaxPullback{}, box, whole(gx.mutable_data(), box), whole(g.data(), box),
                   whole(y.data(), box), per_middle(means.data()));
      return gx;
    });
  };
};

}  // namespace detail

inline constexpr detail::Softmax softmax;

}  // namespace nop
