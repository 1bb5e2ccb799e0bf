// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/enumerator.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>
#include <nop/diffusion/loss_weight.hpp>
#include <nop/diffusion/schedule.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/linear_combination.hpp>
#include <nop/ops/reduce.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace nop {

/// How two states are compared.
enum class StateDistance {
  l1,  ///< the mean of |x - y|
  l2   ///< the mean of |x - y|^2
};
constexpr auto enumerator_names(StateDistance) { return std::to_array<const char*>({"l1", "l2"}); }

/// How far trajectories [batch, step, ...] are from what they should be:
///
///     1/M sum_i lambda_i E d(y(t_i), x(t_i))
///
/// over their M states, with weights lambda_i as `trajectory_weights` gives them. Zheng et al.,
/// "Fast sampling of diffusion models via operator learning", ICML 2023, section 3.3.
struct TrajectoryLoss {
  std::vector<double> weights;  ///< of each state, at least 0
  StateDistance distance = StateDistance::l1;

  /// Of rank 0. Throws PreconditionError unless the shapes are equal and have a state for each
  /// weight.
  template <field X, field Y>
    requires(rank_of<X> >= 2)
  auto operator()(const X& prediction, const Y& target) const {
    constexpr std::size_t rank = rank_of<X>;
    const auto& shape          = target.shape();
    expects(prediction.shape() == shape, "TrajectoryLoss: expected trajectories of shape ", shape,
            ", got ", prediction.shape());
    expects(shape[1] == weights.size() && element_count(shape) > 0,
            "TrajectoryLoss: expected trajectories of ", weights.size(), " states, got shape ",
            shape);
    const auto numbers = static_cast<double>(element_count(shape));
    std::vector<double> plus, minus;
    for (std::size_t sample = 0; sample < shape[0]; ++sample)
      for (const double weight : weights) {
        expects(weight >= 0, "TrajectoryLoss: expected weights of at least 0, got ", weight);
        plus.push_back(distance == StateDistance::l1 ? weight / numbers
                                                     : std::sqrt(weight / numbers));
        minus.push_back(-plus.back());
      }
    const auto states = joined(Shape<1>{shape[0] * shape[1]}, subshape<2, rank - 2>(shape));
    const auto difference =
        linear_combination(plus, reshape(prediction, states), minus, reshape(target, states));
    return distance == StateDistance::l1 ? sum_of_magnitudes(difference)
                                         : sum_of_squares(difference);
  }
};

/// lambda_i = max(1, alpha / sigma) at each time, but no more than `largest`: the nearer a state is
/// to the data, the more it counts.
inline std::vector<double> trajectory_weights(const Schedule& schedule,
                                              std::span<const double> times, double largest = 1e4) {
  std::vector<double> weights;
  for (const double time : times)
    weights.push_back(loss_weight(LossWeight::ratio, schedule(time), largest));
  return weights;
}

}  // namespace nop
