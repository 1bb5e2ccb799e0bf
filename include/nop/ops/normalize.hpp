// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>
#include <nop/ops/map.hpp>

#include <cmath>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace nop {

namespace detail {

/// weight f(values...)
template <class F, real Real>
struct Weighted {
  F f;
  Real weight;
  constexpr auto operator()(auto... values) const { return f(values...) * weight; }
};

/// The mean of f(x...) over each row of a box [1, rows, columns]: shape [rows].
template <class F, class Field, class... Row>
auto row_mean(const F& f, const Shape<3>& box, const Field& x, const Row&... rest) {
  using Real    = typename Field::Element;
  using Backend = typename Field::Backend;
  auto mean     = Tensor<Real, 1, Backend>::uninitialized({box[1]});
  Backend::sum(Weighted<F, Real>{f, Real(1) / static_cast<Real>(box[2])}, box,
               per_middle(mean.mutable_data()), whole(x.data(), box), rest...);
  return mean;
}

struct SquaredDistance {
  constexpr auto operator()(auto v, auto mean) const { return (v - mean) * (v - mean); }
};
struct Standardize {
  constexpr auto operator()(auto v, auto mean, auto scale) const { return (v - mean) * scale; }
};
template <real Real>
struct InverseDeviation {
  Real epsilon;
  constexpr auto operator()(auto variance) const {
    using std::sqrt;
    return decltype(variance)(1) / sqrt(variance + epsilon);
  }
};
/// scale (g - mean(g) - y mean(g y))
struct NormalizedPullback {
  constexpr auto operator()(auto g, auto y, auto of_g, auto of_gy, auto scale) const {
    return (g - of_g - y * of_gy) * scale;
  }
};

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
    using Backend       = typename Field::Backend;
    using Real          = typename Field::Element;
    const Shape<3> box  = {1, x.extent(0) * groups, element_count(x.shape(), 1) / groups};
    const auto mean     = row_mean(Same{}, box, x);
    const auto variance = row_mean(SquaredDistance{}, box, x, per_middle(mean.data()));
    const auto scale    = mapped(InverseDeviation<Real>{epsilon}, variance);
    auto y              = Field::uninitialized(x.shape());
    Backend::map(Standardize{}, box, whole(y.mutable_data(), box), whole(x.data(), box),
                 per_middle(mean.data()), per_middle(scale.data()));
    return with_pullbacks(y, [box, y, scale](const auto& g) {
      const auto of_g  = row_mean(Same{}, box, g);
      const auto of_gy = row_mean(Times{}, box, g, whole(y.data(), box));
      auto gradient    = Field::uninitialized(g.shape());
      Backend::map(NormalizedPullback{}, box, whole(gradient.mutable_data(), box),
                   whole(g.data(), box), whole(y.data(), box), per_middle(of_g.data()),
                   per_middle(of_gy.data()), per_middle(scale.data()));
      return gradient;
    });
  }
};

}  // namespace detail

inline constexpr detail::GroupNorm group_norm;

}  // namespace nop
