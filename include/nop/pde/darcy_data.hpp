// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/rng.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/pde/darcy.hpp>
#include <nop/pde/gaussian_random_field.hpp>
#include <nop/pde/points.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

namespace nop {

/// A data set of Darcy's flow, see `darcy_data`. The values are those of Li et al. (ICLR 2021).
struct DarcyDataConfig {
  /// The law of g, whose sign decides the coefficient.
  RandomFieldConfig field{.alpha = 2, .tau = 3, .sigma = 3, .max_frequency = 127};
  double above          = 12;                    ///< the coefficient where g >= 0
  double below          = 3;                     ///< the coefficient where g < 0
  double source         = 1;                     ///< f
  std::size_t intervals = 128;                   ///< of the grid that is solved on, per axis
  std::vector<std::size_t> resolutions{32, 64};  ///< each a divisor of `intervals`
  double tolerance = 1e-8;                       ///< of the solver; finer than float can show
};

/// Inputs and outputs of an operator, `[samples, channels, grid...]` each.
template <std::size_t Dim, real Real>
struct FieldPairs {
  Tensor<Real, Dim + 2, Cpu> input;
  Tensor<Real, Dim + 2, Cpu> output;
};

namespace detail {

inline void check(const DarcyDataConfig& config) {
  expects(config.above > 0 && config.below > 0, "darcy_data: expected positive coefficients, got ",
          config.above, " and ", config.below);
  expects(!config.resolutions.empty(), "darcy_data: expected at least one resolution, got none");
  for (const std::size_t resolution : config.resolutions)
    expects(resolution >= 1 && config.intervals % resolution == 0,
            "darcy_data: expected a resolution that divides ", config.intervals, " intervals, got ",
            resolution);
}

/// Copies every (intervals/n)-th node of a field on all nodes into `grid` `[n, n]`, from the first
/// one on and without the last one.
template <real Real>
void copy_every_few(const Tensor<double, 2, Cpu>& field, std::size_t n, Real* grid) {
  const std::size_t nodes = field.extent(0), stride = (nodes - 1) / n;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      grid[i * n + j] = static_cast<Real>(field.data()[(i * nodes + j) * stride]);
}

}  // namespace detail

/// Samples of the map from a coefficient a to the solution u of -div(a grad u) = f: the result has
/// a pair of inputs a and outputs u, `[samples, 1, n, n]`, for each resolution n, all of them of
/// the same functions.
///
/// a(x) = `above` where g(x) >= 0 and `below` elsewhere, g a NeumannRandomField; u solves the
/// finite volume equations of DarcySolver in double precision on the nodes (i/N, j/N), i, j = 0 ...
/// N, of the fine grid with N = `intervals`.
///
/// Resolution n has the points (i/n, j/n), i, j = 0 ... n-1: every (N/n)-th node of the fine grid
/// from the first, on the boundary, to the last but one. So point i lies where a neural operator
/// puts it, at i/n on every grid; the n points are every other one of the 2n points; and a model
/// trained on one resolution can be tested on another without any offset. (The published files keep
/// both ends instead, and their points i/(n-1) of two resolutions have other distances than the
/// i/n of the model's coordinates.) Fields are raw: a is 3 or 12, u about 1e-2.
///
/// Sample i depends on the stream and on i alone; streams of an Rng are independent of each other:
///
///     const auto train = darcy_data<float>({.resolutions = {32}}, rng.stream(), 1000);
///     const auto test  = darcy_data<float>({.resolutions = {32, 64}}, rng.stream(), 100);
///     train[0].input;   // [1000, 1, 32, 32]
///     test[1].output;   // [100, 1, 64, 64], the functions of test[0].output
///
/// Samples are computed in parallel. After each, `progress(done)` is called with the number done so
/// far, by one thread at a time. Throws PreconditionError if a coefficient is not positive or a
/// resolution does not divide `intervals`.
template <real Real>
std::vector<FieldPairs<2, Real>> darcy_data(
    const DarcyDataConfig& config, const RandomStream& stream, std::size_t samples,
    const std::function<void(std::size_t done)>& progress = {}) {
  detail::check(config);
  using Fine = Tensor<double, 2, Cpu>;
  const NeumannRandomField<2, double> field(config.field, stream);
  const auto grid = field.grid(nodes(uniform_shape<2>(config.intervals)));
  const DarcySolver<double> solve({.intervals = config.intervals, .tolerance = config.tolerance});
  Fine source(uniform_shape<2>(config.intervals + 1));
  source.fill(config.source);

  std::vector<FieldPairs<2, Real>> pairs;
  std::vector<std::array<Real*, 2>> out;
  for (const std::size_t n : config.resolutions) {
    auto& pair = pairs.emplace_back();
    pair.input = pair.output = Tensor<Real, 4, Cpu>::uninitialized({samples, 1, n, n});
    out.push_back({pair.input.mutable_data(), pair.output.mutable_data()});
  }

  std::mutex mutex;
  std::size_t done = 0;
  cpu::parallel_for(samples, [&](std::size_t sample) {
    Fine coefficient     = field(sample, grid);
    double* const values = coefficient.mutable_data();
    for (std::size_t i = 0; i < coefficient.size(); ++i)
      values[i] = values[i] >= 0 ? config.above : config.below;
    const Fine pressure = solve(coefficient, source).pressure;
    for (std::size_t r = 0; r < out.size(); ++r) {
      const std::size_t n = config.resolutions[r];
      detail::copy_every_few(coefficient, n, out[r][0] + sample * n * n);
      detail::copy_every_few(pressure, n, out[r][1] + sample * n * n);
    }
    const std::scoped_lock lock(mutex);
    ++done;
    if (progress) progress(done);
  });
  return pairs;
}

}  // namespace nop
