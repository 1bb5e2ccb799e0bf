// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/autodiff/tape.hpp>
#include <nop/core/rng.hpp>
#include <nop/core/tensor.hpp>
#include <nop/diffusion/noise.hpp>
#include <nop/diffusion/noise_level.hpp>
#include <nop/diffusion/parameterisation.hpp>
#include <nop/diffusion/reverse_step.hpp>
#include <nop/diffusion/schedule.hpp>
#include <nop/diffusion/second_answer.hpp>
#include <nop/diffusion/time_grid.hpp>
#include <nop/models/backbone.hpp>
#include <nop/models/with_variance.hpp>
#include <nop/training/denoising_loss.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace nop {

/// What the second head of a WithVariance is trained by: the mean square of what it says of
///
///     x_t = alpha x_0 + sigma eps
///
/// less what it should say of it (second_answer.hpp), at a random time for each sample. No head
/// does better than the one whose answers are E[eps^2 | x_t] or E[(eps - eps^)^2 | x_t].
///
///     UpdateLoop loop(model.head(), optimizer, {.updates = 2000, .learning_rate = 1e-3});
///     loop.run([&](Tape& tape, std::size_t update) { return loss(model, tape, data, draws); });
///
/// The backbone is asked at rest, so that only the head is on the tape.
struct VarianceLoss {
  Schedule schedule;
  Parameterisation says = Parameterisation::x0;  ///< of the backbone
  /// Signal to noise ratio from which on a sample counts the less, by the square of the ratio: a
  /// small error of x_0 is a large one of eps there.
  double largest = std::numeric_limits<double>::infinity();

  /// The loss for data [batch, ...], with noise and times by `rng`: uniform times in [0, 1], one in
  /// each of `batch` equal parts.
  template <class Backbone, class Real, std::size_t Rank, class Backend>
  auto operator()(const WithVariance<Backbone>& model, Tape& tape,
                  const Tensor<Real, Rank, Backend>& data, Rng& rng) const {
    std::vector<NoiseLevel> levels;
    for (const double time : stratified_times(data.extent(0), rng.stream()))
      levels.push_back(schedule(time));
    const auto noise = normal_noise<Real, Backend>(data.shape(), rng.stream());
    const auto h =
        model.backbone().trunk(noised(data, noise, levels), times_of<Real, Backend>(levels));
    const auto target = model.config().variance == ReverseVariance::sn
                            ? sn_target(data, noise, levels)
                            : npr_target(data, noise, model.backbone().head()(h), says, levels);
    return weighted_squared_error(model.head()(tape.input(h)), target, weights(levels));
  }

  /// min(1, largest / snr)^2 at each level.
  [[nodiscard]] std::vector<double> weights(std::span<const NoiseLevel> levels) const {
    std::vector<double> result;
    for (const NoiseLevel& level : levels)
      result.push_back(std::pow(std::min(1.0, largest / level.snr()), 2));
    return result;
  }
};

}  // namespace nop
