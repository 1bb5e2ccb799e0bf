// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/vector.cuh>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

/// \file
/// Fields [batch, channels, points] in tiles of a few dozen points, whose channels a block keeps in
/// shared memory. Points are counted through all samples, so that small grids fill tiles as well.

namespace nop::cuda::detail {

inline constexpr unsigned mix_threads_log = 8, mix_threads = 1U << mix_threads_log;

/// Four numbers of one channel, at points that stand side by side in a tile.
template <real Real>
struct alignas(16) Four {
  Real at[4];  // NOLINT(*-avoid-c-arrays): registers
};

template <real Real, unsigned Rows>
__device__ void clear(Four<Real> (&values)[Rows]) {  // NOLINT(*-avoid-c-arrays): registers
#pragma unroll
  for (unsigned r = 0; r < Rows; ++r) values[r] = Four<Real>{};
}

/// Channels as many as a tile has rows for; those behind the last one hold zeros.
constexpr unsigned whole_fours(std::size_t channels) {
  return static_cast<unsigned>((channels + 3) / 4 * 4);
}

/// How fields are cut into tiles. 2^across_log threads stand along a tile's points, each with four
/// of them; the others of the block below, each with some channels.
struct MixGrid {
  std::size_t points;   ///< of a sample
  std::size_t count;    ///< of all samples
  unsigned across_log;  ///< 3, 4 or 5
  bool in_fours;        ///< do four points from a multiple of four on always lie in memory as Four?

  [[nodiscard]] constexpr unsigned across() const { return 1U << across_log; }
  [[nodiscard]] constexpr unsigned down_log() const { return mix_threads_log - across_log; }
  [[nodiscard]] constexpr unsigned down() const { return 1U << down_log(); }
  [[nodiscard]] constexpr unsigned tile() const { return 4U << across_log; }
  [[nodiscard]] constexpr std::size_t tiles() const { return parts_of(count, tile()); }
};

/// The distance of a tile's channels: rows that follow each other begin in other banks.
template <real Real>
constexpr unsigned pitch_of(const MixGrid& grid) {
  return grid.tile() + in_16_bytes<Real>;
}

/// Are all of them where a Four may be?
template <class... Pointer>
bool lie_in_fours(std::size_t points, const Pointer*... fields) {
  return points % 4 == 0 && ((reinterpret_cast<std::uintptr_t>(fields) % 16 == 0) && ...);
}

/// Where a point is: [sample, c, point] of a field lies at first * channels + c * points + point.
struct alignas(16) MixPlace {
  static constexpr std::size_t nowhere = ~std::size_t{0};
  std::size_t first;  ///< sample * points
  std::size_t point;  ///< nowhere behind the last one
};

/// A tile as one thread sees it. Where points do not lie in fours, those of neighbouring threads
/// are neighbours in memory, and the four of one thread are not.
template <real Real>
class MixTile {
 public:
  __device__ MixTile(const MixGrid& grid, MixPlace* places) : grid_(grid), places_(places) {
    const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const unsigned warps_log = grid.across_log - 3;  // a warp is 8 threads wide, and 4 high
    column_                  = lane % 8 + ((warp & ((1U << warps_log) - 1)) << 3U);
    row_                     = lane / 8 + ((warp >> warps_log) << 2U);
  }

  /// All threads come here, and then see the tile's places.
  __device__ void move_to(std::size_t tile) {
    __syncthreads();
    for (unsigned i = threadIdx.x; i < grid_.tile(); i += mix_threads) {
      const unsigned step = grid_.in_fours ? i : (i % 4 << grid_.across_log) + i / 4;
      const std::size_t n = tile * grid_.tile() + step, sample = n / grid_.points;
      const std::size_t first = sample * grid_.points;
      places_[i]              = {first, n < grid_.count ? n - first : MixPlace::nowhere};
    }
    __syncthreads();
    mine_ = places_[4 * column_];
  }

  [[nodiscard]] __device__ const MixGrid& grid() const { return grid_; }
  [[nodiscard]] __device__ unsigned row() const { return row_; }
  [[nodiscard]] __device__ unsigned column() const { return column_; }
  [[nodiscard]] __device__ unsigned pitch() const { return pitch_of<Real>(grid_); }

  /// Channels of a field that are `step` apart, at this thread's points; zero where there are none.
  /// All reads are under way at once.
  template <unsigned Rows>
  __device__ void read(const Real* field, unsigned channels, unsigned channel, unsigned step,
                       Four<Real> (&values)[Rows]) const {  // NOLINT(*-avoid-c-arrays): registers
    if (grid_.in_fours) {
      const Real* at  = field + offset(mine_, channels, channel);
      const bool here = mine_.point != MixPlace::nowhere;
#pragma unroll
      for (unsigned r = 0; r < Rows; ++r, at += step * grid_.points) {
        values[r] = Four<Real>{};
        if (here && channel + r * step < channels)
          values[r] = *reinterpret_cast<const Four<Real>*>(at);
      }
    } else {
#pragma unroll
      for (unsigned i = 0; i < 4; ++i) {
        const MixPlace place = places_[4 * column_ + i];
        const Real* at       = field + offset(place, channels, channel);
        const bool here      = place.point != MixPlace::nowhere;
#pragma unroll
        for (unsigned r = 0; r < Rows; ++r, at += step * grid_.points)
          values[r].at[i] = here && channel + r * step < channels ? *at : Real(0);
      }
    }
  }
  /// One channel, at the points of the threads of another column.
  [[nodiscard]] __device__ Four<Real> read_at(unsigned column, const Real* field, unsigned channels,
                                              unsigned channel) const {
    const MixPlace* const places = places_ + 4 * column;
    Four<Real> four{};
    if (grid_.in_fours) {
      if (places->point != MixPlace::nowhere)
        four = *reinterpret_cast<const Four<Real>*>(field + offset(*places, channels, channel));
    } else {
#pragma unroll
      for (unsigned i = 0; i < 4; ++i)
        if (places[i].point != MixPlace::nowhere)
          four.at[i] = field[offset(places[i], channels, channel)];
    }
    return four;
  }

  /// Channels of a field, one after another, at this thread's points.
  template <unsigned Rows>
  __device__ void write(const Four<Real> (&values)[Rows],  // NOLINT(*-avoid-c-arrays): registers
                        Real* field, unsigned channels, unsigned channel) const {
    if (grid_.in_fours) {
      Real* at        = field + offset(mine_, channels, channel);
      const bool here = mine_.point != MixPlace::nowhere;
#pragma unroll
      for (unsigned r = 0; r < Rows; ++r, at += grid_.points)
        if (here && channel + r < channels) *reinterpret_cast<Four<Real>*>(at) = values[r];
    } else {
#pragma unroll
      for (unsigned i = 0; i < 4; ++i) {
        const MixPlace place = places_[4 * column_ + i];
        Real* at             = field + offset(place, channels, channel);
        const bool here      = place.point != MixPlace::nowhere;
#pragma unroll
        for (unsigned r = 0; r < Rows; ++r, at += grid_.points)
          if (here && channel + r < channels) *at = values[r].at[i];
      }
    }
  }

  /// This thread's points in a row of a tile in shared memory.
  [[nodiscard]] __device__ Four<Real>& in(Real* rows, unsigned row) const {
    return *reinterpret_cast<Four<Real>*>(rows + row * pitch() + 4 * column_);
  }

  /// Channels of a tile in shared memory, one after another, of those that it has.
  template <unsigned Rows>
  __device__ void store(const Four<Real> (&values)[Rows],  // NOLINT(*-avoid-c-arrays): registers
                        Real* rows, unsigned channels, unsigned channel) const {
#pragma unroll
    for (unsigned r = 0; r < Rows; ++r)
      if (channel + r < channels) in(rows, channel + r) = values[r];
  }

  /// A whole field's part, with zeros in the rows behind the last channel.
  __device__ void load(const Real* field, unsigned channels, Real* rows) const {
    constexpr unsigned ahead = 128 / sizeof(Four<Real>);
    const unsigned down      = grid_.down();
    for (unsigned c = row_; c < whole_fours(channels); c += ahead * down) {
      Four<Real> part[ahead];  // NOLINT(*-avoid-c-arrays): registers
      read(field, channels, c, down, part);
#pragma unroll
      for (unsigned i = 0; i < ahead; ++i)
        if (c + i * down < whole_fours(channels)) in(rows, c + i * down) = part[i];
    }
  }

  /// Zeros in the rows behind the last channel.
  __device__ void close(Real* rows, unsigned channels) const {
    for (unsigned c = channels + row_; c < whole_fours(channels); c += grid_.down())
      in(rows, c) = Four<Real>{};
  }

 private:
  [[nodiscard]] __device__ std::size_t offset(const MixPlace& at, unsigned channels,
                                              unsigned channel) const {
    return at.first * channels + channel * grid_.points + at.point;
  }

  const MixGrid& grid_;
  MixPlace* places_;
  MixPlace mine_;
  unsigned row_, column_;
};

/// The tiles for a kernel that needs `bytes(grid)` of shared memory: the longest with which there
/// is work for everybody, and room for two blocks at a time.
template <class Bytes>
MixGrid mix_grid(std::size_t points, std::size_t count, bool in_fours, unsigned longest,
                 const Bytes& bytes) {
  MixGrid grid{points, count, longest, in_fours};
  const auto is_fine = [&] {
    return grid.tiles() >= 2 * device().multiprocessors &&
           2 * (bytes(grid) + 1024) <= device().shared_bytes;
  };
  while (grid.across_log > 3 && !is_fine()) --grid.across_log;
  return grid;
}

}  // namespace nop::cuda::detail
