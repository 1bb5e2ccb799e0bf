// SPDX-License-Identifier: BSD-3-Clause
#include <nop/layers/layer_grids.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <vector>

using nop::LayerGrids;
using nop::Shape;

namespace {

std::vector<Shape<2>> padded(const LayerGrids<2>& grids, const std::array<double, 2>& padding) {
  const auto all = nop::detail::with_margins(grids, nop::DomainPadding<2>(padding), {10, 10},
                                             std::size_t{2}, "Model");
  return {all.begin(), all.end()};
}

}  // namespace

TEST_CASE("every grid has the margins that its part of the box has") {
  CHECK(padded({{{10, 4}, {20, 5}}}, {0, 0}) == std::vector<Shape<2>>{{10, 4}, {20, 5}});
  // 2 of 10 points on both sides, which are 4 of 20
  CHECK(padded({{{10, 4}, {20, 5}}}, {0.2, 0}) == std::vector<Shape<2>>{{14, 4}, {28, 5}});
}

TEST_CASE("there is a grid for each layer, and each has points") {
  CHECK_THROWS_WITH_AS(padded({{{2, 3}}}, {0, 0}),
                       "Model: expected a grid for each of 2 layers, got 1",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(padded({{{2, 3}, {4, 0}}}, {0, 0}),
                       "Model: expected grids of at least one point, got [4, 0]",
                       nop::PreconditionError);
}
