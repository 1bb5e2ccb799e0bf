// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/mix_tile.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/vector.cuh>
#include <nop/core/scalar.hpp>

#include <array>
#include <cstddef>

/// \file
/// Sums over all points: a block adds up those of its tiles, in memory of its own, and then the
/// blocks' are added in their order. What a thread adds is decided by the sizes and the device.

namespace nop::cuda::detail {

/// sums[o, i] = (0 or sums[o, i]) + sum of da[o] u[i] over a tile's points, for Outs x Ins numbers
/// of each thread, which are 16 apart. `sums` is [outs, ins].
template <unsigned Outs, unsigned Ins, real Real>
__device__ void add_outer_part(const MixTile<Real>& tile, const Real* da, unsigned outs,
                               const Real* u, unsigned ins, unsigned first_out, unsigned first_in,
                               bool begins, Real* sums) {
  constexpr unsigned step = in_16_bytes<Real>;
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const unsigned out = first_out + lane / 8 + 4 * (warp / 2);
  const unsigned in  = first_in + lane % 8 + 8 * (warp % 2);
  const auto least   = [](unsigned a, unsigned b) { return a < b ? a : b; };
  const Real *left[Outs], *right[Ins];            // NOLINT(*-avoid-c-arrays): registers
  Real before[Outs][Ins], total[Outs][Ins] = {};  // NOLINT(*-avoid-c-arrays): registers
#pragma unroll
  for (unsigned o = 0; o < Outs; ++o) left[o] = da + least(out + 16 * o, outs - 1) * tile.pitch();
#pragma unroll
  for (unsigned i = 0; i < Ins; ++i) right[i] = u + least(in + 16 * i, ins - 1) * tile.pitch();
#pragma unroll
  for (unsigned o = 0; o < Outs; ++o)
#pragma unroll
    for (unsigned i = 0; i < Ins; ++i) {
      before[o][i] = 0;
      if (!begins && out + 16 * o < outs && in + 16 * i < ins)
        before[o][i] = sums[(out + 16 * o) * ins + in + 16 * i];
    }
  for (unsigned p = 0; p < tile.grid().tile(); p += step) {
    Vector<Real, step> a[Outs], b[Ins];  // NOLINT(*-avoid-c-arrays): registers
#pragma unroll
    for (unsigned o = 0; o < Outs; ++o) a[o] = read_vector<step>(left[o] + p);
#pragma unroll
    for (unsigned i = 0; i < Ins; ++i) b[i] = read_vector<step>(right[i] + p);
#pragma unroll
    for (unsigned j = 0; j < step; ++j)
#pragma unroll
      for (unsigned o = 0; o < Outs; ++o)
#pragma unroll
        for (unsigned i = 0; i < Ins; ++i) total[o][i] += a[o].part[j] * b[i].part[j];
  }
#pragma unroll
  for (unsigned o = 0; o < Outs; ++o)
#pragma unroll
    for (unsigned i = 0; i < Ins; ++i)
      if (out + 16 * o < outs && in + 16 * i < ins)
        sums[(out + 16 * o) * ins + in + 16 * i] = before[o][i] + total[o][i];
}

template <unsigned Outs, unsigned Ins, real Real>
__device__ void add_outer_parts(const MixTile<Real>& tile, const Real* da, unsigned outs,
                                const Real* u, unsigned ins, bool begins, Real* sums) {
  for (unsigned o = 0; o < outs; o += 16 * Outs)
    for (unsigned i = 0; i < ins; i += 16 * Ins)
      add_outer_part<Outs, Ins>(tile, da, outs, u, ins, o, i, begins, sums);
}

/// sums[o, i] = (0 or sums[o, i]) + sum of da[o] u[i] over the points of tiles in shared memory.
/// Where there is no point, one of them is zero.
template <real Real>
__device__ void add_outer(const MixTile<Real>& tile, const Real* da, unsigned outs, const Real* u,
                          unsigned ins, bool begins, Real* sums) {
  if (outs <= 16 && ins <= 16)
    add_outer_parts<1, 1>(tile, da, outs, u, ins, begins, sums);
  else if (outs <= 16)
    add_outer_parts<1, 4>(tile, da, outs, u, ins, begins, sums);
  else if (ins <= 16)
    add_outer_parts<4, 1>(tile, da, outs, u, ins, begins, sums);
  else
    add_outer_parts<4, 4>(tile, da, outs, u, ins, begins, sums);
}

/// The same for plain[c], the sum of da[c], and gated[c], that of da[c] x[c] with a field x; null:
/// not wanted. Eight threads share a channel.
template <real Real>
__device__ void add_channels(const MixTile<Real>& tile, const Real* da, unsigned channels,
                             const Real* x, bool begins, Real* plain, Real* gated) {
  constexpr unsigned at_a_time = mix_threads / 8;
  const unsigned lane = threadIdx.x % 8, row = threadIdx.x / 8;
  for (unsigned first = 0; first < channels; first += at_a_time) {
    const unsigned c = first + row;
    Real total[2]    = {};  // NOLINT(*-avoid-c-arrays): registers
    for (unsigned column = lane; c < channels && column < tile.grid().across(); column += 8) {
      const auto& values = *reinterpret_cast<const Four<Real>*>(da + c * tile.pitch() + 4 * column);
      Four<Real> input{};
      if (gated != nullptr) input = tile.read_at(column, x, channels, c);
#pragma unroll
      for (unsigned i = 0; i < 4; ++i) {
        total[0] += values.at[i];
        total[1] += values.at[i] * input.at[i];
      }
    }
    for (int other = 4; other > 0; other /= 2) {
      total[0] += __shfl_xor_sync(~0U, total[0], other);
      total[1] += __shfl_xor_sync(~0U, total[1], other);
    }
    if (lane != 0 || c >= channels) continue;
    if (plain != nullptr) plain[c] = (begins ? Real(0) : plain[c]) + total[0];
    if (gated != nullptr) gated[c] = (begins ? Real(0) : gated[c]) + total[1];
  }
}

/// What the blocks have found, and where parts of it go.
template <real Real, std::size_t Most>
struct BlockSums {
  struct Part {
    std::size_t first, count;
    Real* to;
  };

  const Real* sums = nullptr;  ///< [blocks, size]
  std::size_t size = 0;
  unsigned blocks  = 0;
  unsigned count   = 0;
  std::array<Part, Most> parts{};

  /// Room for so many numbers, unless they are not wanted. Where they begin.
  std::size_t add(std::size_t numbers, Real* to) {
    if (to == nullptr) return 0;
    parts[count++] = {size, numbers, to};
    size += numbers;
    return parts[count - 1].first;
  }
};

inline constexpr unsigned sums_at_a_time = 32, sum_threads = 256;

template <real Real, std::size_t Most>
__global__ void __launch_bounds__(sum_threads)
    add_blocks(const __grid_constant__ BlockSums<Real, Most> all) {
  auto* const shared    = shared_memory<Real>();
  const unsigned lane   = threadIdx.x % sums_at_a_time;
  const std::size_t e   = std::size_t{blockIdx.x} * sums_at_a_time + lane;
  constexpr unsigned by = sum_threads / sums_at_a_time;
  Real total            = 0;
  if (e < all.size)
#pragma unroll 8
    for (unsigned block = threadIdx.x / sums_at_a_time; block < all.blocks; block += by)
      total += all.sums[block * all.size + e];
  shared[threadIdx.x] = total;
  __syncthreads();
  if (threadIdx.x >= sums_at_a_time) return;
  for (unsigned i = 1; i < by; ++i) total += shared[i * sums_at_a_time + lane];
  for (unsigned i = 0; i < all.count; ++i)
    if (const auto& part = all.parts[i]; e >= part.first && e - part.first < part.count)
      part.to[e - part.first] = total;
}

/// Puts the sums over all blocks where they go.
template <real Real, std::size_t Most>
void hand_out(const BlockSums<Real, Most>& all) {
  launch({count(parts_of(all.size, sums_at_a_time)), sum_threads, sum_threads * sizeof(Real)},
         add_blocks<Real, Most>, all);
}

}  // namespace nop::cuda::detail
