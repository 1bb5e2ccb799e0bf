// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>

#include "backend_array.hpp"
#include "map_cases.hpp"
#include "random_field.hpp"
#include "tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <vector>

/// \file
/// What the sums of every backend have to do.

namespace nop::test {

/// Which axes a sum keeps, by the bits of a number.
inline std::array<bool, 3> kept_axes(unsigned mask) {
  return {(mask & 4U) != 0, (mask & 2U) != 0, (mask & 1U) != 0};
}

/// The steps of its result, row by row.
inline Steps steps_of(const Shape<3>& box, const std::array<bool, 3>& kept) {
  Shape<3> shape = box;
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (!kept[axis]) shape[axis] = 1;
  Steps step = {shape[1] * shape[2], shape[2], 1};
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (!kept[axis]) step[axis] = 0;
  return step;
}

/// The largest error of `sum(f, box, out, x, y)` over the axes that are not kept, relative to the
/// size of what is added up. Infinite where something is written that ought not be, or is not a
/// number.
template <class Backend, class T>
double sum_error(const Shape<3>& box, const std::array<bool, 3>& kept, const std::vector<T>& a,
                 const std::vector<T>& b, const Steps& x, const Steps& y, const auto& sum) {
  constexpr double wrong = std::numeric_limits<double>::infinity();
  const Steps step       = steps_of(box, kept);
  std::size_t count      = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) count *= kept[axis] ? box[axis] : 1;

  const BackendArray<Backend, T> a_there(a), b_there(b);
  BackendArray<Backend, T> result(count + 1, T(-7));
  sum(Blend{}, box, Operand<T>{result.data(), step}, Operand<const T>{a_there.data(), x},
      Operand<const T>{b_there.data(), y});
  const auto got = result.values();
  if (got.back() != T(-7)) return wrong;

  using Wide = std::complex<double>;
  std::vector<Wide> expected(count);
  std::vector<double> sizes(count);
  const Operand<const T> left = {a.data(), x}, right = {b.data(), y};
  for (std::size_t o = 0; o < box[0]; ++o)
    for (std::size_t m = 0; m < box[1]; ++m)
      for (std::size_t i = 0; i < box[2]; ++i) {
        const std::size_t place = o * step[0] + m * step[1] + i * step[2];
        const Wide l = element_of(left, o, m, i), r = element_of(right, o, m, i);
        expected[place] += Blend{}(l, r);
        sizes[place] += Blend{}(std::abs(l), std::abs(r));
      }
  double error = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double here = std::abs(Wide(got[i]) - expected[i]) / (sizes[i] + 1e-30);
    if (!(here <= error)) error = std::isnan(here) ? wrong : here;
  }
  return error;
}

template <class Backend, class T>
double sum_error(const Shape<3>& box, const std::array<bool, 3>& kept, const std::vector<T>& a,
                 const std::vector<T>& b, const Steps& x, const Steps& y) {
  return sum_error<Backend>(box, kept, a, b, x, y,
                            [](const auto&... arguments) { Backend::sum(arguments...); });
}

template <class Backend, class T>
void check_sums_of_small_boxes() {
  const auto a = random_values<T>(2000, 1), b = random_values<T>(2000, 2);
  for (const auto& box : small_boxes())
    for (unsigned mask = 0; mask < 8; ++mask) {
      CAPTURE(box);
      CAPTURE(mask);
      for (const auto& y : layouts(box))
        CHECK(sum_error<Backend>(box, kept_axes(mask), a, b, layouts(box)[0], y) < rounding<T>);
    }
}

/// Along every combination of axes; the second operand has one number per middle index.
template <class Backend, class T>
void check_sums_of_boxes(const std::vector<Shape<3>>& boxes) {
  std::size_t most = 0;
  for (const auto& box : boxes) most = std::max(most, element_count(box));
  const auto a = random_values<T>(most, 1), b = random_values<T>(2000, 2);
  for (const auto& box : boxes)
    for (unsigned mask = 0; mask < 8; ++mask) {
      CAPTURE(box);
      CAPTURE(mask);
      CHECK(sum_error<Backend>(box, kept_axes(mask), a, b, layouts(box)[0], {0, 1 % box[1], 0}) <
            rounding<T>);
    }
}

template <class Backend, class T>
void check_sums_of_rows() {
  const auto a = random_values<T>(300, 1), b = random_values<T>(300, 2);
  for (std::size_t length = 0; length <= 70; ++length)
    for (const bool inner : {false, true}) {
      CAPTURE(length);
      const Shape<3> box = {3, 1, length};
      CHECK(sum_error<Backend>(box, {true, false, inner}, a, b, layouts(box)[0], {0, 1, 0}) <
            rounding<T>);
    }
}

template <class Backend, class T>
void check_sums_of_any_step() {
  const auto a = random_values<T>(3000, 1), b = random_values<T>(3000, 2);
  for (const auto& box : {Shape<3>{3, 4, 21}, {3, 4, 1}, {7, 1, 1}, {1, 5, 9}})
    for (unsigned mask = 0; mask < 8; ++mask) {
      CAPTURE(box);
      CAPTURE(mask);
      CHECK(sum_error<Backend>(box, kept_axes(mask), a, b, {400, 70, 3}, {1, 90, 2}) < rounding<T>);
    }
}

template <class Backend>
void check_sums_to_any_step() {
  const BackendArray<Backend, double> x({1, 2, 3, 4, 5, 6});
  const Shape<3> box = {2, 1, 3}, column = {3, 2, 1};
  BackendArray<Backend, double> got(5, -1), fresh(5, -1);
  Backend::sum(Same{}, box, Operand<double>{got.data(), {0, 0, 2}}, whole(x.data(), box));
  CHECK(got.values() == std::vector<double>{5, -1, 7, -1, 9});
  Backend::sum(Same{}, box, Operand<double>{got.data(), {3, 0, 0}}, whole(x.data(), box));
  CHECK(got.values() == std::vector<double>{6, -1, 7, 15, 9});
  Backend::sum(Same{}, column, Operand<double>{fresh.data(), {2, 0, 1}}, whole(x.data(), column));
  CHECK(fresh.values() == std::vector<double>{3, -1, 7, -1, 11});
}

/// A sum may turn complex numbers into a real one.
template <class Backend>
void check_sum_of_squares() {
  const auto z = random_values<std::complex<float>>(1000, 1);
  const BackendArray<Backend, std::complex<float>> there(z);
  const Shape<3> box = {1, 1, 1000};
  BackendArray<Backend, float> got(1, -1);
  Backend::sum(SquaredSize{}, box, single(got.data()), whole(there.data(), box));
  double expected = 0;
  for (const auto& value : z) expected += std::norm(value);
  CHECK(got.values()[0] == doctest::Approx(expected).epsilon(1e-5));
}

}  // namespace nop::test
