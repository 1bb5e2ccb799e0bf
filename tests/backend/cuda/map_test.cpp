// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/map.cuh>
#include <nop/core/functors.hpp>
#include <nop/core/rng.hpp>

#include "support/cuda.hpp"
#include "support/device_array.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <array>
#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::cuda::map_test {

struct Blend {
  constexpr auto operator()(auto a, auto b) const { return a * b + a; }
};
struct Twice {
  constexpr auto operator()(auto a) const { return a + a; }
};
/// a b + c, where a is complex, b and c are real.
struct ComplexBlend {
  constexpr auto operator()(auto a, auto b, auto c) const {
    return a * b + decltype(a)(static_cast<double>(c));
  }
};
/// a + b i, as the standard library has it.
struct StandardComplex {
  template <real T>
  constexpr std::complex<T> operator()(T a, T b) const {
    return {a, b};
  }
};
/// a b + c d - e
struct OfFive {
  constexpr auto operator()(auto a, auto b, auto c, auto d, auto e) const {
    return a * b + c * d - e;
  }
};
struct Ramp {
  constexpr auto operator()(std::size_t i) const { return static_cast<double>(i) / 2; }
};
struct Draw {
  RandomStream random;
  constexpr double operator()(std::size_t i) const { return random.uniform(i); }
};
struct StandardRamp {
  constexpr std::complex<float> operator()(std::size_t i) const {
    return {static_cast<float>(i), -static_cast<float>(i)};
  }
};

namespace {

template <class Element>
Element& at(const Operand<Element>& operand, std::size_t o, std::size_t m, std::size_t i) {
  return operand.data[o * operand.step[0] + m * operand.step[1] + i * operand.step[2]];
}

/// The same box through plain loops.
template <class F, class Out, class... In>
void naive_map(const F& f, const Shape<3>& box, Operand<Out> out, Operand<In>... in) {
  for (std::size_t o = 0; o < box[0]; ++o)
    for (std::size_t m = 0; m < box[1]; ++m)
      for (std::size_t i = 0; i < box[2]; ++i) at(out, o, m, i) = f(at(in, o, m, i)...);
}

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

/// The largest error of a map of two arrays to part of a third one, from some element of each on;
/// what is not written to has to stay what it was.
template <class T>
double map_error(const Shape<3>& box, const std::vector<T>& a, const std::vector<T>& b,
                 std::size_t count, std::size_t begin, const Steps& out, const Steps& x,
                 const Steps& y, std::size_t most = nop::cuda::most_at_once) {
  const DeviceArray<T> a_there(a), b_there(b);
  DeviceArray<T> got(count, T(-7));
  std::vector<T> expected(count, T(-7));
  naive_map(Blend{}, box, Operand<T>{expected.data() + begin, out},
            Operand<const T>{a.data() + begin, x}, Operand<const T>{b.data() + begin, y});
  const Operand<T> result    = {got.data() + begin, out};
  const Operand<const T> one = {a_there.data() + begin, x}, two = {b_there.data() + begin, y};
  if (most == nop::cuda::most_at_once)
    nop::cuda::map(Blend{}, box, result, one, two);
  else
    nop::cuda::detail::map_parts(most, Blend{}, box, result, one, two);
  return worst_error(got.values(), expected);
}

}  // namespace

TEST_CASE_TEMPLATE("a map applies its function to every kind of operand", T, float, double,
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
    for (const auto& x : layouts(box))
      for (const auto& y : layouts(box)) {
        CAPTURE(box);
        CHECK(map_error(box, a, b, element_count(box) + 3, 0, layouts(box)[0], x, y) < rounding<T>);
      }
}

TEST_CASE_TEMPLATE("a map writes rows of any length and nothing behind them", T, float, double) {
  const auto a = random_values<T>(300, 1), b = random_values<T>(300, 2);
  for (std::size_t length = 0; length <= 70; ++length) {
    CAPTURE(length);
    CHECK(map_error({2, 1, length}, a, b, 2 * length + 3, 0, {length + 1, 0, 1}, {length + 3, 0, 1},
                    {0, 0, 0}) < rounding<T>);
  }
}

TEST_CASE_TEMPLATE("a map reads and writes arrays of any step", T, float, double) {
  const auto a = random_values<T>(4000, 1), b = random_values<T>(4000, 2);
  for (const auto& box : {Shape<3>{3, 4, 21}, {3, 4, 1}, {7, 1, 1}, {1, 5, 9}}) {
    CAPTURE(box);
    const Steps spread = {box[1] * box[2] * 5 + 7, box[2] * 5, 3};
    CHECK(map_error(box, a, b, 4000, 0, spread, spread, {box[2] + 2, 100, 2}) < rounding<T>);
  }
}

TEST_CASE_TEMPLATE("a map of many numbers reaches all of them, wherever they begin", T, float,
                   double, std::complex<float>) {
  const std::size_t more = emulated ? 1 : 5;
  const auto a = random_values<T>(more * 50000, 1), b = random_values<T>(more * 50000, 2);
  for (const auto& box : {Shape<3>{1, 1, more * 20003},
                          {2, 3, more * 4000},
                          {2, 3, more * 3001},
                          {more * 150, 17, 7},
                          {more * 40, 16, 36},
                          {3, more * 500, 12}})
    for (const std::size_t begin : {0U, 1U, 2U, 4U})
      for (const auto& y : {Steps{box[1] * box[2], box[2], 1}, Steps{0, 1, 0}, Steps{0, 0, 0}}) {
        CAPTURE(box);
        CAPTURE(begin);
        const Steps all = layouts(box)[0];
        CHECK(map_error(box, a, b, element_count(box) + begin + 2, begin, all, all, y) <
              rounding<T>);
      }
}

TEST_CASE("a map that is too large for one kernel is done in parts") {
  const auto a = random_values<float>(3000, 1), b = random_values<float>(3000, 2);
  for (const auto& box : {Shape<3>{1, 1, 1000}, {2, 30, 16}, {40, 3, 8}, {1, 7, 100}})
    for (const std::size_t most : {1U, 50U, 128U})
      for (const auto& y : layouts(box)) {
        CAPTURE(box);
        const Steps all = layouts(box)[0];
        if (emulated && most == 1 && y != all) continue;
        CHECK(map_error(box, a, b, 1100, 0, all, all, y, most) < rounding<float>);
      }
}

TEST_CASE("a map takes operands of different element types") {
  using Complex      = std::complex<double>;
  const Shape<3> box = {2, 3, 12};
  const auto z       = random_values<Complex>(72, 1);
  const auto x       = random_values<double>(72, 2);
  const auto y       = random_values<float>(72, 3);
  const DeviceArray<Complex> z_there(z);
  const DeviceArray<double> x_there(x);
  const DeviceArray<float> y_there(y);

  std::vector<Complex> expected(72);
  naive_map(ComplexBlend{}, box, whole(expected.data(), box), whole(z.data(), box),
            whole(x.data(), box), per_middle(y.data()));
  DeviceArray<Complex> blended(72, Complex(-1));
  nop::cuda::map(ComplexBlend{}, box, whole(blended.data(), box), whole(z_there.data(), box),
                 whole(x_there.data(), box), per_middle(y_there.data()));
  CHECK(worst_error(blended.values(), expected) < 1e-15);

  DeviceArray<double> size(72, -1);
  nop::cuda::map(SquaredSize{}, box, whole(size.data(), box), whole(z_there.data(), box));
  DeviceArray<float> narrow(72, -1);
  nop::cuda::map(Same{}, box, whole(narrow.data(), box), whole(x_there.data(), box));
  DeviceArray<std::complex<float>> complex(72, -1), single(72, -1), from_real(72, -1);
  nop::cuda::map(StandardComplex{}, box, whole(complex.data(), box), whole(y_there.data(), box),
                 whole(y_there.data(), box));
  nop::cuda::map(Same{}, box, whole(single.data(), box), whole(z_there.data(), box));
  nop::cuda::map(Same{}, box, whole(from_real.data(), box), whole(x_there.data(), box));
  DeviceArray<float> real_part(72, -1);
  nop::cuda::map(As<float>{}, box, whole(real_part.data(), box), whole(z_there.data(), box));
  for (std::size_t i = 0; i < 72; ++i) {
    CHECK(size.values()[i] == doctest::Approx(std::norm(z[i])).epsilon(1e-14));
    CHECK(narrow.values()[i] == static_cast<float>(x[i]));
    CHECK(complex.values()[i] == std::complex<float>(y[i], y[i]));
    CHECK(single.values()[i] == std::complex<float>(z[i]));
    CHECK(from_real.values()[i] == std::complex<float>(static_cast<float>(x[i])));
    CHECK(real_part.values()[i] == static_cast<float>(z[i].real()));
  }
}

TEST_CASE_TEMPLATE("a map of many operands", T, float, std::complex<double>) {
  const Shape<3> box = {3, 5, 44};
  const auto a = random_values<T>(660, 1), b = random_values<T>(660, 2);
  const DeviceArray<T> x(a), y(b);
  std::vector<T> expected(660);
  naive_map(OfFive{}, box, whole(expected.data(), box), whole(a.data(), box), whole(b.data(), box),
            per_middle(a.data()), per_row(b.data(), box), nop::single(a.data()));
  DeviceArray<T> got(660, T(-1));
  nop::cuda::map(OfFive{}, box, whole(got.data(), box), whole(x.data(), box), whole(y.data(), box),
                 per_middle(x.data()), per_row(y.data(), box), nop::single(x.data()));
  CHECK(worst_error(got.values(), expected) < rounding<T>);
}

TEST_CASE("a map may write where it reads") {
  for (const std::size_t count : {103U, 10000U}) {
    const auto before = random_values<float>(count, 1);
    DeviceArray<float> x(before);
    const Shape<3> box = {1, 1, count};
    nop::cuda::map(Twice{}, box, whole(x.data(), box), whole(x.data(), box));
    const auto after = x.values();
    for (std::size_t i = 0; i < count; ++i) CHECK(after[i] == 2 * before[i]);
  }
}

TEST_CASE("generating fills an array from the index") {
  for (const std::size_t count : {0U, 1U, 255U, 20000U}) {
    DeviceArray<double> got(count + 2, -1);
    nop::cuda::generate(Ramp{}, got.data() + 1, count);
    const auto values = got.values();
    CHECK(values.front() == -1);
    CHECK(values.back() == -1);
    for (std::size_t i = 0; i < count; ++i) CHECK(values[i + 1] == static_cast<double>(i) / 2);
  }
}

TEST_CASE("complex numbers are generated, and random ones are those of the host") {
  DeviceArray<std::complex<float>> got(50, -1);
  nop::cuda::generate(Constant<std::complex<float>>{{2, 3}}, got.data(), 20);
  nop::cuda::generate(StandardRamp{}, got.data() + 20, 30);
  for (std::size_t i = 0; i < 20; ++i) CHECK(got.values()[i] == std::complex<float>(2, 3));
  for (std::size_t i = 0; i < 30; ++i) CHECK(got.values()[20 + i] == StandardRamp{}(i));
  DeviceArray<double> drawn(100, -1);
  const Draw draw{RandomStream(1, 2)};
  nop::cuda::generate(draw, drawn.data(), 100);
  for (std::size_t i = 0; i < 100; ++i) CHECK(drawn.values()[i] == draw(i));
}

}  // namespace nop::test::cuda::map_test
