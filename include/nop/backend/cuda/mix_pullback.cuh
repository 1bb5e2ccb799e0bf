// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/mix.cuh>
#include <nop/backend/cuda/mix_links.cuh>
#include <nop/backend/cuda/mix_pull_tile.cuh>
#include <nop/backend/cuda/mix_sums.cuh>
#include <nop/backend/cuda/mix_tile.cuh>
#include <nop/backend/cuda/mix_wide.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/core/activation.hpp>
#include <nop/core/mixing.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <list>
#include <optional>
#include <span>

namespace nop::cuda {

namespace detail {

template <real Real>
using MixBlockSums = BlockSums<Real, 3 * most_links>;

/// Channels of all tiles that a group's pullback keeps: each u_{l-1} and da_l.
template <real Real>
unsigned pulled_rows(std::size_t channels, std::span<const Mixing<Real>> links) {
  unsigned rows = 0;
  for (const auto& link : links) {
    rows += whole_fours(channels) + whole_fours(link.channels);
    channels = link.channels;
  }
  return rows;
}

/// The links of a group, with places for their tiles and sums. All but the sums' memory.
template <real Real>
PullTask<Real> pull_task(const MixGrid& grid, const PulledFields<Real>& fields,
                         std::size_t channels, std::span<const Mixing<Real>> links,
                         std::span<const MixingGradient<Real>> gradients,
                         MixBlockSums<Real>& sums) {
  PullTask<Real> task{};
  task.grid     = grid;
  task.fields   = fields;
  task.channels = static_cast<unsigned>(channels);
  task.count    = static_cast<unsigned>(links.size());
  task.needs_u  = links.size() > 1 || links[0].activation != Activation::identity ||
                 gradients[0].weight != nullptr;
  unsigned row = 0;
  for (std::size_t l = 0; l < links.size(); ++l) {
    const auto& want = gradients[l];
    const auto out   = links[l].channels;
    auto& pulled     = task.pulled[l];
    task.links[l]    = mix_link(links[l], channels);
    pulled.residual  = want.residual;
    pulled.weight    = want.weight != nullptr;
    pulled.bias      = want.bias != nullptr;
    pulled.gate      = want.gate != nullptr;
    pulled.weight_at = sums.add(out * channels, want.weight);
    pulled.bias_at   = sums.add(out, want.bias);
    pulled.gate_at   = sums.add(out, want.gate);
    pulled.u         = row;
    pulled.da        = row + whole_fours(channels);
    row              = pulled.da + whole_fours(out);
    channels         = out;
  }
  return task;
}

/// The pullback of one group of a chain.
template <real Real>
void pull_mix_group(const Shape<3>& box, const PulledFields<Real>& fields, const MixGroup& group,
                    std::span<const Mixing<Real>> links,
                    std::span<const MixingGradient<Real>> gradients) {
  if (group.is_wide)
    return pull_mix_wide(box, fields, group, links[group.first], gradients[group.first]);
  const auto own      = links.subspan(group.first, group.last - group.first);
  const auto wanted   = gradients.subspan(group.first, own.size());
  const unsigned rows = pulled_rows(group.channels, own);
  const auto bytes    = [&](const MixGrid& grid) { return mix_bytes<Real>(grid, rows); };
  const bool in_fours =
      lie_in_fours(box[2], own, fields.u, fields.gated, fields.dy, fields.du, fields.past) &&
      std::ranges::all_of(wanted, [&](const auto& g) { return lie_in_fours(box[2], g.residual); });
  const auto grid = mix_grid(box[2], box[0] * box[2], in_fours, 5, bytes);
  MixBlockSums<Real> sums;
  auto task = pull_task(grid, fields, group.channels, own, wanted, sums);
  const std::size_t at_once =
      std::clamp<std::size_t>(device().shared_bytes / (bytes(grid) + 1024), 1, 2);
  sums.blocks = count(std::min(grid.tiles(), at_once * device().multiprocessors));
  const Scratch<Real> memory(sums.blocks * sums.size);
  sums.sums = task.sums = memory.data();
  task.sums_size        = sums.size;
  with_function(group.activation, [&]<class Function>(Function) {
    launch({sums.blocks, mix_threads, bytes(grid)}, pull_mix_tiles<Function, Real>, task);
  });
  hand_out(sums);
}

/// Sums over no points.
template <real Real>
void clear_sums(std::size_t channels, std::span<const Mixing<Real>> links,
                std::span<const MixingGradient<Real>> gradients) {
  const auto clear = [](Real* sums, std::size_t size) {
    if (sums != nullptr)
      check(cudaMemsetAsync(sums, 0, size * sizeof(Real), stream()), "cudaMemsetAsync");
  };
  for (std::size_t l = 0; l < links.size(); ++l) {
    const std::size_t out = links[l].channels;
    clear(gradients[l].weight, out * channels);
    clear(gradients[l].bias, out);
    clear(gradients[l].gate, out);
    channels = out;
  }
}

}  // namespace detail

/// The gradients by x, where dx is not null, and by those operands of the links that have a place
/// in `gradients`, of a loss whose gradient by the result of `mix` is dy:
///
///     a_l = W_l u_{l-1} + b_l + r_l + g_l x,   u_l = sigma_l(a_l),   u_0 = x,   y = u_L
///
/// with dy = dL/dy and so on, from the last link to the first
///
///     da_l = du_l sigma_l'(a_l),                         dr_l = da_l
///     dW_l = sum_p da_l u_{l-1}^T,   db_l = sum_p da_l,  dg_l = sum_p da_l x
///     du_{l-1} = W_l^T da_l,                             dx = du_0 + sum_l g_l da_l.
///
/// A block goes from tile to tile, computes the u_l again, and adds to sums of its own, which stay
/// in the second cache. A link of n channels after m takes up to 6 m n operations at a point; the
/// chain moves the channels of x, dy, dx, and of residuals and their gradients. Results are the
/// same, bit by bit, whenever sizes and device are.
template <real Real>
void pull_mix(const Shape<3>& box, const Real* x, std::span<const Mixing<Real>> links,
              const Real* dy, Real* dx, std::span<const MixingGradient<Real>> gradients) {
  if (box[0] * box[2] == 0) return detail::clear_sums(box[1], links, gradients);
  const auto groups = detail::mix_groups(box[1], links, [](std::size_t channels, const auto& some) {
    return detail::fits_shared_memory<Real>(detail::pulled_rows(channels, some));
  });
  const auto field  = [&](std::size_t channels) { return box[0] * channels * box[2]; };
  std::list<Scratch<Real>> between;  // what goes from group to group
  for (std::size_t g = 0; g + 1 < groups.size(); ++g) {
    const Real* const u = g == 0 ? x : between.back().data();
    between.emplace_back(field(groups[g + 1].channels));
    detail::mix_group(box, u, x, groups[g], links, between.back().data());
  }
  bool has_past = false;
  std::optional<Scratch<Real>> past, later, du;
  for (std::size_t g = groups.size(); g-- > 0;) {
    const auto& group   = groups[g];
    const bool is_first = g == 0;
    const auto own      = links.subspan(group.first, group.last - group.first);
    const bool gated =
        std::ranges::any_of(own, [](const auto& link) { return link.gate != nullptr; });
    if (gated && !is_first && dx != nullptr && !past) past.emplace(field(box[1]));
    Real* to = dx;
    if (!is_first) to = (g % 2 == 0 ? later : du).emplace(field(group.channels)).data();
    const Real* const from = g + 1 == groups.size() ? dy : (g % 2 == 0 ? du : later)->data();
    const bool joins       = past && (gated || is_first);
    detail::pull_mix_group(box,
                           {is_first ? x : between.back().data(), x, from, to,
                            joins ? past->data() : nullptr, has_past && joins, is_first},
                           group, links, gradients);
    has_past = has_past || (gated && !is_first && past);
    if (!is_first) between.pop_back();
  }
}

}  // namespace nop::cuda
