// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/group_norm.cuh>
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/runtime.cuh>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace nop::test::group_norm_test {

using nop::cuda::Scratch;
using nop::cuda::detail::GroupCut;
using nop::cuda::detail::PartMoments;

TEST_CASE("the pieces of a group cover its points once, and no part is empty") {
  for (const unsigned vector : {1U, 4U})
    for (const std::size_t points : {4U, 196U, 1024U, 1028U, 5000U})
      for (const std::size_t channels : {6U, 12U, 300U})
        for (const std::size_t parts : {1U, 2U, 5U}) {
          GroupCut cut({3, channels, points}, 3, 1, vector);
          cut.set_parts(parts, 3);
          CHECK(std::size_t{cut.pieces} * cut.piece >= points);
          CHECK(std::size_t{cut.pieces - 1} * cut.piece < points);
          CHECK(cut.piece <= nop::cuda::detail::norm_loads * 32 * vector);
          CHECK(cut.piece % vector == 0);
          CHECK(cut.parts <= parts);
          CHECK(std::size_t{cut.parts} * cut.taken >= cut.group_pieces());
          CHECK(std::size_t{cut.parts - 1} * cut.taken < cut.group_pieces());
          CHECK(cut.blocks == std::size_t{9} * cut.parts);
          CHECK(cut.warps >= 1);
          CHECK(cut.warps * 32 <= nop::cuda::detail::norm_threads);
        }
}

/// Merges the moments of the parts of each group.
template <class Real>
__global__ void merge(GroupCut cut, const PartMoments<Real>* of_parts, PartMoments<Real>* merged) {
  const auto all = nop::cuda::detail::merged(cut, of_parts);
  if (threadIdx.x == 0) merged[blockIdx.x / cut.parts] = all;
}

TEST_CASE_TEMPLATE("moments of groups are right where their mean is large and they are cut", Real,
                   float, double) {
  constexpr std::size_t batch = 2, channels = 6, points = 500, groups = 2;
  auto x = random_values<Real>(batch * channels * points, 1);
  for (Real& value : x) value += 100;
  const Scratch<Real> there(x.size());
  nop::cuda::copy_from_host(x.data(), there.data(), x.size());
  for (const std::size_t parts : {1U, 2U, 3U}) {
    GroupCut cut({batch, channels, points}, groups, 1, 1);
    cut.set_parts(parts, batch);
    const Scratch<PartMoments<Real>> of_parts(cut.blocks), of_groups(batch * groups);
    const nop::cuda::Launch how{nop::cuda::count(cut.blocks), cut.warps * 32,
                                cut.part_points() * sizeof(Real)};
    nop::cuda::launch(how, nop::cuda::detail::moments_of_parts<1, Real>, cut, there.data(),
                      of_parts.data());
    nop::cuda::launch(how, merge<Real>, cut, of_parts.data(), of_groups.data());
    std::array<PartMoments<Real>, batch * groups> got{};
    nop::cuda::copy_to_host(of_groups.data(), got.data(), got.size());
    for (std::size_t group = 0; group < got.size(); ++group) {
      constexpr std::size_t size = channels / groups * points;
      double mean = 0, squares = 0;
      for (std::size_t i = 0; i < size; ++i) mean += double{x[group * size + i]} / size;
      for (std::size_t i = 0; i < size; ++i)
        squares += (double{x[group * size + i]} - mean) * (double{x[group * size + i]} - mean);
      CHECK(got[group].count == size);
      CHECK(std::abs(double{got[group].mean} / mean - 1) < rounding<Real>);
      CHECK(std::abs(double{got[group].squares} / squares - 1) < rounding<Real>);
    }
  }
}

}  // namespace nop::test::group_norm_test
