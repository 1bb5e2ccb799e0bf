// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/math.hpp>
#include <nop/core/operand.hpp>
#include <nop/ops/map.hpp>
#include <nop/ops/reduce.hpp>

#include <array>
#include <cstddef>
#include <type_traits>

namespace nop {

/// The lengths of the sides of the box that a field lives on, as many as it has grid axes.
using Measure = std::array<double, 4>;

namespace detail {

/// The weight of one channel of one sample in a reduced loss.
constexpr double row_weight(Reduction reduction, std::size_t rows) {
  return reduction == Reduction::mean ? 1 / static_cast<double>(rows) : 1;
}

/// Distance between neighbouring points along each grid axis.
template <std::size_t Rank>
std::array<double, Rank - 2> spacings(const Measure& measure, const Shape<Rank>& shape) {
  static_assert(Rank <= 6, "loss: expected a field of at most four grid axes");
  std::array<double, Rank - 2> spacing{};
  for (std::size_t axis = 0; axis + 2 < Rank; ++axis) {
    expects(measure[axis] > 0, "loss: expected a positive measure for each grid axis, got ",
            measure[axis], " for axis ", axis);
    spacing[axis] = measure[axis] / static_cast<double>(shape[axis + 2]);
  }
  return spacing;
}

/// The volume that one point of a grid stands for.
template <std::size_t Rank>
double cell_volume(const Measure& measure, const Shape<Rank>& shape) {
  double volume = 1;
  for (const double spacing : spacings(measure, shape)) volume *= spacing;
  return volume;
}

/// The sum over the points of f of each element, for each channel of each sample: shape
/// [batch channel].
template <class F, class Field, class... Rest>
auto summed_by_row(const F& f, const Field& x, const Rest&... rest) {
  using Backend      = typename Field::Backend;
  const Shape<3> box = channel_box(x.shape());
  auto result = Tensor<typename Field::Element, 1, Backend>::uninitialized({box[0] * box[1]});
  Backend::sum(f, box, per_row(result.mutable_data(), box), whole(x.data(), box),
               whole(rest.data(), box)...);
  return result;
}

/// sum_r distance_r factor_r, of rank 0.
template <class Rows>
auto weighted_sum(const Rows& distance, const Rows& factor) {
  using Backend      = typename Rows::Backend;
  const Shape<3> box = {1, 1, distance.size()};
  auto total         = Tensor<typename Rows::Element, 0, Backend>::uninitialized({});
  Backend::sum(Times{}, box, single(total.mutable_data()), whole(distance.data(), box),
               whole(factor.data(), box));
  return total;
}

/// Added to the norm of the target, so that a target of zero can be divided by.
inline constexpr double smallest_norm = 1e-8;

/// weight / (norm + smallest_norm)
template <real Real>
struct RelativeFactor {
  Real weight;
  template <class T>
  constexpr T operator()(T norm) const {
    return T(weight) / (norm + constant<T>(smallest_norm));
  }
};

/// What the distances of a relative loss are multiplied by: the weight of a row by its target's
/// norm.
template <class Rows>
Rows relative_factors(const Rows& target_norms, Reduction reduction) {
  using Real        = typename Rows::Element;
  const auto weight = static_cast<Real>(row_weight(reduction, target_norms.size()));
  return mapped(RelativeFactor<Real>{weight}, target_norms);
}

/// What the distances of an absolute loss are multiplied by: the weight of a row times one scale.
template <class Field>
auto equal_factors(const Field& x, double scale, Reduction reduction) {
  const std::size_t rows = x.shape()[0] * x.shape()[1];
  auto factors = Tensor<typename Field::Element, 1, typename Field::Backend>::uninitialized({rows});
  factors.fill(static_cast<typename Field::Element>(scale * row_weight(reduction, rows)));
  return factors;
}

/// 1/x where x is positive, else 0: what makes the gradient of a norm at zero the smallest one.
struct Reciprocal {
  template <class T>
  constexpr T operator()(T x) const {
    return select(x > constant<T>(0), constant<T>(1) / x, constant<T>(0));
  }
};

/// Checks the two sides of a loss.
template <field P, field T>
void check_loss(const char* name, const P& prediction, const T& target) {
  static_assert(rank_of<P> == rank_of<T> && rank_of<P> >= 2 && real<element_of<P>> &&
                    std::is_same_v<element_of<P>, element_of<T>>,
                "loss: expected two real fields [batch, channel, grid...] of one precision");
  expects(prediction.shape() == target.shape(), name, ": expected a prediction of shape ",
          target.shape(), " like the target, got ", prediction.shape());
  expects(element_count(target.shape()) > 0, name, ": expected at least one number, got shape ",
          target.shape());
}

}  // namespace detail

}  // namespace nop
