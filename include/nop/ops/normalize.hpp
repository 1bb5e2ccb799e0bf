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

/// The mean of f(x...) over each part of a box, those elements that share a middle index: shape
/// [middle].
template <class F, class Field, class... Rest>
auto part_mean(const F& f, const Shape<3>& box, const Field& x, const Rest&... rest) {
  using Real    = typename Field::Element;
  using Backend = typename Field::Backend;
  auto mean     = Tensor<Real, 1, Backend>::uninitialized({box[1]});
  Backend::sum(Weighted<F, Real>{f, Real(1) / static_cast<Real>(box[0] * box[2])}, box,
               per_middle(mean.mutable_data()), whole(x.data(), box), rest...);
  return mean;
}

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

/// The mean and the biased variance of each part of a box.
template <class Field>
struct Moments {
  using Real    = typename Field::Element;
  using Backend = typename Field::Backend;
  Tensor<Real, 1, Backend> mean, variance;

  Moments(const Shape<3>& box, const Field& x)
      : mean(part_mean(Same{}, box, x)),
        variance(part_mean(SquaredDistance{}, box, x, per_middle(mean.data()))) {}
};

/// (x - mean) / sqrt(variance + epsilon) in each part of a box, by the moments that x has there.
template <class Field>
auto standardized(const Field& x, const Shape<3>& box, const Moments<Field>& moments,
                  typename Field::Element epsilon) {
  using Backend    = typename Field::Backend;
  using Real       = typename Field::Element;
  const auto scale = mapped(InverseDeviation<Real>{epsilon}, moments.variance);
  auto y           = Field::uninitialized(x.shape());
  Backend::map(Standardize{}, box, whole(y.mutable_data(), box), whole(x.data(), box),
               per_middle(moments.mean.data()), per_middle(scale.data()));
  return with_pullbacks(y, [box, y, scale](const auto& g) {
    const auto of_g  = part_mean(Same{}, box, g);
    const auto of_gy = part_mean(Times{}, box, g, whole(y.data(), box));
    auto gradient    = Field::uninitialized(g.shape());
    Backend::map(NormalizedPullback{}, box, whole(gradient.mutable_data(), box),
                 whole(g.data(), box), whole(y.data(), box), per_middle(of_g.data()),
                 per_middle(of_gy.data()), per_middle(scale.data()));
    return gradient;
  });
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
    return evaluate(
        [=](const auto& value) {
          const Shape<3> box = {1, value.extent(0) * groups,
                                element_count(value.shape(), 1) / groups};
          return standardized(value, box, Moments(box, value), epsilon);
        },
        x);
  }
};

/// A field that was normalised, and the moments it had before.
template <field Field>
struct BatchNormalized {
  Field field;
  Tensor<element_of<Field>, 1, backend_of<Field>> mean, variance;  ///< [channel], biased
};

struct BatchNorm {
  /// (x - mean) / sqrt(variance + epsilon) over each channel of the whole batch, with the biased
  /// variance (Ioffe and Szegedy 2015), and these moments, which have no gradient of their own.
  /// Throws PreconditionError if there are fewer than two numbers in a channel.
  template <field X>
    requires real<element_of<X>>
  auto operator()(const X& x, element_of<X> epsilon) const {
    expects(x.extent(0) * element_count(x.shape(), 2) > 1,
            "batch_norm: expected at least two numbers in a channel, got a field of shape ",
            x.shape());
    Tensor<element_of<X>, 1, backend_of<X>> mean, variance;
    const auto y = evaluate(
        [&](const auto& value) {
          const Shape<3> box = channel_box(value.shape());
          const Moments moments(box, value);
          mean     = moments.mean;
          variance = moments.variance;
          return standardized(value, box, moments, epsilon);
        },
        x);
    return BatchNormalized<std::remove_const_t<decltype(y)>>{y, mean, variance};
  }
};

struct StandardizeChannels {
  /// (x - mean) / sqrt(variance + epsilon) by given numbers of each channel, of shape [channel],
  /// that have no gradient. Throws PreconditionError if there are others than the field's channels.
  template <field X>
    requires real<element_of<X>>
  auto operator()(const X& x, const Tensor<element_of<X>, 1, backend_of<X>>& mean,
                  const Tensor<element_of<X>, 1, backend_of<X>>& variance,
                  element_of<X> epsilon) const {
    expects(mean.extent(0) == x.extent(1) && variance.extent(0) == x.extent(1),
            "standardize_channels: expected means and variances of ", x.extent(1),
            " channels, got ", mean.shape(), " and ", variance.shape());
    return evaluate(
        [&](const auto& value) {
          const auto scale = mapped(InverseDeviation<element_of<X>>{epsilon}, variance);
          return with_pullbacks(
              mapped_by_channel(Standardize{}, value, mean, scale),
              [scale](const auto& g) { return mapped_by_channel(Times{}, g, scale); });
        },
        x);
  }
};

}  // namespace detail

inline constexpr detail::GroupNorm group_norm;
inline constexpr detail::BatchNorm batch_norm;
inline constexpr detail::StandardizeChannels standardize_channels;

}  // namespace nop
