// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/map.hpp>

#include "support/random_field.hpp"
#include "support/threads.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <complex>
#include <vector>

namespace nop::test::map_test {

namespace cpu = nop::cpu;

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

/// Every way to lay an array over a box.
template <class Element>
std::vector<Operand<Element>> layouts(Element* data, const Shape<3>& box) {
  return {whole(data, box),          nop::per_middle(data), per_row(data, box),
          per_plane(data, box),      nop::single(data),     {data, {1, 0, 0}},
          {data, {box[2], 0, 1}},    {data, {0, 0, 1}},     {data, {0, 2, 0}},
          {data, {3 * box[1], 3, 0}}};
}

const std::vector<Shape<3>> boxes = {{1, 1, 1}, {2, 3, 5}, {3, 1, 17}, {1, 4, 33},
                                     {4, 3, 1}, {5, 1, 1}, {1, 6, 1},  {3, 5, 64},
                                     {2, 3, 0}, {0, 3, 2}, {3, 0, 2},  {2, 2, 40}};

constexpr auto blend = [](auto a, auto b) { return a * b + a; };
constexpr auto copy  = [](auto a) { return a; };

}  // namespace

TEST_CASE_TEMPLATE("a map applies its function to every kind of operand", T, float, double,
                   std::complex<float>) {
  const auto a = random_values<T>(2000, 1), b = random_values<T>(2000, 2);
  for (const auto& box : boxes)
    for (const auto& x : layouts(a.data(), box))
      for (const auto& y : layouts(b.data(), box)) {
        CAPTURE(box);
        std::vector<T> got(element_count(box)), expected(got);
        cpu::map(blend, box, whole(got.data(), box), x, y);
        naive_map(blend, box, whole(expected.data(), box), x, y);
        CHECK(worst_error(got, expected) < nop::test::rounding<T>);
      }
}

TEST_CASE_TEMPLATE("a map writes rows of any length and nothing behind them", T, float, double) {
  const auto a = random_values<T>(300, 1), b = random_values<T>(300, 2);
  for (std::size_t length = 0; length <= 70; ++length) {
    CAPTURE(length);
    const Shape<3> box = {2, 1, length};
    std::vector<T> got(2 * length + 3, T(-1)), expected(got);
    const Operand<const T> x = {a.data(), {length + 3, 0, 1}};
    cpu::map(blend, box, Operand<T>{got.data(), {length + 1, 0, 1}}, x, nop::single(b.data()));
    naive_map(blend, box, Operand<T>{expected.data(), {length + 1, 0, 1}}, x,
              nop::single(b.data()));
    CHECK(worst_error(got, expected) < nop::test::rounding<T>);
    CHECK(got[length] == T(-1));
    CHECK(got[2 * length + 1] == T(-1));
    CHECK(got[2 * length + 2] == T(-1));
  }
}

TEST_CASE_TEMPLATE("a map reads and writes arrays of any step", T, float, double) {
  const auto a = random_values<T>(4000, 1), b = random_values<T>(4000, 2);
  for (const auto& box : {Shape<3>{3, 4, 21}, {3, 4, 1}, {7, 1, 1}, {1, 5, 9}}) {
    CAPTURE(box);
    const std::array<std::size_t, 3> spread = {box[1] * box[2] * 5 + 7, box[2] * 5, 3};
    std::vector<T> got(4000), expected(got);
    const Operand<const T> x = {a.data(), spread}, y = {b.data(), {box[2] + 2, 100, 2}};
    cpu::map(blend, box, Operand<T>{got.data(), spread}, x, y);
    naive_map(blend, box, Operand<T>{expected.data(), spread}, x, y);
    CHECK(worst_error(got, expected) < nop::test::rounding<T>);
  }
}

TEST_CASE("a map writes one channel of many whose grid has one point") {
  std::vector<float> got(6, 0);
  const std::vector<float> x = {1, 2, 3};
  const Shape<3> box         = {3, 1, 1};
  cpu::map(copy, box, Operand<float>{got.data(), {2, 1, 1}}, whole(x.data(), box));
  CHECK(got == std::vector<float>{1, 0, 2, 0, 3, 0});
}

TEST_CASE("a map takes operands of different element types") {
  using Complex      = std::complex<double>;
  const Shape<3> box = {2, 3, 11};
  const auto z       = random_values<Complex>(66, 1);
  const auto x       = random_values<double>(66, 2);
  const auto y       = random_values<float>(66, 3);
  std::vector<Complex> got(66), expected(66);
  const auto f = [](auto a, auto b, auto c) { return a * b + Complex(c); };
  cpu::map(f, box, whole(got.data(), box), whole(z.data(), box), whole(x.data(), box),
           nop::per_middle(y.data()));
  naive_map(f, box, whole(expected.data(), box), whole(z.data(), box), whole(x.data(), box),
            nop::per_middle(y.data()));
  CHECK(worst_error(got, expected) < 1e-15);

  std::vector<double> size(66);
  cpu::map([](auto a) { return std::norm(a); }, box, whole(size.data(), box), whole(z.data(), box));
  CHECK(size[7] == std::norm(z[7]));
  std::vector<float> narrow(66);
  cpu::map([](auto a) { return static_cast<float>(a); }, box, whole(narrow.data(), box),
           whole(x.data(), box));
  CHECK(narrow[65] == static_cast<float>(x[65]));
}

TEST_CASE("a map may write where it reads") {
  auto x             = random_values<float>(103, 1);
  const auto before  = x;
  const Shape<3> box = {1, 1, 103};
  cpu::map([](auto a) { return a + a; }, box, whole(x.data(), box),
           whole<const float>(x.data(), box));
  for (std::size_t i = 0; i < x.size(); ++i) CHECK(x[i] == 2 * before[i]);
}

TEST_CASE("a function is not asked for values that are not in the box") {
  const std::vector<double> x(13, 4.0);
  std::vector<double> y(13);
  const Shape<3> box = {1, 1, 13};
  cpu::map(
      [](auto a) {
        CHECK(xsimd::all(xsimd::batch<double>(a) == xsimd::batch<double>(4.0)));
        return a;
      },
      box, whole(y.data(), box), whole(x.data(), box));
  CHECK(y == x);
}

TEST_CASE("generating fills an array from the index") {
  std::vector<double> got(20001, -1);
  cpu::generate([](std::size_t i) { return static_cast<double>(i) / 2; }, got.data(), 20000);
  CHECK(got[0] == 0);
  CHECK(got[19999] == 9999.5);
  CHECK(got[20000] == -1);
  cpu::generate([](std::size_t) { return 1.0; }, got.data(), 0);
  CHECK(got[0] == 0);
}

namespace {

/// Sums over the axes that are not kept and compares with plain loops in long double, relative to
/// the size of what is added up.
template <class T>
double sum_error(const Shape<3>& box, const std::array<bool, 3>& kept, const Operand<const T>& x,
                 const Operand<const T>& y) {
  Shape<3> shape = box;
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (!kept[axis]) shape[axis] = 1;
  std::array<std::size_t, 3> step = {shape[1] * shape[2], shape[2], 1};
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (!kept[axis]) step[axis] = 0;
  const std::size_t count = element_count(shape);

  std::vector<T> got(count + 1, T(-7));
  cpu::sum(blend, box, Operand<T>{got.data(), step}, x, y);
  if (got.back() != T(-7)) return 1e300;
  got.pop_back();

  using Wide = std::complex<long double>;
  std::vector<Wide> expected(count);
  std::vector<long double> sizes(count);
  for (std::size_t o = 0; o < box[0]; ++o)
    for (std::size_t m = 0; m < box[1]; ++m)
      for (std::size_t i = 0; i < box[2]; ++i) {
        const std::size_t place = o * step[0] + m * step[1] + i * step[2];
        const Wide left = at(x, o, m, i), right = at(y, o, m, i);
        expected[place] += blend(left, right);
        sizes[place] += blend(std::abs(left), std::abs(right));
      }
  long double error = 0;
  for (std::size_t i = 0; i < count; ++i)
    error = std::max(error, std::abs(Wide(got[i]) - expected[i]) / (sizes[i] + 1e-30L));
  return static_cast<double>(error);
}

}  // namespace

TEST_CASE_TEMPLATE("a sum adds up along every combination of axes", T, float, double,
                   std::complex<double>) {
  const auto a = random_values<T>(60000, 1), b = random_values<T>(60000, 2);
  for (const auto& box : boxes)
    for (unsigned mask = 0; mask < 8; ++mask) {
      CAPTURE(box);
      CAPTURE(mask);
      const std::array<bool, 3> kept = {(mask & 4U) != 0, (mask & 2U) != 0, (mask & 1U) != 0};
      for (const auto& y : layouts(b.data(), box))
        CHECK(sum_error<T>(box, kept, whole(a.data(), box), y) < nop::test::rounding<T>);
    }
}

TEST_CASE_TEMPLATE("a sum of more than one piece adds up along every combination of axes", T, float,
                   std::complex<double>) {
  const auto a = random_values<T>(60000, 1), b = random_values<T>(100, 2);
  for (const auto& box : {Shape<3>{2, 3, 9001}, {3, 2, 2049}, {40, 50, 3}})
    for (unsigned mask = 0; mask < 8; ++mask) {
      CAPTURE(box);
      CAPTURE(mask);
      const std::array<bool, 3> kept = {(mask & 4U) != 0, (mask & 2U) != 0, (mask & 1U) != 0};
      CHECK(sum_error<T>(box, kept, whole(a.data(), box), nop::per_middle(b.data())) <
            nop::test::rounding<T>);
    }
}

TEST_CASE_TEMPLATE("a sum along rows of any length leaves nothing out", T, float, double) {
  const auto a = random_values<T>(300, 1), b = random_values<T>(300, 2);
  for (std::size_t length = 0; length <= 70; ++length)
    for (const bool inner : {false, true}) {
      CAPTURE(length);
      const Shape<3> box = {3, 1, length};
      CHECK(sum_error<T>(box, {true, false, inner}, whole(a.data(), box),
                         nop::per_middle(b.data())) < nop::test::rounding<T>);
    }
}

TEST_CASE_TEMPLATE("a sum reads arrays of any step", T, float, double) {
  const auto a = random_values<T>(3000, 1), b = random_values<T>(3000, 2);
  for (const auto& box : {Shape<3>{3, 4, 21}, {3, 4, 1}, {7, 1, 1}, {1, 5, 9}})
    for (unsigned mask = 0; mask < 8; ++mask) {
      CAPTURE(box);
      CAPTURE(mask);
      const std::array<bool, 3> kept = {(mask & 4U) != 0, (mask & 2U) != 0, (mask & 1U) != 0};
      CHECK(sum_error<T>(box, kept, Operand<const T>{a.data(), {400, 70, 3}},
                         Operand<const T>{b.data(), {1, 90, 2}}) < nop::test::rounding<T>);
    }
}

TEST_CASE("a sum writes to arrays of any step") {
  const std::vector<double> x = {1, 2, 3, 4, 5, 6};
  const Shape<3> box          = {2, 1, 3};
  std::vector<double> got(5, -1);
  cpu::sum(copy, box, Operand<double>{got.data(), {0, 0, 2}}, whole(x.data(), box));
  CHECK(got == std::vector<double>{5, -1, 7, -1, 9});
  cpu::sum(copy, box, Operand<double>{got.data(), {3, 0, 0}}, whole(x.data(), box));
  CHECK(got == std::vector<double>{6, -1, 7, 15, 9});
  const Shape<3> column = {3, 2, 1};
  got.assign(5, -1);
  cpu::sum(copy, column, Operand<double>{got.data(), {2, 0, 1}}, whole(x.data(), column));
  CHECK(got == std::vector<double>{3, -1, 7, -1, 11});
}

TEST_CASE("a sum may turn complex numbers into a real one") {
  const auto z       = random_values<std::complex<float>>(1000, 1);
  const Shape<3> box = {1, 1, 1000};
  float got          = 0;
  cpu::sum([](auto a) { return std::norm(a); }, box, nop::single(&got), whole(z.data(), box));
  double expected = 0;
  for (const auto& value : z) expected += std::norm(value);
  CHECK(got == doctest::Approx(expected).epsilon(1e-5));
}

TEST_CASE("a long sum in single precision keeps its digits") {
  const std::vector<float> x(1U << 22U, 0.1F);
  const Shape<3> box = {1, 1, x.size()};
  float got          = 0;
  cpu::sum(copy, box, nop::single(&got), whole(x.data(), box));
  CHECK(got == doctest::Approx(0.1F * static_cast<double>(x.size())).epsilon(1e-5));
}

TEST_CASE_TEMPLATE("maps and sums and generated arrays have the same bits on any number of threads",
                   T, float, double) {
  const auto a = random_values<T>(120000, 1);
  for (const auto& box : {Shape<3>{1, 1, 120000}, {40, 30, 100}, {1000, 40, 3}, {3, 2, 20000}}) {
    CAPTURE(box);
    CHECK(same_on_any_threads([&] {
      std::vector<T> out(120000);
      cpu::map(blend, box, whole(out.data(), box), whole(a.data(), box), nop::per_middle(a.data()));
      return out;
    }));
    for (unsigned mask = 0; mask < 8; ++mask) {
      CAPTURE(mask);
      CHECK(same_on_any_threads([&] {
        std::vector<T> out(120000);
        std::array<std::size_t, 3> step = whole(out.data(), box).step;
        for (std::size_t axis = 0; axis < 3; ++axis)
          if ((mask >> axis & 1U) != 0) step[axis] = 0;
        cpu::sum(blend, box, Operand<T>{out.data(), step}, whole(a.data(), box),
                 whole(a.data(), box));
        return out;
      }));
    }
  }
  CHECK(same_on_any_threads([] {
    std::vector<T> out(50000);
    const nop::RandomStream random(1, 2);
    cpu::generate([&](std::size_t i) { return static_cast<T>(random.normal(i)); }, out.data(),
                  out.size());
    return out;
  }));
}

}  // namespace nop::test::map_test
