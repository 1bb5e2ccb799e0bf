// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/mix_sums.cuh>
#include <nop/backend/cuda/mix_tile.cuh>
#include <nop/backend/cuda/runtime.cuh>

#include "support/cuda.hpp"
#include "support/device_array.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::mix_sums_test {

namespace device = nop::cuda::detail;
using device::mix_threads;
using device::MixGrid;
using device::MixPlace;
using device::MixTile;

/// Where a block puts its sums, which are one after another: null if they are not wanted.
template <class Real>
struct Sums {
  Real *outer, *plain, *gated;
};

/// Each block adds up every gridDim.x-th tile.
template <class Real>
__global__ void sum_tiles(MixGrid grid, const Real* da, unsigned outs, const Real* u, unsigned ins,
                          const Real* x, Sums<Real> sums) {
  auto* const places  = nop::cuda::shared_memory<MixPlace>();
  Real* const left    = reinterpret_cast<Real*>(places + grid.tile());
  const unsigned used = device::whole_fours(outs);
  MixTile<Real> tile(grid, places);
  Real* const right = left + used * tile.pitch();
  const auto own    = [](Real* all, unsigned count) {
    return all == nullptr ? nullptr : all + blockIdx.x * count;
  };
  for (unsigned t = blockIdx.x; t < grid.tiles(); t += gridDim.x) {
    tile.move_to(t);
    tile.load(da, outs, left);
    tile.load(u, ins, right);
    __syncthreads();
    const bool begins = t == blockIdx.x;
    if (sums.outer != nullptr)
      device::add_outer(tile, left, outs, right, ins, begins, own(sums.outer, outs * ins));
    if (sums.plain != nullptr || sums.gated != nullptr)
      device::add_channels(tile, left, outs, x, begins, own(sums.plain, outs),
                           own(sums.gated, outs));
  }
}

/// Fields da and x of `outs` channels, and u of `ins`.
template <class Real>
struct Fields {
  std::size_t batch, outs, ins, points;
  std::vector<Real> da = random_values<Real>(batch * outs * points, 1);
  std::vector<Real> x  = random_values<Real>(batch * outs * points, 2);
  std::vector<Real> u  = random_values<Real>(batch * ins * points, 3);
};

/// What is found: sums of da[o] u[i], of da[o], and of da[o] x[o].
template <class Number>
struct Found {
  std::vector<Number> outer, plain, gated;
  bool operator==(const Found&) const = default;
};

constexpr unsigned blocks = 3;

/// All sums of a block, [blocks, ...], by tiles that are 4 << across_log long. What is not wanted
/// is empty.
template <class Real>
Found<Real> by_tiles(const Fields<Real>& f, unsigned across_log, bool outer, bool plain,
                     bool gated) {
  constexpr Real nan = std::numeric_limits<Real>::quiet_NaN();
  const MixGrid grid{f.points, f.batch * f.points, across_log, f.points % 4 == 0};
  const DeviceArray<Real> da(f.da), x(f.x), u(f.u);
  DeviceArray<Real> w(outer ? blocks * f.outs * f.ins : 0, nan);
  DeviceArray<Real> b(plain ? blocks * f.outs : 0, nan), g(gated ? blocks * f.outs : 0, nan);
  const std::size_t rows = device::whole_fours(f.outs) + device::whole_fours(f.ins);
  nop::cuda::launch(
      {blocks, mix_threads,
       grid.tile() * sizeof(MixPlace) + rows * device::pitch_of<Real>(grid) * sizeof(Real)},
      sum_tiles<Real>, grid, da.data(), static_cast<unsigned>(f.outs), u.data(),
      static_cast<unsigned>(f.ins), gated ? x.data() : nullptr,
      Sums<Real>{outer ? w.data() : nullptr, plain ? b.data() : nullptr,
                 gated ? g.data() : nullptr});
  return {w.values(), b.values(), g.values()};
}

/// Over all blocks.
template <class Real>
std::vector<double> total(const std::vector<Real>& sums) {
  std::vector<double> all(sums.size() / blocks);
  for (std::size_t i = 0; i < sums.size(); ++i) all[i % all.size()] += sums[i];
  return all;
}

template <class Real>
Found<double> by_definition(const Fields<Real>& f) {
  Found<double> sums{std::vector<double>(f.outs * f.ins), std::vector<double>(f.outs),
                     std::vector<double>(f.outs)};
  for (std::size_t s = 0; s < f.batch; ++s)
    for (std::size_t p = 0; p < f.points; ++p)
      for (std::size_t o = 0; o < f.outs; ++o) {
        const std::size_t at = (s * f.outs + o) * f.points + p;
        const double da      = f.da[at];
        sums.plain[o] += da;
        sums.gated[o] += da * double{f.x[at]};
        for (std::size_t i = 0; i < f.ins; ++i)
          sums.outer[o * f.ins + i] += da * double{f.u[(s * f.ins + i) * f.points + p]};
      }
  return sums;
}

TEST_CASE_TEMPLATE("sums over tiles' points agree with plain loops, in a fixed order", Real, float,
                   double) {
  for (const std::size_t outs : {1U, 16U, 17U, 67U})
    for (const std::size_t ins : {2U, 16U, 33U, 70U})
      for (const std::size_t points : {125U, 188U}) {
        CAPTURE(outs);
        CAPTURE(ins);
        CAPTURE(points);
        const Fields<Real> fields{emulated ? 3U : 20U, outs, ins, points};
        const auto expected = by_definition(fields);
        for (const unsigned across_log : {3U, 4U, 5U}) {
          CAPTURE(across_log);
          const auto sums = by_tiles(fields, across_log, true, true, true);
          CHECK(worst_error(total(sums.outer), expected.outer) < rounding<Real>);
          CHECK(worst_error(total(sums.plain), expected.plain) < rounding<Real>);
          CHECK(worst_error(total(sums.gated), expected.gated) < rounding<Real>);
          CHECK(by_tiles(fields, across_log, true, true, true) == sums);
        }
      }
}

TEST_CASE("sums over channels are of what is wanted") {
  const Fields<double> fields{2, 40, 3, 93};
  const auto all = by_tiles(fields, 3, true, true, true);
  CHECK(by_tiles(fields, 3, false, true, false).plain == all.plain);
  CHECK(by_tiles(fields, 3, false, false, true).gated == all.gated);
}

/// The sums over blocks, which go to two of three parts.
template <class Real>
void check_blocks(unsigned count, std::size_t first, std::size_t second) {
  CAPTURE(count);
  CAPTURE(first);
  CAPTURE(second);
  const auto values = random_values<Real>(count * (first + second), 4);
  const DeviceArray<Real> found(values);
  std::vector<double> expected(first + second);
  for (std::size_t i = 0; i < values.size(); ++i) expected[i % expected.size()] += values[i];
  const auto ours = [&] {
    DeviceArray<Real> a(first + 1, Real(77)), b(second + 1, Real(77));
    device::BlockSums<Real, 3> sums;
    CHECK(sums.add(first, a.data()) == 0);
    CHECK(sums.add(1000, nullptr) == 0);
    CHECK(sums.add(second, b.data()) == first);
    CHECK(sums.size == first + second);
    sums.sums   = found.data();
    sums.blocks = count;
    device::hand_out(sums);
    auto all = a.values(), rest = b.values();
    CHECK(all.back() == 77);  // nothing is written behind a part
    CHECK(rest.back() == 77);
    all.pop_back();
    all.insert(all.end(), rest.begin(), rest.end() - 1);
    return all;
  };
  const auto once = ours();
  CHECK(worst_error(once, expected) < rounding<Real>);
  CHECK(ours() == once);
}

TEST_CASE_TEMPLATE("the sums of all blocks are added and go where they are wanted", Real, float,
                   double) {
  for (const unsigned count : {1U, 7U, 8U, 9U, 264U})
    for (const std::size_t first : {1U, 31U, 33U})
      for (const std::size_t second : {1U, 64U, 300U}) check_blocks<Real>(count, first, second);
}

TEST_CASE("of no sums that are wanted nothing is added") {
  device::BlockSums<float, 2> sums;
  CHECK(sums.add(5, nullptr) == 0);
  CHECK(sums.size == 0);
  CHECK(sums.count == 0);
  device::hand_out(sums);
  nop::cuda::synchronize();
}

}  // namespace nop::test::mix_sums_test
