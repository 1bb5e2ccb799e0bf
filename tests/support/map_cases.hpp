// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>

#include "backend_array.hpp"
#include "random_field.hpp"
#include "tolerance.hpp"
#include <doctest/doctest.h>

#include <array>
#include <complex>
#include <cstddef>
#include <vector>

/// \file
/// What the maps of every backend have to do, and what it fills arrays with.

namespace nop::test {

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
struct Ramp {
  constexpr auto operator()(std::size_t i) const { return static_cast<double>(i) / 2; }
};

using Steps = std::array<std::size_t, 3>;

/// Every way to lay an array over a box, row by row first.
inline std::vector<Steps> layouts(const Shape<3>& box) {
  return {{box[1] * box[2], box[2], 1},
          {0, 1, 0},
          {box[1], 1, 0},
          {0, box[2], 1},
          {0, 0, 0},
          {1, 0, 0},
          {box[2], 0, 1},
          {0, 0, 1},
          {0, 2, 0},
          {3 * box[1], 3, 0}};
}

/// Boxes of at most 1000 elements, some of none.
inline const std::vector<Shape<3>>& small_boxes() {
  static const std::vector<Shape<3>> boxes = {{1, 1, 1}, {2, 3, 5}, {3, 1, 17}, {1, 4, 33},
                                              {4, 3, 1}, {5, 1, 1}, {1, 6, 1},  {3, 5, 64},
                                              {2, 3, 0}, {0, 3, 2}, {3, 0, 2},  {2, 2, 40}};
  return boxes;
}

template <class Element>
Element& element_of(const Operand<Element>& operand, std::size_t o, std::size_t m, std::size_t i) {
  return operand.data[o * operand.step[0] + m * operand.step[1] + i * operand.step[2]];
}

/// A map through plain loops.
template <class F, class Out, class... In>
void naive_map(const F& f, const Shape<3>& box, Operand<Out> out, Operand<In>... in) {
  for (std::size_t o = 0; o < box[0]; ++o)
    for (std::size_t m = 0; m < box[1]; ++m)
      for (std::size_t i = 0; i < box[2]; ++i)
        element_of(out, o, m, i) = f(element_of(in, o, m, i)...);
}

/// Two arrays of a map to part of a third one, of `count` elements, and how they lie there. They
/// are read and written from their element `begin` on.
struct MapLayout {
  Shape<3> box;
  std::size_t count, begin;
  Steps out, x, y;
};

/// The largest error of `map(f, box, out, x, y)`; what is not written to has to stay what it was.
template <class Backend, class T>
double map_error(const MapLayout& lay, const std::vector<T>& a, const std::vector<T>& b,
                 const auto& map) {
  const BackendArray<Backend, T> a_there(a), b_there(b);
  BackendArray<Backend, T> got(lay.count, T(-7));
  std::vector<T> expected(lay.count, T(-7));
  naive_map(Blend{}, lay.box, Operand<T>{expected.data() + lay.begin, lay.out},
            Operand<const T>{a.data() + lay.begin, lay.x},
            Operand<const T>{b.data() + lay.begin, lay.y});
  map(Blend{}, lay.box, Operand<T>{got.data() + lay.begin, lay.out},
      Operand<const T>{a_there.data() + lay.begin, lay.x},
      Operand<const T>{b_there.data() + lay.begin, lay.y});
  return worst_error(got.values(), expected);
}

template <class Backend, class T>
double map_error(const MapLayout& lay, const std::vector<T>& a, const std::vector<T>& b) {
  return map_error<Backend>(lay, a, b,
                            [](const auto&... arguments) { Backend::map(arguments...); });
}

template <class Backend, class T>
void check_kinds_of_operands() {
  const auto a = random_values<T>(2000, 1), b = random_values<T>(2000, 2);
  for (const auto& box : small_boxes())
    for (const auto& x : layouts(box))
      for (const auto& y : layouts(box)) {
        CAPTURE(box);
        CHECK(map_error<Backend>({box, element_count(box) + 3, 0, layouts(box)[0], x, y}, a, b) <
              rounding<T>);
      }
}

template <class Backend, class T>
void check_maps_of_rows() {
  const auto a = random_values<T>(300, 1), b = random_values<T>(300, 2);
  for (std::size_t length = 0; length <= 70; ++length) {
    CAPTURE(length);
    CHECK(
        map_error<Backend>(
            {{2, 1, length}, 2 * length + 3, 0, {length + 1, 0, 1}, {length + 3, 0, 1}, {0, 0, 0}},
            a, b) < rounding<T>);
  }
}

template <class Backend, class T>
void check_maps_of_any_step() {
  const auto a = random_values<T>(4000, 1), b = random_values<T>(4000, 2);
  for (const auto& box : {Shape<3>{3, 4, 21}, {3, 4, 1}, {7, 1, 1}, {1, 5, 9}}) {
    CAPTURE(box);
    const Steps spread = {box[1] * box[2] * 5 + 7, box[2] * 5, 3};
    CHECK(map_error<Backend>({box, 4000, 0, spread, spread, {box[2] + 2, 100, 2}}, a, b) <
          rounding<T>);
  }
}

/// Operands of different element types.
template <class Backend>
void check_maps_of_types(const Shape<3>& box) {
  using Complex           = std::complex<double>;
  const std::size_t count = element_count(box);
  const auto z            = random_values<Complex>(count, 1);
  const auto x            = random_values<double>(count, 2);
  const auto y            = random_values<float>(count, 3);
  const BackendArray<Backend, Complex> z_there(z);
  const BackendArray<Backend, double> x_there(x);
  const BackendArray<Backend, float> y_there(y);
  std::vector<Complex> expected(count);
  naive_map(ComplexBlend{}, box, whole(expected.data(), box), whole(z.data(), box),
            whole(x.data(), box), per_middle(y.data()));
  BackendArray<Backend, Complex> blended(count, Complex(-1));
  Backend::map(ComplexBlend{}, box, whole(blended.data(), box), whole(z_there.data(), box),
               whole(x_there.data(), box), per_middle(y_there.data()));
  CHECK(worst_error(blended.values(), expected) < 1e-15);
  BackendArray<Backend, double> size(count, -1);
  Backend::map(SquaredSize{}, box, whole(size.data(), box), whole(z_there.data(), box));
  for (std::size_t i = 0; i < count; ++i)
    CHECK(size.values()[i] == doctest::Approx(std::norm(z[i])).epsilon(1e-14));
}

/// A map may write where it reads.
template <class Backend>
void check_maps_in_place() {
  for (const std::size_t count : {103U, 10000U}) {
    const auto before = random_values<float>(count, 1);
    BackendArray<Backend, float> x(before);
    const Shape<3> box = {1, 1, count};
    Backend::map(Twice{}, box, whole(x.data(), box), whole<const float>(x.data(), box));
    const auto after = x.values();
    for (std::size_t i = 0; i < count; ++i) CHECK(after[i] == 2 * before[i]);
  }
}

template <class Backend>
void check_generated_arrays() {
  for (const std::size_t count : {0U, 1U, 255U, 20000U}) {
    BackendArray<Backend, double> got(count + 2, -1);
    Backend::generate(Ramp{}, got.data() + 1, count);
    const auto values = got.values();
    CHECK(values.front() == -1);
    CHECK(values.back() == -1);
    for (std::size_t i = 0; i < count; ++i) CHECK(values[i + 1] == Ramp{}(i));
  }
}

}  // namespace nop::test
