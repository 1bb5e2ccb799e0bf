// SPDX-License-Identifier: BSD-3-Clause
#include <nop/layers/grid_scaling.hpp>

#include <doctest/doctest.h>

#include <limits>

namespace nop::test::grid_scaling_test {

TEST_CASE("a grid is scaled along each axis, a half rounded to even") {
  CHECK(scaled_grid(Shape{5}, {0.5}) == Shape{2UL});
  CHECK(scaled_grid(Shape{7}, {0.5}) == Shape{4UL});
  CHECK(scaled_grid(Shape{10, 9}, {2, 1.5}) == Shape{20UL, 14UL});
  CHECK(scaled_grid(Shape{3, 4, 5}, {1, 0.25, 1.2}) == Shape{3UL, 1UL, 6UL});
}

TEST_CASE("a factor that leaves no point, or too many, is refused") {
  CHECK_THROWS_WITH_AS(scaled_grid(Shape{4, 1}, {1, 0.5}),
                       "scaled_grid: expected a factor that leaves 1 to 1e9 points of 1, got 0.5",
                       nop::PreconditionError);
  for (const double factor : {0.0, -1.0, 1e12, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_AS(scaled_grid(Shape{4}, {factor}), nop::PreconditionError);
}

}  // namespace nop::test::grid_scaling_test
