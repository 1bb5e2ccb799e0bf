// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/diffusion/noise_level.hpp>
#include <nop/layers/embedded_times.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/samples.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

/// \file
/// A backbone is a network of blocks that a Dsno can be built on. It answers
///
///     backbone(x, times)            fields [batch, ...] with a time each, [batch]
///     backbone(x, times, between)   each sample at all times of a trajectory, [times], at once
///
/// and has numbered places between its blocks, whose channels `places()` lists. At several times
/// (sample, state) is one batch for whatever knows of no other state, the states of a sample in a
/// row. At a place p, in the States `between.states(p)`, which all blocks since place p - 1 have,
///
///     h = block(h, ...)
///     h = between(p, h)
///
/// A block that answers in more states than its h has begins as it is for all, and only where it
/// meets the time in each: `h` has one state before the first block that is told several times.
/// `between` may answer with the last state alone.
///
/// Where others are to be told what it knows, such as by a second head (with_variance.hpp), it says
/// what it is made of:
///
///     backbone.trunk(x, times)    what the last block says, with places().back() channels
///     backbone.head()(h)          the answer by that
///     backbone.new_head(init)     another one of the same kind, which answers with zeros

namespace nop {

/// Some neighbouring states of a trajectory.
struct States {
  std::size_t first, count;
};

/// What goes on between the blocks of a backbone; it is called as between(place, h).
template <class T>
concept between_blocks = requires(const T& between, std::size_t place) {
  { between.states(place) } -> std::same_as<States>;
};

/// A backbone as a Solver calls it: as a function of fields and one time for all of them. The
/// backbone has to stay where it is.
///
///     solver(at_one_time(unet), noise)
template <class Backbone>
auto at_one_time(const Backbone& backbone) {
  return [&backbone]<field X>(const X& x, double time) {
    using Real = element_of<X>;
    auto times = Tensor<Real, 1, backend_of<X>>::uninitialized({x.extent(0)});
    times.fill(static_cast<Real>(time));
    return backbone(x, times);
  };
}

/// The times of levels, where a model that takes one for each sample runs.
template <real Real, class Backend>
Tensor<Real, 1, Backend> times_of(std::span<const NoiseLevel> levels) {
  std::vector<Real> times;
  for (const NoiseLevel& level : levels) times.push_back(static_cast<Real>(level.time));
  return Tensor<Real, 1, Backend>({times.size()}, std::span<const Real>(times));
}

/// The embedded times of these states, for each sample of a batch.
template <field Embedding>
EmbeddedTimes<Embedding> times_of_states(const Embedding& all, States states, std::size_t batch) {
  if (states.count == all.extent(0)) return {all, batch};
  return {crop(all, {states.first, 0}, {states.count, all.extent(1)}), batch};
}

/// A field [batch x states, ...] in another number of states: one is that of all, and of several
/// one is the last. `samples` is that number times the batch.
template <field Field>
Field in_states(const Field& x, std::size_t samples) {
  const std::size_t own = x.extent(0);
  if (own == samples) return x;
  if (own < samples) return repeat_samples(x, samples / own);
  const Shape<3> box{samples, own / samples, element_count(x.shape(), 1)};
  auto shape = x.shape();
  shape[0]   = samples;
  return reshape(crop(reshape(x, box), {0, box[1] - 1, 0}, {box[0], 1, box[2]}), shape);
}

}  // namespace nop
