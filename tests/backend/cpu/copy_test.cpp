// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/copy.hpp>

#include "support/random_field.hpp"
#include "support/threads.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <complex>
#include <numeric>
#include <vector>

namespace nop::test::copy_test {

namespace cpu = nop::cpu;

namespace {

template <std::size_t Rank>
Shape<Rank> row_major(const Shape<Rank>& shape) {
  Shape<Rank> step;
  for (std::size_t axis = 0; axis < Rank; ++axis) step[axis] = element_count(shape, axis + 1);
  return step;
}

template <std::size_t Rank>
std::size_t offset(std::size_t index, const Shape<Rank>& extents, const Shape<Rank>& step) {
  std::size_t result = 0;
  for (std::size_t axis = Rank; axis-- > 0; index /= extents[axis])
    result += index % extents[axis] * step[axis];
  return result;
}

/// Copies, and looks at every element of the result: those in the box and those beside it.
template <class T, std::size_t Rank>
bool copies(const Shape<Rank>& extents, const std::vector<T>& in, std::size_t in_begin,
            const Shape<Rank>& in_step, std::size_t out_size, std::size_t out_begin,
            const Shape<Rank>& out_step) {
  std::vector<T> got(out_size, T(-1)), expected(got);
  cpu::copy_strided(extents, in.data() + in_begin, in_step, got.data() + out_begin, out_step);
  for (std::size_t index = 0; index < element_count(extents); ++index)
    expected[out_begin + offset(index, extents, out_step)] =
        in[in_begin + offset(index, extents, in_step)];
  return got == expected;
}

/// All orders of the axes of an array, written out as a new array.
template <std::size_t Rank>
void check_transposes(const Shape<Rank>& shape) {
  const auto in   = random_values<float>(element_count(shape), Rank);
  const auto step = row_major(shape);
  std::array<std::size_t, Rank> order;
  std::iota(order.begin(), order.end(), 0U);
  do {
    Shape<Rank> extents, in_step;
    for (std::size_t axis = 0; axis < Rank; ++axis) {
      extents[axis] = shape[order[axis]];
      in_step[axis] = step[order[axis]];
    }
    CAPTURE(extents);
    CHECK(copies(extents, in, 0, in_step, in.size(), 0, row_major(extents)));
    CHECK(copies(extents, in, 0, row_major(extents), in.size(), 0, in_step));
  } while (std::next_permutation(order.begin(), order.end()));
}

}  // namespace

TEST_CASE("axes of one to five dimensions are put in any order") {
  check_transposes(Shape<1>{37});
  check_transposes(Shape<2>{33, 50});
  check_transposes(Shape<3>{5, 18, 17});
  check_transposes(Shape<4>{3, 4, 5, 6});
  check_transposes(Shape<5>{2, 3, 4, 3, 5});
}

TEST_CASE_TEMPLATE("a box is cut out of an array and set into another", T, float, double,
                   std::complex<double>) {
  const Shape<3> from = {6, 7, 8}, to = {4, 9, 5}, box = {3, 4, 5};
  const auto in = random_values<T>(element_count(from), 1);
  CHECK(copies(box, in, (2 * 7 + 3) * 8 + 1, row_major(from), element_count(to), 2 * 5,
               row_major(to)));
}

TEST_CASE("axes that lie one behind the other are copied together, as far as they do") {
  const auto in = random_values<float>(3 * 8 * 9000, 1);
  for (const Shape<4> whole : {Shape<4>{3, 8, 5, 7}, Shape<4>{3, 8, 1, 1}, Shape<4>{3, 8, 60, 150},
                               Shape<4>{1, 1, 1, 9}}) {
    CAPTURE(whole);
    const auto step = row_major(whole);
    CHECK(copies(whole, in, 0, step, element_count(whole), 0, step));
    for (std::size_t axis = 0; axis < 4; ++axis) {
      if (whole[axis] == 1) continue;
      auto part = whole, twice = whole;
      part[axis] -= 1;
      twice[axis] *= 2;
      CAPTURE(axis);
      CHECK(copies(part, in, step[axis], step, element_count(part), 0, row_major(part)));
      CHECK(copies(whole, in, 0, step, element_count(twice), whole[axis] * step[axis],
                   row_major(twice)));
    }
  }
  CHECK(copies(Shape<3>{4, 3, 5}, in, 2, Shape<3>{0, 0, 0}, 60, 0, Shape<3>{15, 5, 1}));
  CHECK(copies(Shape<3>{1, 1, 5}, in, 2, Shape<3>{99, 98, 1}, 5, 0, Shape<3>{7, 6, 1}));
}

TEST_CASE("every second element is taken and one value is spread out") {
  const auto in = random_values<double>(40, 1);
  CHECK(copies(Shape<1>{20}, in, 1, Shape<1>{2}, 20, 0, Shape<1>{1}));
  CHECK(copies(Shape<1>{20}, in, 0, Shape<1>{1}, 60, 2, Shape<1>{3}));
  CHECK(copies(Shape<2>{4, 5}, in, 3, Shape<2>{0, 0}, 20, 0, Shape<2>{5, 1}));
}

TEST_CASE("values are repeated along rows, and matrices of many rows are transposed") {
  const auto in = random_values<double>(2000 * 45, 7);
  for (const std::size_t rows : {1U, 5U, 2000U}) {
    CHECK(copies(Shape{rows, std::size_t{45}}, in, 3, Shape<2>{1, 0}, rows * 47 + 1, 1,
                 Shape<2>{47, 1}));
    CHECK(copies(Shape{rows, std::size_t{45}}, in, 0, Shape<2>{45, 1}, rows * 45, 0,
                 Shape<2>{1, rows}));
  }
}

TEST_CASE("a box with an empty axis copies nothing") {
  const auto in = random_values<float>(4, 1);
  CHECK(copies(Shape<1>{0}, in, 0, Shape<1>{1}, 4, 0, Shape<1>{1}));
  CHECK(copies(Shape<3>{2, 0, 2}, in, 0, Shape<3>{1, 1, 1}, 4, 0, Shape<3>{1, 1, 1}));
  CHECK(copies(Shape<3>{0, 2, 2}, in, 0, Shape<3>{1, 1, 1}, 4, 0, Shape<3>{1, 1, 1}));
}

TEST_CASE("a strided copy has the same bits on any number of threads") {
  const Shape<4> shape = {9, 8, 31, 33};
  const auto in        = random_values<float>(element_count(shape), 1);
  CHECK(nop::test::same_on_any_threads([&] {
    std::vector<float> out(in.size());
    cpu::copy_strided(shape, in.data(), row_major(shape), out.data(), Shape<4>{1, 9, 72, 2232});
    return out;
  }));
}

}  // namespace nop::test::copy_test
