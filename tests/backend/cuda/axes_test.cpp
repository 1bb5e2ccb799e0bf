// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/axes.cuh>
#include <nop/core/shape.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>

namespace nop::test::axes_test {

using nop::cuda::axis_to_cut;
using nop::cuda::merge_axes;

namespace {

/// What becomes of a box with two arrays.
template <std::size_t Rank>
struct Merged {
  Merged(const Shape<Rank>& e, const Shape<Rank>& a, const Shape<Rank>& b)
      : extents(e), one(a), two(b) {
    merge_axes(extents, one, two);
  }
  bool is(const Shape<Rank>& e, const Shape<Rank>& a, const Shape<Rank>& b) const {
    return extents == e && one == a && two == b;
  }
  Shape<Rank> extents, one, two;
};

}  // namespace

TEST_CASE("axes become one where they lie one behind the other in every array") {
  CHECK(Merged<3>({2, 3, 5}, {15, 5, 1}, {15, 5, 1}).is({1, 1, 30}, {0, 0, 1}, {0, 0, 1}));
  CHECK(Merged<3>({2, 3, 5}, {15, 5, 1}, {0, 0, 0}).is({1, 1, 30}, {0, 0, 1}, {0, 0, 0}));
  CHECK(Merged<3>({2, 3, 5}, {15, 5, 1}, {0, 1, 0}).is({2, 3, 5}, {15, 5, 1}, {0, 1, 0}));
  CHECK(Merged<3>({2, 3, 5}, {15, 5, 1}, {3, 1, 0}).is({1, 6, 5}, {0, 5, 1}, {0, 1, 0}));
  CHECK(Merged<3>({2, 3, 5}, {15, 5, 1}, {0, 5, 1}).is({1, 2, 15}, {0, 15, 1}, {0, 0, 1}));
  CHECK(Merged<3>({2, 3, 5}, {16, 5, 1}, {15, 5, 1}).is({1, 2, 15}, {0, 16, 1}, {0, 15, 1}));
}

TEST_CASE("axes of extent 1 vanish, whatever their steps") {
  CHECK(Merged<3>({1, 3, 1}, {7, 2, 9}, {8, 1, 6}).is({1, 1, 3}, {0, 0, 2}, {0, 0, 1}));
  CHECK(Merged<3>({2, 1, 5}, {5, 99, 1}, {5, 98, 1}).is({1, 1, 10}, {0, 0, 1}, {0, 0, 1}));
  CHECK(Merged<3>({1, 1, 1}, {7, 2, 9}, {8, 1, 6}).is({1, 1, 1}, {0, 0, 0}, {0, 0, 0}));
  CHECK(Merged<5>({1, 4, 1, 3, 2}, {9, 6, 9, 2, 1}, {9, 1, 9, 4, 12})
            .is({1, 1, 4, 3, 2}, {0, 0, 6, 2, 1}, {0, 0, 1, 4, 12}));
}

TEST_CASE("steps of operands are merged too") {
  Shape<3> box                    = {4, 2, 3};
  std::array<std::size_t, 3> step = {6, 3, 1};
  merge_axes(box, step);
  CHECK(box == Shape<3>{1, 1, 24});
  CHECK(step == std::array<std::size_t, 3>{0, 0, 1});
}

TEST_CASE("a box is cut along its longest axis, or where a step needs more than 32 bits") {
  const Shape<3> box = {3, 9, 5}, small = {15, 5, 1};
  CHECK(axis_to_cut(box, 135, small) == 3);
  CHECK(axis_to_cut(box, 134, small, small) == 1);
  const std::size_t far = std::size_t{1} << 32U;
  CHECK(axis_to_cut(box, 135, small, Shape<3>{0, 0, far}) == 2);
  CHECK(axis_to_cut(box, 135, Shape<3>{far, 0, far}, small) == 0);
  CHECK(axis_to_cut(box, 135, Shape<3>{far - 1, 0, 1}, small) == 3);
  CHECK(axis_to_cut(Shape<3>{1, 9, 5}, 135, Shape<3>{far, 5, 1}) == 3);
}

}  // namespace nop::test::axes_test
