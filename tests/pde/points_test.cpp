// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/error.hpp>
#include <nop/pde/points.hpp>

#include <doctest/doctest.h>

namespace nop::test::points_test {
namespace {

TEST_CASE("cell centres, nodes and periodic points divide the axis as their names say") {
  const auto centres = nop::cell_centres<2>({4, 2});
  CHECK(centres[0] == std::vector<double>{0.125, 0.375, 0.625, 0.875});
  CHECK(centres[1] == std::vector<double>{0.25, 0.75});
  CHECK(nop::nodes<1>({4})[0] == std::vector<double>{0, 0.25, 0.5, 0.75, 1});
  CHECK(nop::periodic_points<1>({4})[0] == std::vector<double>{0, 0.25, 0.5, 0.75});
}

TEST_CASE("every other point of a grid twice as fine is the same number, bit by bit") {
  for (const std::size_t n : {3U, 7U, 43U, 100U}) {
    const auto coarse = nop::periodic_points<1>({n})[0], fine = nop::periodic_points<1>({2 * n})[0];
    for (std::size_t i = 0; i < n; ++i) CHECK(coarse[i] == fine[2 * i]);
  }
}

TEST_CASE("a grid without intervals is refused") {
  CHECK_THROWS_AS((void)nop::nodes<2>({3, 0}), nop::PreconditionError);
}

}  // namespace

}  // namespace nop::test::points_test
