// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/block_sums.hpp>

#include "support/threads.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace nop::test::block_sums_test {
namespace {

/// Sums over `count` tiles of 1, tile and sin(tile).
std::vector<float> sums_of(std::size_t count) {
  std::vector<float> result;
  nop::cpu::detail::sum_in_blocks<float>(
      count, 3,
      [](std::size_t first, std::size_t last, float* sums) {
        for (std::size_t tile = first; tile < last; ++tile) {
          sums[0] += 1;
          sums[1] += static_cast<float>(tile);
          sums[2] += std::sin(static_cast<float>(tile));
        }
      },
      [&](const float* sums) { result.assign(sums, sums + 3); });
  return result;
}

}  // namespace

TEST_CASE("sums in blocks take every tile once") {
  for (const std::size_t count : {0U, 1U, 5U, 32U, 33U, 1000U}) {
    const auto n    = static_cast<float>(count);
    const auto sums = sums_of(count);
    CHECK(sums[0] == n);
    CHECK(sums[1] == n * (n - 1) / 2);
  }
}

TEST_CASE("sums in blocks have the same bits on any number of threads") {
  CHECK(nop::test::same_on_any_threads([] { return sums_of(1234); }));
}

}  // namespace nop::test::block_sums_test
