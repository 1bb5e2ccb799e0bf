// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/mix_links.cuh>
#include <nop/backend/cuda/mix_product.cuh>
#include <nop/backend/cuda/mix_tile.cuh>
#include <nop/backend/cuda/mix_wide.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/core/activation.hpp>
#include <nop/core/mixing.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <list>
#include <span>

namespace nop::cuda {

namespace detail {

/// What the kernel of a group of links gets.
template <real Real>
struct MixTask {
  MixGrid grid;
  const Real* x;      ///< what goes into the group
  const Real* gated;  ///< what went into the chain
  Real* y;
  unsigned channels, count;
  unsigned other;  ///< where the second tile begins, behind the first
  std::array<MixLink<Real>, most_links> links;
};

/// Channels of the two tiles between which a group's values go to and fro: the first has those that
/// come in, and those of every second link but the last.
struct MixRooms {
  unsigned even, odd;

  [[nodiscard]] constexpr unsigned rows() const { return even + odd; }
};
template <real Real>
MixRooms mix_rooms(std::size_t channels, std::span<const Mixing<Real>> links) {
  MixRooms rooms{whole_fours(channels), 0};
  for (std::size_t l = 0; l + 1 < links.size(); ++l) {
    unsigned& room = l % 2 == 0 ? rooms.odd : rooms.even;
    room           = std::max(room, whole_fours(links[l].channels));
  }
  return rooms;
}

/// The shared memory of a block: the tile's places, a slice of a weight, and rows of tiles.
template <real Real>
std::size_t mix_bytes(const MixGrid& grid, unsigned rows) {
  return grid.tile() * sizeof(MixPlace) +
         (slice_size<Real>(grid) + std::size_t{rows} * pitch_of<Real>(grid)) * sizeof(Real);
}

template <class Function, real Real>
__global__ void __launch_bounds__(mix_threads, sizeof(Real) == 4 ? 3 : 2)
    mix_tile(const __grid_constant__ MixTask<Real> task) {
  auto* const places = shared_memory<MixPlace>();
  Real* const slice  = reinterpret_cast<Real*>(places + task.grid.tile());
  Real* u            = slice + slice_size<Real>(task.grid);
  Real* next         = u + task.other;
  MixTile<Real> tile(task.grid, places);
  tile.move_to(blockIdx.x);
  tile.load(task.x, task.channels, u);
  for (unsigned l = 0; l < task.count; ++l) {
    const auto& link        = task.links[l];
    const bool is_last      = l + 1 == task.count;
    const unsigned channels = link.weight.rows;
    multiply_mix_tile(
        tile, link.weight, u, slice,
        [&](unsigned c, auto& sums) { link.begin(tile, task.gated, c, sums); },
        [&](unsigned c, auto& sums) {
          link.template apply<Function>(sums);
          if (is_last)
            tile.write(sums, task.y, channels, c);
          else
            tile.store(sums, next, channels, c);
        });
    tile.close(next, is_last ? 0 : channels);
    Real* const before = u;
    u                  = next;
    next               = before;
  }
}

/// y = u_l for the last l of a group, where x is what comes in, and `gated` what came into the
/// chain.
template <real Real>
void mix_group(const Shape<3>& box, const Real* x, const Real* gated, const MixGroup& group,
               std::span<const Mixing<Real>> links, Real* y) {
  if (group.is_wide) return mix_wide(box, x, gated, group, links[group.first], y);
  const auto own   = links.subspan(group.first, group.last - group.first);
  const auto rooms = mix_rooms(group.channels, own);
  const auto bytes = [&](const MixGrid& grid) { return mix_bytes<Real>(grid, rooms.rows()); };
  MixTask<Real> task{
      mix_grid(box[2], box[0] * box[2], lie_in_fours(box[2], own, x, gated, y), 5, bytes),
      x,
      gated,
      y,
      static_cast<unsigned>(group.channels),
      static_cast<unsigned>(own.size()),
      0,
      {}};
  task.other           = rooms.even * pitch_of<Real>(task.grid);
  std::size_t channels = group.channels;
  for (std::size_t l = 0; l < own.size(); ++l) {
    task.links[l] = mix_link(own[l], channels);
    channels      = own[l].channels;
  }
  with_function(group.activation, [&]<class Function>(Function) {
    launch({count(task.grid.tiles()), mix_threads, bytes(task.grid)}, mix_tile<Function, Real>,
           task);
  });
}

/// The most shared memory that is asked for where tiles are as short as can be.
template <real Real>
bool fits_shared_memory(unsigned rows) {
  return mix_bytes<Real>({1, 1, 3, true}, rows) <= device().shared_bytes;
}

}  // namespace detail

/// y = u_L at every point of fields [batch, channels, points], where u_0 = x, of the extents `box`,
/// and u_l = sigma(W u_{l-1} + b + r + g x) for each link.
///
/// A block takes a tile of 32 to 128 points through a whole chain: x and residuals are read once,
/// y is written once, and what lies between stays in shared memory. At a point a link of n channels
/// after m takes 2 m n operations; the chain as a whole moves the channels of x, y and residuals.
/// With 64 channels of float, a link with a residual takes 11 operations per byte, where an H200
/// can do 14 by its memory: both count. Links of over 256 channels, and those whose activations
/// differ, go by way of memory.
template <real Real>
void mix(const Shape<3>& box, const Real* x, std::span<const Mixing<Real>> links, Real* y) {
  if (box[0] * box[2] == 0) return;
  const auto groups = detail::mix_groups(box[1], links, [](std::size_t channels, const auto& some) {
    return detail::fits_shared_memory<Real>(detail::mix_rooms(channels, some).rows());
  });
  std::list<Scratch<Real>> between;
  const Real* u = x;
  for (const auto& group : groups) {
    const bool is_last = group.last == links.size();
    if (!is_last) between.emplace_back(box[0] * links[group.last - 1].channels * box[2]);
    Real* const result = is_last ? y : between.back().data();
    detail::mix_group(box, u, x, group, links, result);
    u = result;
    if (between.size() > 1) between.pop_front();
  }
}

}  // namespace nop::cuda
