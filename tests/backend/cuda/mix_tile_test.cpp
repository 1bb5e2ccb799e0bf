// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/mix_tile.cuh>
#include <nop/backend/cuda/runtime.cuh>

#include "support/device_array.hpp"
#include "support/random_field.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::mix_tile_test {

using nop::cuda::detail::Four;
using nop::cuda::detail::mix_threads;
using nop::cuda::detail::MixGrid;
using nop::cuda::detail::MixPlace;
using nop::cuda::detail::MixTile;

/// How often each point is in a tile, and each row and column of a tile is a thread's.
template <class Real>
__global__ void count_places(MixGrid grid, unsigned* points, unsigned* threads) {
  auto* const places = nop::cuda::shared_memory<MixPlace>();
  MixTile<Real> tile(grid, places);
  atomicAdd(threads + tile.row() * grid.across() + tile.column(), 1U);
  tile.move_to(blockIdx.x);
  for (unsigned i = 0; tile.row() == 0 && i < 4; ++i) {
    const MixPlace place = places[4 * tile.column() + i];
    if (place.point != MixPlace::nowhere) atomicAdd(points + place.first + place.point, 1U);
  }
}

TEST_CASE("tiles have every point of every sample once") {
  for (const unsigned across_log : {3U, 4U, 5U})
    for (const bool in_fours : {false, true})
      for (const std::size_t points : {1U, 3U, 4U, 32U, 37U, 128U, 132U})
        for (const std::size_t batch : {1U, 7U}) {
          if (in_fours && points % 4 != 0) continue;
          CAPTURE(across_log);
          CAPTURE(in_fours);
          CAPTURE(points);
          const MixGrid grid{points, batch * points, across_log, in_fours};
          DeviceArray<unsigned> times(grid.count, 0U), threads(mix_threads, 0U);
          nop::cuda::launch(
              {nop::cuda::count(grid.tiles()), mix_threads, grid.tile() * sizeof(MixPlace)},
              count_places<float>, grid, times.data(), threads.data());
          const auto tiles = static_cast<unsigned>(grid.tiles());
          CHECK(times.values() == std::vector<unsigned>(grid.count, 1U));
          CHECK(threads.values() == std::vector<unsigned>(mix_threads, tiles));
        }
}

enum class Way { loaded, stored };

/// Brings a field's tiles into shared memory, one way or the other, and from there to `kept`,
/// [tiles, rows, points of a tile], and to `copy`, a field. A row behind the tile's is not touched.
template <class Real>
__global__ void pass_through(MixGrid grid, Way way, unsigned channels, const Real* field,
                             Real* kept, Real* copy) {
  auto* const places  = nop::cuda::shared_memory<MixPlace>();
  Real* const rows    = reinterpret_cast<Real*>(places + grid.tile());
  const unsigned used = nop::cuda::detail::whole_fours(channels);
  MixTile<Real> tile(grid, places);
  for (unsigned i = threadIdx.x; i < (used + 1) * tile.pitch(); i += mix_threads) rows[i] = 77;
  tile.move_to(blockIdx.x);
  if (way == Way::loaded) {
    tile.load(field, channels, rows);
  } else {
    for (unsigned c = 3 * tile.row(); c < channels; c += 3 * grid.down()) {
      Four<Real> values[3];  // NOLINT(*-avoid-c-arrays): registers
      tile.read(field, channels, c, 1, values);
      tile.store(values, rows, channels, c);
    }
    tile.close(rows, channels);
  }
  __syncthreads();
  for (unsigned c = 2 * tile.row(); c < channels; c += 2 * grid.down()) {
    const Four<Real> values[2] = {tile.in(rows, c),  // NOLINT(*-avoid-c-arrays): registers
                                  c + 1 < channels ? tile.in(rows, c + 1) : Four<Real>{}};
    tile.write(values, copy, channels, c);
  }
  for (unsigned i = threadIdx.x; i < (used + 1) * grid.tile(); i += mix_threads)
    kept[blockIdx.x * (used + 1) * grid.tile() + i] =
        rows[i / grid.tile() * tile.pitch() + i % grid.tile()];
}

/// Where the i-th number of a tile's row comes from, counted through all samples.
std::size_t point_of(const MixGrid& grid, std::size_t tile, std::size_t i) {
  return tile * grid.tile() + (grid.in_fours ? i : i % 4 * grid.across() + i / 4);
}

/// For a field that begins `shift` numbers behind where memory does.
template <class Real>
void check_passage(std::size_t batch, std::size_t channels, std::size_t points, unsigned across_log,
                   std::size_t shift) {
  CAPTURE(channels);
  CAPTURE(points);
  CAPTURE(across_log);
  CAPTURE(shift);
  const auto values = random_values<Real>(shift + batch * channels * points, 1);
  const DeviceArray<Real> field(values);
  const bool in_fours = nop::cuda::detail::lie_in_fours(points, field.data() + shift);
  CHECK(in_fours == (points % 4 == 0 && shift == 0));
  const MixGrid grid{points, batch * points, across_log, in_fours};
  const std::size_t rows = (channels + 3) / 4 * 4;
  std::vector<Real> expected;
  for (std::size_t t = 0; t < grid.tiles(); ++t)
    for (std::size_t c = 0; c <= rows; ++c)
      for (std::size_t i = 0; i < grid.tile(); ++i) {
        const std::size_t n = point_of(grid, t, i), sample = n / points;
        const bool here = c < channels && n < grid.count;
        expected.push_back(here ? values[shift + (sample * channels + c) * points + n % points]
                                : Real(0));
        if (c == rows) expected.back() = 77;
      }
  for (const auto way : {Way::loaded, Way::stored}) {
    constexpr Real nan = std::numeric_limits<Real>::quiet_NaN();
    DeviceArray<Real> kept(expected.size(), nan);
    std::vector<Real> copied(values.size(), nan);
    std::copy_n(values.begin(), shift, copied.begin());
    DeviceArray<Real> copy(copied);
    const std::size_t bytes = grid.tile() * sizeof(MixPlace) +
                              (rows + 1) * nop::cuda::detail::pitch_of<Real>(grid) * sizeof(Real);
    nop::cuda::launch({nop::cuda::count(grid.tiles()), mix_threads, bytes}, pass_through<Real>,
                      grid, way, static_cast<unsigned>(channels), field.data() + shift, kept.data(),
                      copy.data() + shift);
    CHECK(kept.values() == expected);
    CHECK(copy.values() == values);
  }
}

TEST_CASE_TEMPLATE("a tile holds its part of a field, and zeros where that has nothing", Real,
                   float, double) {
  for (const unsigned across_log : {3U, 4U, 5U})
    for (const std::size_t channels : {1U, 4U, 7U, 66U})
      for (const std::size_t points : {1U, 31U, 36U, 129U})
        for (const std::size_t shift : {0U, 1U})
          check_passage<Real>(3, channels, points, across_log, shift);
}

/// Each thread reads one channel at the points of another column, and takes it to its own.
template <class Real>
__global__ void swap_columns(MixGrid grid, unsigned channels, const Real* field, Real* kept) {
  auto* const places = nop::cuda::shared_memory<MixPlace>();
  MixTile<Real> tile(grid, places);
  tile.move_to(blockIdx.x);
  const unsigned column = grid.across() - 1 - tile.column();
  for (unsigned c = tile.row(); c < channels; c += grid.down()) {
    const Four<Real> four = tile.read_at(column, field, channels, c);
    for (unsigned i = 0; i < 4; ++i)
      kept[(blockIdx.x * channels + c) * grid.tile() + 4 * column + i] = four.at[i];
  }
}

TEST_CASE_TEMPLATE("a thread reads at the points of any column", Real, float, double) {
  for (const unsigned across_log : {3U, 5U})
    for (const std::size_t points : {5U, 36U}) {
      const std::size_t batch = 3, channels = 10;
      const MixGrid grid{points, batch * points, across_log, points % 4 == 0};
      const auto values = random_values<Real>(batch * channels * points, 2);
      const DeviceArray<Real> field(values);
      DeviceArray<Real> kept(grid.tiles() * channels * grid.tile(), Real(77));
      nop::cuda::launch(
          {nop::cuda::count(grid.tiles()), mix_threads, grid.tile() * sizeof(MixPlace)},
          swap_columns<Real>, grid, static_cast<unsigned>(channels), field.data(), kept.data());
      std::vector<Real> expected;
      for (std::size_t t = 0; t < grid.tiles(); ++t)
        for (std::size_t c = 0; c < channels; ++c)
          for (std::size_t i = 0; i < grid.tile(); ++i) {
            const std::size_t n = point_of(grid, t, i);
            expected.push_back(n < grid.count
                                   ? values[(n / points * channels + c) * points + n % points]
                                   : Real(0));
          }
      CHECK(kept.values() == expected);
    }
}

TEST_CASE("tiles are as long as work for everybody and room for two blocks allow") {
  const std::size_t blocks = 2 * nop::cuda::device().multiprocessors;
  const auto length        = [&](std::size_t count, unsigned longest, std::size_t bytes_per_point) {
    const auto bytes = [&](const MixGrid& grid) { return grid.tile() * bytes_per_point; };
    const auto grid  = nop::cuda::detail::mix_grid(1, count, false, longest, bytes);
    CHECK(grid.count == count);
    CHECK(grid.points == 1);
    return grid.tile();
  };
  CHECK(length(blocks * 128, 5, 1) == 128);
  CHECK(length(blocks * 128, 4, 1) == 64);
  CHECK(length((blocks - 1) * 128, 5, 1) == 64);
  CHECK(length((blocks - 1) * 64, 5, 1) == 32);
  CHECK(length(1, 5, 1) == 32);
  const std::size_t half = nop::cuda::device().shared_bytes / 2 - 1024;
  CHECK(length(blocks * 128, 5, half / 128) == 128);
  CHECK(length(blocks * 128, 5, half / 128 + 1) == 64);
  CHECK(length(blocks * 128, 5, half) == 32);
}

}  // namespace nop::test::mix_tile_test
