// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/diffusion/solver.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace nop {

/// The times of a grid and other ones at which a solver should stop, decreasing, each once.
inline std::vector<double> with_stops(std::vector<double> times, std::span<const double> stops) {
  times.insert(times.end(), stops.begin(), stops.end());
  std::sort(times.begin(), times.end(), std::greater<>());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

/// The states of a solver at some of its times, in their order: noise [sample, ...] to
/// [sample, step, ...]. Throws PreconditionError if a time is not one that the solver stops at
/// after the one before.
template <class Model, field X>
  requires(rank_of<X> >= 1 && real<element_of<X>>)
auto states_at(std::span<const double> times, const Solver& solver, const Model& model,
               const X& noise) {
  constexpr std::size_t rank = rank_of<X>;
  using Backend              = backend_of<X>;
  const auto shape           = noise.shape();
  const std::size_t row = element_count(shape, 1), samples = shape[0];
  auto states = Tensor<element_of<X>, rank + 1, Backend>::uninitialized(
      joined(Shape<2>{samples, times.size()}, subshape<1, rank - 1>(shape)));
  auto* const to   = states.size() > 0 ? states.mutable_data() : nullptr;
  std::size_t step = 0;
  solver(model, noise, [&](const auto& x, double time) {
    if (step == times.size() || time != times[step]) return;
    for (std::size_t i = 0; to != nullptr && i < samples; ++i)
      Backend::copy(x.data() + i * row, to + (i * times.size() + step) * row, row);
    ++step;
  });
  expects(step == times.size(), "states_at: expected times at which the solver stops, got ",
          step < times.size() ? times[step] : 0);
  return states;
}

}  // namespace nop
