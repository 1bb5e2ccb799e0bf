// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>
#include <nop/ops/axes.hpp>
#include <nop/training/trajectory_loss.hpp>

#include <cstddef>
#include <type_traits>

namespace nop {

/// How far trajectories are from what they should be, in what a network sees in each of their
/// states, rather than number by number:
///
///     1/M sum_i lambda_i E d(f(y(t_i)), f(x(t_i)))
///
///     const FeatureLoss loss{.distance = {weights, StateDistance::l2},
///                            .see      = [&](const auto& x) { return classifier.features(x); }};
///     const auto total = add(states(y, x), loss(y, x));
///
/// `see` is f: it answers states [batch, ...] with features [batch, ...], at rest and on a tape.
/// Its own parameters stay as they are, since an optimizer changes those of the model that it is
/// given. Johnson, Alahi, Fei-Fei, "Perceptual losses for real-time style transfer and
/// super-resolution", ECCV 2016.
template <class See>
struct FeatureLoss {
  TrajectoryLoss distance;
  See see;

  /// Of rank 0, for trajectories [batch, step, ...]. Throws PreconditionError unless their shapes
  /// are equal, have a state for each weight and `see` answers to each state.
  template <field X, field Y>
    requires(rank_of<X> >= 2 && rank_of<Y> == rank_of<X>)
  auto operator()(const X& prediction, const Y& target) const {
    expects(prediction.shape() == target.shape(), "FeatureLoss: expected trajectories of shape ",
            target.shape(), ", got ", prediction.shape());
    return distance(seen(prediction), seen(target));
  }

 private:
  /// [batch, step, ...] to [batch, step, features...]
  template <field X>
  auto seen(const X& trajectories) const {
    const auto& shape        = trajectories.shape();
    const std::size_t states = shape[0] * shape[1];
    const auto features =
        see(reshape(trajectories, joined(Shape<1>{states}, subshape<2, rank_of<X> - 2>(shape))));
    constexpr std::size_t rank = rank_of<std::remove_const_t<decltype(features)>>;
    expects(features.extent(0) == states, "FeatureLoss: expected features of ", states,
            " states, got shape ", features.shape());
    return reshape(features,
                   joined(Shape<2>{shape[0], shape[1]}, subshape<1, rank - 1>(features.shape())));
  }
};

template <class See>
FeatureLoss(TrajectoryLoss, See) -> FeatureLoss<See>;

}  // namespace nop
