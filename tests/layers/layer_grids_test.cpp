// SPDX-License-Identifier: BSD-3-Clause
#include <nop/layers/layer_grids.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <vector>

namespace nop::test::layer_grids_test {
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

TEST_CASE(
    "grids that a model makes are each made of the one before, and the last one is asked for") {
  const auto doubled = [](const Shape<2>& grid, std::size_t layer) {
    return Shape<2>{grid[0] * 2, grid[1] + layer};
  };
  const auto made = [&doubled](const std::array<double, 2>& padding) {
    const auto all = nop::detail::with_margins(doubled, Shape<2>{10, 4},
                                               nop::DomainPadding<2>(padding), Shape<2>{10, 10}, 3);
    return std::vector<Shape<2>>(all.begin(), all.end());
  };
  CHECK(made({0, 0}) == std::vector<Shape<2>>{{20, 10}, {40, 11}, {10, 4}});
  CHECK(made({0.2, 0}) == std::vector<Shape<2>>{{28, 10}, {56, 11}, {14, 4}});
}

TEST_CASE("an input has the channels of its model, and points") {
  CHECK(nop::detail::grid_of_input(Shape<4>{0, 3, 5, 7}, 3, "Model") == Shape<2>{5, 7});
  for (const auto& wrong : {Shape<4>{1, 2, 5, 7}, Shape<4>{1, 3, 5, 0}})
    CHECK_THROWS_AS(nop::detail::grid_of_input(wrong, 3, "Model"), nop::PreconditionError);
}

TEST_CASE("layers differ from exact ones if one of them does, from the grid before it to its own") {
  struct Layer {
    Shape<1> from, to;
    bool differs_from_exact(const Shape<1>& a, const Shape<1>& b) const {
      return a == from && b == to;
    }
  };
  const nop::HostVector<Shape<1>> grids{{4}, {8}};
  const auto differ = [&grids](const Layer& first, const Layer& second) {
    return nop::detail::differ_from_exact(std::array{first, second}, Shape<1>{3}, grids);
  };
  CHECK(differ({{3}, {4}}, {{0}, {0}}));
  CHECK(differ({{0}, {0}}, {{4}, {8}}));
  CHECK_FALSE(differ({{4}, {8}}, {{3}, {4}}));
}

TEST_CASE("there is a grid for each layer, and each has points") {
  CHECK_THROWS_WITH_AS(padded({{{2, 3}}}, {0, 0}),
                       "Model: expected a grid for each of 2 layers, got 1",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(padded({{{2, 3}, {4, 0}}}, {0, 0}),
                       "Model: expected grids of at least one point, got [4, 0]",
                       nop::PreconditionError);
}

}  // namespace nop::test::layer_grids_test
