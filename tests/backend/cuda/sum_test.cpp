// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/sum.cuh>
#include <nop/core/functors.hpp>

#include "support/cuda.hpp"
#include "support/device_array.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::sum_test {

struct Blend {
  constexpr auto operator()(auto a, auto b) const { return a * b + a; }
};

namespace {

using Steps = std::array<std::size_t, 3>;

/// Every way to lay an array over a box.
std::vector<Steps> layouts(const Shape<3>& box) {
  return {{box[1] * box[2], box[2], 1},
          {0, 1, 0},
          {box[1], 1, 0},
          {0, box[2], 1},
          {0, 0, 0},
          {1, 0, 0},
          {box[2], 0, 1},
          {0, 0, 1},
          {3 * box[1], 3, 0}};
}

/// Which axes are kept, by the bits of a number.
std::array<bool, 3> kept_axes(unsigned mask) {
  return {(mask & 4U) != 0, (mask & 2U) != 0, (mask & 1U) != 0};
}

/// The steps of a result, row by row.
Steps steps_of(const Shape<3>& box, const std::array<bool, 3>& kept) {
  Shape<3> shape = box;
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (!kept[axis]) shape[axis] = 1;
  Steps step = {shape[1] * shape[2], shape[2], 1};
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (!kept[axis]) step[axis] = 0;
  return step;
}

template <class T>
T& at(const Operand<T>& operand, std::size_t o, std::size_t m, std::size_t i) {
  return operand.data[o * operand.step[0] + m * operand.step[1] + i * operand.step[2]];
}

/// The largest error of a sum of a b + a over the axes that are not kept, relative to the size of
/// what is added up. Infinite where something is written that ought not be.
template <class T>
double sum_error(const Shape<3>& box, const std::array<bool, 3>& kept, const std::vector<T>& a,
                 const std::vector<T>& b, const Steps& x, const Steps& y,
                 std::size_t most = nop::cuda::most_at_once) {
  const Steps step  = steps_of(box, kept);
  std::size_t count = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) count *= kept[axis] ? box[axis] : 1;

  const DeviceArray<T> a_there(a), b_there(b);
  DeviceArray<T> result(count + 1, T(-7));
  const Operand<const T> one = {a_there.data(), x}, two = {b_there.data(), y};
  if (most == nop::cuda::most_at_once)
    nop::cuda::sum(Blend{}, box, Operand<T>{result.data(), step}, one, two);
  else
    nop::cuda::detail::sum_parts<T>(most, Blend{}, box, Operand<T>{result.data(), step}, one, two);
  const auto got = result.values();
  if (got.back() != T(-7)) return 1e300;

  using Wide = std::complex<double>;
  std::vector<Wide> expected(count);
  std::vector<double> sizes(count);
  const Operand<const T> left = {a.data(), x}, right = {b.data(), y};
  for (std::size_t o = 0; o < box[0]; ++o)
    for (std::size_t m = 0; m < box[1]; ++m)
      for (std::size_t i = 0; i < box[2]; ++i) {
        const std::size_t place = o * step[0] + m * step[1] + i * step[2];
        const Wide l = at(left, o, m, i), r = at(right, o, m, i);
        expected[place] += Blend{}(l, r);
        sizes[place] += Blend{}(std::abs(l), std::abs(r));
      }
  double error = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double here = std::abs(Wide(got[i]) - expected[i]) / (sizes[i] + 1e-30);
    if (!(here <= error)) error = here;
  }
  return error;
}

}  // namespace

TEST_CASE_TEMPLATE("a sum adds up along every combination of axes", T, float, double,
                   std::complex<float>, std::complex<double>) {
  const auto a = random_values<T>(2000, 1), b = random_values<T>(2000, 2);
  for (const auto& box : {Shape<3>{1, 1, 1},
                          {2, 3, 5},
                          {3, 1, 17},
                          {1, 4, 33},
                          {4, 3, 1},
                          {5, 1, 1},
                          {1, 6, 1},
                          {3, 5, 64},
                          {2, 3, 0},
                          {0, 3, 2},
                          {3, 0, 2},
                          {2, 2, 40}})
    for (unsigned mask = 0; mask < 8; ++mask) {
      CAPTURE(box);
      CAPTURE(mask);
      for (const auto& y : layouts(box))
        CHECK(sum_error(box, kept_axes(mask), a, b, layouts(box)[0], y) < rounding<T>);
    }
}

TEST_CASE_TEMPLATE("a sum of many terms adds up along every combination of axes", T, float, double,
                   std::complex<float>) {
  const std::size_t more = emulated ? 1 : 4;
  const auto a = random_values<T>(more * 100000, 1), b = random_values<T>(2000, 2);
  for (const auto& box : {Shape<3>{2, 3, more * 9001},
                          {2, 3, more * 9004},
                          {3, 2, more * 2049},
                          {more * 40, 50, 3},
                          {more * 200, 2, 64},
                          {more * 600, 3, 33},
                          {2, more * 900, 40},
                          {more * 1500, 3, 20},
                          {more * 1500, 30, 2},
                          {1, 1, more * 100000},
                          {1, more * 2000, 50},
                          {more * 20000, 1, 5}})
    for (unsigned mask = 0; mask < 8; ++mask) {
      CAPTURE(box);
      CAPTURE(mask);
      CHECK(sum_error(box, kept_axes(mask), a, b, layouts(box)[0], {0, 1 % box[1], 0}) <
            rounding<T>);
    }
}

TEST_CASE_TEMPLATE("a sum along rows of any length leaves nothing out", T, float, double) {
  const auto a = random_values<T>(300, 1), b = random_values<T>(300, 2);
  for (std::size_t length = 0; length <= 70; ++length)
    for (const bool inner : {false, true}) {
      CAPTURE(length);
      const Shape<3> box = {3, 1, length};
      CHECK(sum_error(box, {true, false, inner}, a, b, layouts(box)[0], {0, 1, 0}) < rounding<T>);
    }
}

TEST_CASE_TEMPLATE("a sum reads arrays of any step", T, float, double) {
  const auto a = random_values<T>(3000, 1), b = random_values<T>(3000, 2);
  for (const auto& box : {Shape<3>{3, 4, 21}, {3, 4, 1}, {7, 1, 1}, {1, 5, 9}})
    for (unsigned mask = 0; mask < 8; ++mask) {
      CAPTURE(box);
      CAPTURE(mask);
      CHECK(sum_error(box, kept_axes(mask), a, b, {400, 70, 3}, {1, 90, 2}) < rounding<T>);
    }
}

TEST_CASE("a sum that is too large for one kernel is done in parts") {
  const auto a = random_values<float>(3000, 1), b = random_values<float>(3000, 2);
  for (const auto& box : {Shape<3>{2, 30, 16}, {40, 3, 8}, {3, 7, 100}})
    for (const std::size_t most : {3U, 50U, 128U})
      for (unsigned mask = 0; mask < 8; ++mask) {
        CAPTURE(box);
        CAPTURE(mask);
        CHECK(sum_error(box, kept_axes(mask), a, b, layouts(box)[0], {0, 1, 0}, most) <
              rounding<float>);
      }
}

TEST_CASE("a sum writes to arrays of any step") {
  const DeviceArray<double> x({1, 2, 3, 4, 5, 6});
  const Shape<3> box = {2, 1, 3}, column = {3, 2, 1};
  DeviceArray<double> got(5, -1);
  nop::cuda::sum(Same{}, box, Operand<double>{got.data(), {0, 0, 2}}, whole(x.data(), box));
  CHECK(got.values() == std::vector<double>{5, -1, 7, -1, 9});
  nop::cuda::sum(Same{}, box, Operand<double>{got.data(), {3, 0, 0}}, whole(x.data(), box));
  CHECK(got.values() == std::vector<double>{6, -1, 7, 15, 9});
  DeviceArray<double> fresh(5, -1);
  nop::cuda::sum(Same{}, column, Operand<double>{fresh.data(), {2, 0, 1}}, whole(x.data(), column));
  CHECK(fresh.values() == std::vector<double>{3, -1, 7, -1, 11});
}

TEST_CASE("sums of many terms are written with a step too, and nothing between them") {
  const std::size_t rows = 5, terms = 40000;
  const auto values = random_values<double>(rows * terms, 1);
  const DeviceArray<double> x(values);
  DeviceArray<double> across(3 * rows, -1), down(3 * rows, -1);
  const Shape<3> box = {rows, terms, 1}, turned = {1, terms, rows};
  nop::cuda::sum(Same{}, box, Operand<double>{across.data(), {3, 0, 0}}, whole(x.data(), box));
  nop::cuda::sum(Same{}, turned, Operand<double>{down.data(), {0, 0, 3}}, whole(x.data(), turned));
  for (std::size_t i = 0; i < 3 * rows; ++i)
    if (i % 3 != 0) {
      CHECK(across.values()[i] == -1);
      CHECK(down.values()[i] == -1);
    } else {
      double row = 0, column = 0;
      for (std::size_t t = 0; t < terms; ++t) {
        row += values[i / 3 * terms + t];
        column += values[t * rows + i / 3];
      }
      CHECK(across.values()[i] == doctest::Approx(row).epsilon(1e-10));
      CHECK(down.values()[i] == doctest::Approx(column).epsilon(1e-10));
    }
}

TEST_CASE("a sum may turn complex numbers into a real one, and real numbers into complex ones") {
  const auto z = random_values<std::complex<float>>(1000, 1);
  const DeviceArray<std::complex<float>> there(z);
  const DeviceArray<double> ones(1000, 1.0);
  const Shape<3> box = {1, 1, 1000};
  DeviceArray<float> got(1, -1);
  nop::cuda::sum(SquaredSize{}, box, single(got.data()), whole(there.data(), box));
  double expected = 0;
  for (const auto& value : z) expected += std::norm(value);
  CHECK(got.values()[0] == doctest::Approx(expected).epsilon(1e-5));
  DeviceArray<std::complex<float>> count(1, -1);
  nop::cuda::sum(Same{}, box, single(count.data()), whole(ones.data(), box));
  CHECK(count.values()[0] == std::complex<float>(1000));
}

TEST_CASE("a long sum in single precision keeps its digits") {
  const std::size_t count = emulated ? 1U << 22U : 1U << 26U;
  const DeviceArray<float> x(std::vector<float>(count, 0.1F));
  DeviceArray<float> got(2, -1);
  const Shape<3> all = {1, 1, count}, columns = {count / 4, 1, 4}, rows = {4, 1, count / 4};
  nop::cuda::sum(Same{}, all, single(got.data()), whole(x.data(), all));
  CHECK(got.values()[0] == doctest::Approx(0.1F * static_cast<double>(count)).epsilon(1e-5));
  DeviceArray<float> four(4, -1);
  nop::cuda::sum(Same{}, columns, per_inner(four.data()), whole(x.data(), columns));
  for (const float sum : four.values())
    CHECK(sum == doctest::Approx(0.1F * static_cast<double>(count / 4)).epsilon(1e-5));
  nop::cuda::sum(Same{}, rows, Operand<float>{four.data(), {1, 0, 0}}, whole(x.data(), rows));
  for (const float sum : four.values())
    CHECK(sum == doctest::Approx(0.1F * static_cast<double>(count / 4)).epsilon(1e-5));
}

TEST_CASE("a sum of more terms than fit into 32 bits") {
  if constexpr (emulated) return;
  const std::size_t side = 1U << 17U;
  const DeviceArray<double> ones(side, 1.0);
  DeviceArray<double> got(1, -1);
  const Shape<3> box = {1, side, side};
  nop::cuda::sum(Times{}, box, single(got.data()), per_middle(ones.data()), per_inner(ones.data()));
  CHECK(got.values()[0] == static_cast<double>(side) * static_cast<double>(side));
}

TEST_CASE_TEMPLATE("a sum has the same bits every time", T, float, double) {
  const auto a = random_values<T>(120000, 1);
  const DeviceArray<T> x(a);
  for (const auto& box : {Shape<3>{1, 1, 120000}, {40, 30, 100}, {1000, 40, 3}, {3, 2, 20000}})
    for (unsigned mask = 0; mask < 8; ++mask) {
      const auto sum = [&] {
        DeviceArray<T> out(120000, T(-1));
        nop::cuda::sum(Blend{}, box, Operand<T>{out.data(), steps_of(box, kept_axes(mask))},
                       whole(x.data(), box), whole(x.data(), box));
        return out.values();
      };
      CHECK(sum() == sum());
    }
}

}  // namespace nop::test::sum_test
