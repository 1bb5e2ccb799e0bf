// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/operand.hpp>

#include <cmath>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace nop {

namespace detail {

/// The mean of f(x...) over each row of a box [1, rows, columns]: shape [rows].
template <class F, class Field, class... Row>
auto row_mean(const F& f, const Shape<3>& box, const Field& x, const Row&... rest) {
  using Real     = typename Field::Element;
  using Backend  = typename Field::Backend;
  auto mean      = Tensor<Real, 1, Backend>::uninitialized({box[1]});
  const auto per = Real(1) / static_cast<Real>(box[2]);
  Backend::sum([f, per](auto... v) { return f(v...) * per; }, box, per_middle(mean.mutable_data()),
               whole(x.data(), box), rest...);
  return mean;
}

struct GroupNorm {
  /// (x - mean) / sqrt(variance + epsilon) over each group of channels of each sample, with the
  /// biased variance (Wu and He 2018). As many groups as channels is instance norm, one group layer
  /// norm. Throws PreconditionError unless the groups divide the channels.
  template <field X>
    requires real<element_of<X>>
  auto operator()(const X& x, std::size_t groups, element_of<X> epsilon) const {
    expects(groups > 0 && x.extent(1) % groups == 0,
            "group_norm: expected a number of groups that divides ", x.extent(1), " channels, got ",
            groups);
    expects(element_count(x.shape(), 1) > 0, "group_norm: expected at least one point, got ",
            x.shape());
    return evaluate([=](const auto& value) { return rule(value, groups, epsilon); }, x);
  }

 private:
  template <class Field>
  static auto rule(const Field& x, std::size_t groups, typename Field::Element epsilon) {
    using Backend      = typename Field::Backend;
    const Shape<3> box = {1, x.extent(0) * groups, element_count(x.shape(), 1) / groups};
    const auto mean    = row_mean([](auto v) { return v; }, box, x);
    const auto variance =
        row_mean([](auto v, auto m) { return (v - m) * (v - m); }, box, x, per_middle(mean.data()));
    auto scale          = Tensor<typename Field::Element, 1, Backend>::uninitialized(mean.shape());
    const Shape<3> rows = {1, 1, box[1]};
    Backend::map(
        [epsilon](auto v) {
          using std::sqrt;
          return decltype(v)(1) / sqrt(v + epsilon);
        },
        rows, whole(scale.mutable_data(), rows), whole(variance.data(), rows));
    auto y = Field::uninitialized(x.shape());
    Backend::map([](auto v, auto m, auto s) { return (v - m) * s; }, box,
                 whole(y.mutable_data(), box), whole(x.data(), box), per_middle(mean.data()),
                 per_middle(scale.data()));
    // dx = scale (g - mean(g) - y mean(g y))
    const auto pullback = [=](const auto& g) {
      const auto of_g = row_mean([](auto v) { return v; }, box, g);
      const auto of_gy =
          row_mean([](auto v, auto w) { return v * w; }, box, g, whole(y.data(), box));
      auto gradient = Field::uninitialized(g.shape());
      Backend::map([](auto v, auto w, auto a, auto b, auto s) { return (v - a - w * b) * s; }, box,
                   whole(gradient.mutable_data(), box), whole(g.data(), box), whole(y.data(), box),
                   per_middle(of_g.data()), per_middle(of_gy.data()), per_middle(scale.data()));
      return gradient;
    };
    return with_pullbacks(y, pullback);
  }
};

}  // namespace detail

inline constexpr detail::GroupNorm group_norm;

}  // namespace nop
