// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/mix_links.cuh>
#include <nop/backend/cuda/mix_product.cuh>
#include <nop/backend/cuda/mix_sums.cuh>
#include <nop/backend/cuda/mix_tile.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/core/scalar.hpp>

#include <array>
#include <cstddef>

/// \file
/// The pullback of a group of links at the points of one tile, all of it in shared memory.

namespace nop::cuda::detail {

/// Where a link's gradients go, and where its tiles are.
template <real Real>
struct PulledLink {
  Real* residual;
  bool weight, bias, gate;                  ///< which sums are wanted
  std::size_t weight_at, bias_at, gate_at;  ///< among those of a block
  unsigned u, da;                           ///< the first row of u_{l-1}, and of da_l
};

/// What the kernel of a group of links gets.
template <real Real>
struct PullTask {
  MixGrid grid;
  PulledFields<Real> fields;
  unsigned channels, count;
  bool needs_u;  ///< what goes into the group, for anything
  std::array<MixLink<Real>, most_links> links;
  std::array<PulledLink<Real>, most_links> pulled;
  Real* sums;  ///< [blocks, sums_size]
  std::size_t sums_size;
};

/// See `pull_mix`. Every u_l of the tile is computed again and kept, and the slopes sigma'(a_l)
/// where da_l replaces them.
template <class Function, real Real>
class TilePull {
 public:
  __device__ TilePull(const PullTask<Real>& task, const MixTile<Real>& tile, Real* slice,
                      bool begins)
      : task_(task),
        tile_(tile),
        slice_(slice),
        rows_(slice + slice_size<Real>(task.grid)),
        sums_(task.sums + blockIdx.x * task.sums_size),
        begins_(begins) {}

  __device__ void run() const {
    const auto& fields = task_.fields;
    if (task_.needs_u) tile_.load(fields.u, task_.channels, u(0));
    for (unsigned l = 0; l < task_.count; ++l)
      if (l + 1 == task_.count && task_.links[l].is_linear)
        take_dy(l);
      else
        advance(l);
    for (unsigned l = task_.count; l-- > 0;) {
      __syncthreads();  // da is complete
      add(l);
      if (l > 0 || fields.du != nullptr) pull(l);
    }
    if (!fields.is_first && fields.past != nullptr) keep_past();
  }

 private:
  [[nodiscard]] __device__ Real* row(unsigned number) const {
    return rows_ + number * tile_.pitch();
  }
  [[nodiscard]] __device__ Real* u(unsigned l) const { return row(task_.pulled[l].u); }
  [[nodiscard]] __device__ Real* da(unsigned l) const { return row(task_.pulled[l].da); }

  /// u_l, and sigma'(a_l) where da_l will be; or da_l, if it is the last. That all links come by
  /// here, and all by `pull`, keeps the kernel small.
  __device__ void advance(unsigned l) const {
    const auto& link        = task_.links[l];
    const unsigned channels = link.weight.rows;
    const bool is_last      = l + 1 == task_.count;
    multiply_mix_tile(
        tile_, link.weight, u(l), slice_,
        [&](unsigned c, auto& sums) { link.begin(tile_, task_.fields.gated, c, sums); },
        [&](unsigned c, auto& sums) { finish_u(l, c, sums); });
    if (!is_last) tile_.close(u(l + 1), channels);
    tile_.close(da(l), channels);
  }

  /// da of the last link, if it is linear.
  __device__ void take_dy(unsigned l) const {
    const unsigned channels = task_.links[l].weight.rows;
    Real* const residual    = task_.pulled[l].residual;
    tile_.load(task_.fields.dy, channels, da(l));
    for (unsigned c = tile_.row(); residual != nullptr && c < channels; c += tile_.grid().down()) {
      const Four<Real> own[1] = {tile_.in(da(l), c)};  // NOLINT(*-avoid-c-arrays)
      tile_.write(own, residual, channels, c);
    }
  }

  template <unsigned Rows>
  __device__ void finish_u(unsigned l, unsigned c,
                           Four<Real> (&sums)[Rows]) const {  // NOLINT(*-avoid-c-arrays)
    const auto& link = task_.links[l];
    Four<Real> slopes[Rows];  // NOLINT(*-avoid-c-arrays): registers
    link.template differentiate<Function>(sums, slopes);
    if (l + 1 < task_.count) {
      tile_.store(sums, u(l + 1), link.weight.rows, c);
      tile_.store(slopes, da(l), link.weight.rows, c);
    } else {
      tile_.read(task_.fields.dy, link.weight.rows, c, 1, sums);
      keep_da(l, c, sums, slopes);
    }
  }

  /// du_{l-1} = W^T da_l, which goes into da_{l-1}, or out.
  __device__ void pull(unsigned l) const {
    const auto& w      = task_.links[l].weight;
    const auto& fields = task_.fields;
    multiply_mix_tile(
        tile_, MixMatrix<Real>{w.data, w.columns, w.rows, 1, w.row_step}, da(l), slice_,
        [&](unsigned c, auto& sums) {
          if (l == 0 && fields.is_first && fields.has_past)
            tile_.read(fields.past, w.columns, c, 1, sums);
          else
            clear(sums);
        },
        [&](unsigned c, auto& sums) {
          if (l > 0) {
            finish_da(l - 1, c, sums);
          } else {
            if (fields.is_first) add_gated(c, sums);
            tile_.write(sums, fields.du, task_.channels, c);
          }
        });
  }

  template <unsigned Rows>
  __device__ void finish_da(unsigned l, unsigned c,
                            Four<Real> (&sums)[Rows]) const {  // NOLINT(*-avoid-c-arrays)
    const unsigned channels = task_.links[l].weight.rows;
    Four<Real> slopes[Rows];  // NOLINT(*-avoid-c-arrays): registers
#pragma unroll
    for (unsigned r = 0; r < Rows; ++r)
      slopes[r] = c + r < channels ? tile_.in(da(l), c + r) : Four<Real>{};
    keep_da(l, c, sums, slopes);
  }

  /// da_l = du slope
  template <unsigned Rows>
  __device__ void keep_da(unsigned l, unsigned c,
                          Four<Real> (&du)[Rows],                    // NOLINT(*-avoid-c-arrays)
                          const Four<Real> (&slopes)[Rows]) const {  // NOLINT(*-avoid-c-arrays)
    const unsigned channels = task_.links[l].weight.rows;
#pragma unroll
    for (unsigned r = 0; r < Rows; ++r)
#pragma unroll
      for (unsigned i = 0; i < 4; ++i) du[r].at[i] *= slopes[r].at[i];
    tile_.store(du, da(l), channels, c);
    if (task_.pulled[l].residual != nullptr) tile_.write(du, task_.pulled[l].residual, channels, c);
  }

  /// sums += what x gets by way of the gates of these links.
  template <unsigned Rows>
  __device__ void add_gated(unsigned c,
                            Four<Real> (&sums)[Rows]) const {  // NOLINT(*-avoid-c-arrays)
    for (unsigned l = 0; l < task_.count; ++l) {
      const auto& link = task_.links[l];
      if (link.gate == nullptr) continue;
#pragma unroll
      for (unsigned r = 0; r < Rows; ++r)
        if (c + r < link.weight.rows) {
          const Real gate         = link.gate[c + r];
          const Four<Real> values = tile_.in(da(l), c + r);
#pragma unroll
          for (unsigned i = 0; i < 4; ++i) sums[r].at[i] += gate * values.at[i];
        }
    }
  }

  /// The same for groups that x does not go into.
  __device__ void keep_past() const {
    const auto& fields = task_.fields;
    unsigned channels  = 0;
    for (unsigned l = 0; l < task_.count; ++l)
      if (task_.links[l].gate != nullptr) channels = task_.links[l].weight.rows;
    for (unsigned c = tile_.row(); c < channels; c += tile_.grid().down()) {
      Four<Real> sums[1] = {};  // NOLINT(*-avoid-c-arrays): registers
      if (fields.has_past) tile_.read(fields.past, channels, c, 1, sums);
      add_gated(c, sums);
      tile_.write(sums, fields.past, channels, c);
    }
  }

  __device__ void add(unsigned l) const {
    const auto& want = task_.pulled[l];
    const auto& w    = task_.links[l].weight;
    if (want.weight)
      add_outer(tile_, da(l), w.rows, u(l), w.columns, begins_, sums_ + want.weight_at);
    if (want.bias || want.gate)
      add_channels(tile_, da(l), w.rows, task_.fields.gated, begins_,
                   want.bias ? sums_ + want.bias_at : nullptr,
                   want.gate ? sums_ + want.gate_at : nullptr);
  }

  const PullTask<Real>& task_;
  const MixTile<Real>& tile_;
  Real *slice_, *rows_, *sums_;
  bool begins_;  ///< is this the block's first tile?
};

template <class Function, real Real>
__global__ void __launch_bounds__(mix_threads, 2)
    pull_mix_tiles(const __grid_constant__ PullTask<Real> task) {
  auto* const places = shared_memory<MixPlace>();
  Real* const slice  = reinterpret_cast<Real*>(places + task.grid.tile());
  MixTile<Real> tile(task.grid, places);
  for (std::size_t t = blockIdx.x; t < task.grid.tiles(); t += gridDim.x) {
    tile.move_to(t);
    TilePull<Function, Real>(task, tile, slice, t == blockIdx.x).run();
  }
}

}  // namespace nop::cuda::detail
