// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/copy.cuh>

#include "support/cuda.hpp"
#include "support/device_array.hpp"
#include "support/random_field.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>
#include <numeric>
#include <vector>

namespace nop::test::cuda::copy_test {

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
  std::vector<T> expected(out_size, T(-1));
  const DeviceArray<T> there(in);
  DeviceArray<T> got(expected);
  nop::cuda::copy_strided(extents, there.data() + in_begin, in_step, got.data() + out_begin,
                          out_step);
  for (std::size_t index = 0; index < element_count(extents); ++index)
    expected[out_begin + offset(index, extents, out_step)] =
        in[in_begin + offset(index, extents, in_step)];
  return got.values() == expected;
}

/// All orders of the axes of an array, written out as a new array.
template <class T, std::size_t Rank>
void check_transposes(const Shape<Rank>& shape) {
  const auto in   = random_values<T>(element_count(shape), Rank);
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

TEST_CASE_TEMPLATE("axes of one to six dimensions are put in any order", T, float, double,
                   std::complex<float>, std::complex<double>) {
  check_transposes<T>(Shape<1>{37});
  check_transposes<T>(Shape<2>{33, 50});
  check_transposes<T>(Shape<3>{5, 18, 17});
  check_transposes<T>(Shape<4>{3, 4, 5, 6});
  check_transposes<T>(Shape<5>{2, 3, 4, 3, 5});
  check_transposes<T>(Shape<6>{2, 3, 1, 4, 3, 2});
}

TEST_CASE_TEMPLATE("planes of any proportions are transposed", T, float, double,
                   std::complex<double>) {
  const std::size_t more = emulated ? 1 : 8;
  for (const auto& shape : {Shape<3>{2, 3, more * 700},
                            {3, more * 500, 2},
                            {1, 32, more * 64},
                            {2, more * 65, 130},
                            {3, 31, more * 33},
                            {2, 2, more * 1030},
                            {1, more * 1030, 9},
                            {5, 16, 16},
                            {4, more * 7, 100}})
    check_transposes<T>(shape);
}

TEST_CASE_TEMPLATE("a box is cut out of an array and set into another", T, float, double,
                   std::complex<double>) {
  const Shape<3> from = {6, 7, 8}, to = {4, 9, 5}, box = {3, 4, 5};
  const auto in = random_values<T>(element_count(from), 1);
  CHECK(copies(box, in, (2 * 7 + 3) * 8 + 1, row_major(from), element_count(to), 2 * 5,
               row_major(to)));
}

TEST_CASE_TEMPLATE("rows are copied in words as long as their places allow", T, float,
                   std::complex<float>, std::complex<double>) {
  const auto in = random_values<T>(8 * 3 * 40, 1);
  for (const std::size_t length : {32U, 30U, 31U})
    for (const std::size_t pitch : {40U, 38U, 35U})
      for (const std::size_t begin : {0U, 1U, 2U, 4U})
        for (const std::size_t out_begin : {0U, 1U, 2U, 4U}) {
          CAPTURE(length);
          CAPTURE(pitch);
          CAPTURE(begin);
          CHECK(copies(Shape<3>{8, 2, length}, in, begin, Shape<3>{3 * pitch, pitch, 1}, 8 * 3 * 40,
                       out_begin, Shape<3>{2 * pitch + 8, pitch, 1}));
        }
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
  CHECK(copies(Shape<3>{1, 1, 1}, in, 2, Shape<3>{99, 98, 1}, 5, 3, Shape<3>{7, 6, 1}));
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
    CHECK(
        copies(Shape{rows, std::size_t{45}}, in, 0, Shape<2>{0, 1}, rows * 45, 0, Shape<2>{45, 1}));
    CHECK(copies(Shape{rows, std::size_t{45}}, in, 0, Shape<2>{45, 1}, rows * 45, 0,
                 Shape<2>{1, rows}));
  }
}

TEST_CASE("a copy that is too large for one kernel is done in parts") {
  const Shape<3> extents = {3, 40, 36};
  const auto in          = random_values<float>(element_count(extents), 1);
  const DeviceArray<float> there(in);
  for (const std::size_t most : {1U, 50U, 1000U})
    for (const auto& in_step : {row_major(extents), Shape<3>{1440, 1, 40}, Shape<3>{1, 108, 3}}) {
      if (emulated && most == 1 && in_step[2] != 40) continue;
      DeviceArray<float> got(in.size(), -1);
      using nop::cuda::Word;
      nop::cuda::detail::copy_words<4, 3>(
          most, {extents, reinterpret_cast<const Word<4>*>(there.data()), in_step,
                 reinterpret_cast<Word<4>*>(got.data()), row_major(extents)});
      std::vector<float> expected(in.size());
      for (std::size_t i = 0; i < in.size(); ++i) expected[i] = in[offset(i, extents, in_step)];
      CHECK(got.values() == expected);
    }
}

TEST_CASE("a box with an empty axis copies nothing") {
  const auto in = random_values<float>(4, 1);
  CHECK(copies(Shape<1>{0}, in, 0, Shape<1>{1}, 4, 0, Shape<1>{1}));
  CHECK(copies(Shape<3>{2, 0, 2}, in, 0, Shape<3>{1, 1, 1}, 4, 0, Shape<3>{1, 1, 1}));
  CHECK(copies(Shape<3>{0, 2, 2}, in, 0, Shape<3>{1, 1, 1}, 4, 0, Shape<3>{1, 1, 1}));
}

}  // namespace nop::test::cuda::copy_test
