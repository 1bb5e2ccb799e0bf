// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/core/rng.hpp>
#include <nop/core/tensor.hpp>
#include <nop/core/view.hpp>
#include <nop/diffusion/noise.hpp>
#include <nop/diffusion/noise_level.hpp>
#include <nop/diffusion/parameterisation.hpp>
#include <nop/diffusion/schedule.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/ops/reduce.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace nop {

/// E |eps^|^2 / dimension, where eps^ is what a model says of the noise in data, at the beginning
/// of each step between some times: `SolverConfig::mean_square_eps`, one less than there are times.
/// The model is called as a Solver calls it, with so many samples of the data, [sample, ...], at a
/// time; each sample gets noise of its own at each time, streams of `rng`.
///
/// Since E |eps|^2 is known, it is the mean of eps^^2 - eps^2 that is measured, which varies the
/// less the more noise there is. A solver divides by snr what is missing to 1: next to nothing but
/// noise, where alpha < 0.05, it is that of -|eps^ - eps|^2, which is the same of a perfect model
/// and varies by less still. Throws PreconditionError without data, or without two times.
///
///     auto config            = solver_named("analytic-ddim");
///     config.mean_square_eps = mean_square_eps(model, says, schedule, times, data, rng);
///
/// Bao, Li, Zhu, Zhang, "Analytic-DPM: an analytic estimate of the optimal reverse variance in
/// diffusion probabilistic models", ICLR 2022, equation 8.
template <class Model, real Real, std::size_t Rank, class Backend>
  requires(Rank >= 1)
std::vector<double> mean_square_eps(const Model& model, Parameterisation says,
                                    const Schedule& schedule, std::span<const double> times,
                                    const Tensor<Real, Rank, Backend>& data, Rng& rng,
                                    std::size_t size = 100) {
  expects(data.size() > 0 && size > 0 && times.size() > 1,
          "mean_square_eps: expected data, one sample at a time or more, and two times or more, "
          "got shape ",
          data.shape(), ", ", size, " and ", times.size());
  std::vector<double> totals(times.size() - 1);
  const std::size_t each = element_count(data.shape(), 1);
  for (std::size_t first = 0; first < data.extent(0); first += size) {
    auto shape = data.shape();
    shape[0]   = std::min(size, data.extent(0) - first);
    const TensorView<const Real, Rank, Backend> some(data.data() + first * each, shape);
    for (std::size_t step = 0; step < totals.size(); ++step) {
      const NoiseLevel level = schedule(times[step]);
      const auto eps         = normal_noise<Real, Backend>(shape, rng.stream());
      const auto x           = noised(some, eps, level);
      const auto said  = converted(x, model(x, times[step]), says, Parameterisation::eps, level);
      const auto error = subtract(said, eps);
      totals[step] += level.alpha < 0.05
                          ? -static_cast<double>(sum(multiply(error, error)).item())
                          : static_cast<double>(sum(multiply(error, add(said, eps))).item());
    }
  }
  for (double& total : totals) total = 1 + total / static_cast<double>(data.size());
  return totals;
}

}  // namespace nop
