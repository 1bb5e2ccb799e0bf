// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/autodiff/tape.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/rng.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/diffusion/loss_weight.hpp>
#include <nop/diffusion/noise.hpp>
#include <nop/diffusion/noise_level.hpp>
#include <nop/diffusion/parameterisation.hpp>
#include <nop/diffusion/schedule.hpp>
#include <nop/diffusion/time_grid.hpp>
#include <nop/models/backbone.hpp>
#include <nop/ops/linear_combination.hpp>
#include <nop/ops/reduce.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace nop {

/// sum_i w_i |x_i - y_i|^2 over the samples of two batches, [batch, ...], where |.|^2 is the mean
/// over the numbers of a sample, and 1/batch of it. Throws PreconditionError unless shapes are
/// equal and there is a weight, not negative, for each sample.
template <field X, field Y>
auto weighted_squared_error(const X& x, const Y& y, std::span<const double> weights) {
  const auto numbers = static_cast<double>(element_count(y.shape()));
  std::vector<double> plus, minus;
  for (const double weight : weights) {
    expects(weight >= 0, "weighted_squared_error: expected weights of at least 0, got ", weight);
    plus.push_back(std::sqrt(weight / numbers));
    minus.push_back(-plus.back());
  }
  return sum_of_squares(linear_combination(plus, x, minus, y));
}

/// What a diffusion model is trained by: how far it is from the data when it is shown
///
///     x_t = alpha x_0 + sigma eps
///
/// at a random time for each sample, by the weighted square of its error of x_0, whatever it speaks
/// of. Salimans and Ho, "Progressive distillation for fast sampling of diffusion models", ICLR
/// 2022, section 4.
struct DenoisingLoss {
  Schedule schedule;
  Parameterisation says = Parameterisation::x0;
  LossWeight weight     = LossWeight::truncated_snr;
  double largest        = std::numeric_limits<double>::infinity();  ///< weight

  /// The loss of `model(x, times)` for data [batch, ...], recorded on a tape, with noise and times
  /// by `rng`: uniform times in [0, 1], one in each of `batch` equal parts.
  template <class Model, class Real, std::size_t Rank, class Backend>
  auto operator()(const Model& model, Tape& tape, const Tensor<Real, Rank, Backend>& data,
                  Rng& rng) const {
    std::vector<NoiseLevel> levels;
    for (const double time : stratified_times(data.extent(0), rng.stream()))
      levels.push_back(schedule(time));
    const auto noise  = normal_noise<Real, Backend>(data.shape(), rng.stream());
    const auto x      = noised(data, noise, levels);
    const auto target = target_of(says, data, noise, levels);
    return weighted_squared_error(model(tape.input(x), times_of<Real, Backend>(levels)), target,
                                  weights(levels));
  }

  /// What the square of an error of what the model says is weighted with at each level.
  [[nodiscard]] std::vector<double> weights(std::span<const NoiseLevel> levels) const {
    std::vector<double> result;
    for (const NoiseLevel& level : levels) {
      const double of_x0 = loss_weight(weight, level, largest);
      result.push_back(says == Parameterisation::x0    ? of_x0
                       : says == Parameterisation::eps ? of_x0 / level.snr()
                                                       : of_x0 * level.sigma * level.sigma);
    }
    return result;
  }
};

}  // namespace nop
