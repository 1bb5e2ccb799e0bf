// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/shape.hpp>

#include "backend_array.hpp"
#include "random_field.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <vector>

/// \file
/// What the strided copies of every backend have to do.

namespace nop::test {

/// The steps of an array row by row.
template <std::size_t Rank>
Shape<Rank> row_major(const Shape<Rank>& shape) {
  Shape<Rank> step;
  for (std::size_t axis = 0; axis < Rank; ++axis) step[axis] = element_count(shape, axis + 1);
  return step;
}

/// Where an element of a box lies, counted row by row.
template <std::size_t Rank>
std::size_t offset_of(std::size_t index, const Shape<Rank>& extents, const Shape<Rank>& step) {
  std::size_t result = 0;
  for (std::size_t axis = Rank; axis-- > 0; index /= extents[axis])
    result += index % extents[axis] * step[axis];
  return result;
}

/// Copies, and looks at every element of the result: those in the box and those beside it.
template <class Backend, class T, std::size_t Rank>
bool copies(const Shape<Rank>& extents, const std::vector<T>& in, std::size_t in_begin,
            const Shape<Rank>& in_step, std::size_t out_size, std::size_t out_begin,
            const Shape<Rank>& out_step) {
  std::vector<T> expected(out_size, T(-1));
  const BackendArray<Backend, T> there(in);
  BackendArray<Backend, T> got(expected);
  Backend::copy_strided(extents, there.data() + in_begin, in_step, got.data() + out_begin,
                        out_step);
  for (std::size_t index = 0; index < element_count(extents); ++index)
    expected[out_begin + offset_of(index, extents, out_step)] =
        in[in_begin + offset_of(index, extents, in_step)];
  return got.values() == expected;
}

/// All orders of the axes of an array, written out as a new array.
template <class Backend, class T, std::size_t Rank>
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
    CHECK(copies<Backend>(extents, in, 0, in_step, in.size(), 0, row_major(extents)));
    CHECK(copies<Backend>(extents, in, 0, row_major(extents), in.size(), 0, in_step));
  } while (std::next_permutation(order.begin(), order.end()));
}

template <class Backend, class T>
void check_orders_of_axes() {
  check_transposes<Backend, T>(Shape<1>{37});
  check_transposes<Backend, T>(Shape<2>{33, 50});
  check_transposes<Backend, T>(Shape<3>{5, 18, 17});
  check_transposes<Backend, T>(Shape<4>{3, 4, 5, 6});
  check_transposes<Backend, T>(Shape<5>{2, 3, 4, 3, 5});
  check_transposes<Backend, T>(Shape<6>{2, 3, 1, 4, 3, 2});
}

template <class Backend, class T>
void check_boxes() {
  const Shape<3> from = {6, 7, 8}, to = {4, 9, 5}, box = {3, 4, 5};
  const auto in = random_values<T>(element_count(from), 1);
  CHECK(copies<Backend>(box, in, (2 * 7 + 3) * 8 + 1, row_major(from), element_count(to), 2 * 5,
                        row_major(to)));
}

template <class Backend>
void check_axes_that_lie_together() {
  const auto in = random_values<float>(3 * 8 * 9000, 1);
  for (const Shape<4> whole : {Shape<4>{3, 8, 5, 7}, Shape<4>{3, 8, 1, 1}, Shape<4>{3, 8, 60, 150},
                               Shape<4>{1, 1, 1, 9}}) {
    CAPTURE(whole);
    const auto step = row_major(whole);
    CHECK(copies<Backend>(whole, in, 0, step, element_count(whole), 0, step));
    for (std::size_t axis = 0; axis < 4; ++axis) {
      if (whole[axis] == 1) continue;
      auto part = whole, twice = whole;
      part[axis] -= 1;
      twice[axis] *= 2;
      CAPTURE(axis);
      CHECK(copies<Backend>(part, in, step[axis], step, element_count(part), 0, row_major(part)));
      CHECK(copies<Backend>(whole, in, 0, step, element_count(twice), whole[axis] * step[axis],
                            row_major(twice)));
    }
  }
  CHECK(copies<Backend>(Shape<3>{4, 3, 5}, in, 2, Shape<3>{0, 0, 0}, 60, 0, Shape<3>{15, 5, 1}));
  CHECK(copies<Backend>(Shape<3>{1, 1, 5}, in, 2, Shape<3>{99, 98, 1}, 5, 0, Shape<3>{7, 6, 1}));
  CHECK(copies<Backend>(Shape<3>{1, 1, 1}, in, 2, Shape<3>{99, 98, 1}, 5, 3, Shape<3>{7, 6, 1}));
}

template <class Backend>
void check_repeated_and_left_out() {
  const auto in = random_values<double>(40, 1);
  CHECK(copies<Backend>(Shape<1>{20}, in, 1, Shape<1>{2}, 20, 0, Shape<1>{1}));
  CHECK(copies<Backend>(Shape<1>{20}, in, 0, Shape<1>{1}, 60, 2, Shape<1>{3}));
  CHECK(copies<Backend>(Shape<2>{4, 5}, in, 3, Shape<2>{0, 0}, 20, 0, Shape<2>{5, 1}));
}

template <class Backend>
void check_repeated_and_transposed() {
  const auto in = random_values<double>(2000 * 45, 7);
  for (const std::size_t rows : {1U, 5U, 2000U}) {
    CHECK(copies<Backend>(Shape{rows, std::size_t{45}}, in, 3, Shape<2>{1, 0}, rows * 47 + 1, 1,
                          Shape<2>{47, 1}));
    CHECK(copies<Backend>(Shape{rows, std::size_t{45}}, in, 0, Shape<2>{0, 1}, rows * 45, 0,
                          Shape<2>{45, 1}));
    CHECK(copies<Backend>(Shape{rows, std::size_t{45}}, in, 0, Shape<2>{45, 1}, rows * 45, 0,
                          Shape<2>{1, rows}));
  }
}

template <class Backend>
void check_empty_copies() {
  const auto in = random_values<float>(4, 1);
  CHECK(copies<Backend>(Shape<1>{0}, in, 0, Shape<1>{1}, 4, 0, Shape<1>{1}));
  CHECK(copies<Backend>(Shape<3>{2, 0, 2}, in, 0, Shape<3>{1, 1, 1}, 4, 0, Shape<3>{1, 1, 1}));
  CHECK(copies<Backend>(Shape<3>{0, 2, 2}, in, 0, Shape<3>{1, 1, 1}, 4, 0, Shape<3>{1, 1, 1}));
}

}  // namespace nop::test
