// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/rng.hpp>

#include "support/backend_array.hpp"
#include "support/cuda.hpp"
#include "support/map_cases.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::cuda::map_test {

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
struct Draw {
  RandomStream random;
  constexpr double operator()(std::size_t i) const { return random.uniform(i); }
};
struct StandardRamp {
  constexpr std::complex<float> operator()(std::size_t i) const {
    return {static_cast<float>(i), -static_cast<float>(i)};
  }
};

TEST_CASE_TEMPLATE("a map applies its function to every kind of operand", T, float, double,
                   std::complex<float>, std::complex<double>) {
  check_kinds_of_operands<Cuda, T>();
}

TEST_CASE_TEMPLATE("a map writes rows of any length and nothing behind them", T, float, double) {
  check_maps_of_rows<Cuda, T>();
}

TEST_CASE_TEMPLATE("a map reads and writes arrays of any step", T, float, double) {
  check_maps_of_any_step<Cuda, T>();
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
        CHECK(map_error<Cuda>({box, element_count(box) + begin + 2, begin, all, all, y}, a, b) <
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
        const auto in_parts = [most](const auto&... arguments) {
          nop::cuda::detail::map_parts(most, arguments...);
        };
        CHECK(map_error<Cuda>({box, 1100, 0, all, all, y}, a, b, in_parts) < rounding<float>);
      }
}

TEST_CASE("a map takes operands of different element types") {
  const Shape<3> box = {2, 3, 12};
  check_maps_of_types<Cuda>(box);
  using Complex = std::complex<double>;
  const auto z  = random_values<Complex>(72, 1);
  const auto x  = random_values<double>(72, 2);
  const auto y  = random_values<float>(72, 3);
  const BackendArray<Cuda, Complex> z_there(z);
  const BackendArray<Cuda, double> x_there(x);
  const BackendArray<Cuda, float> y_there(y);

  BackendArray<Cuda, float> narrow(72, -1);
  Cuda::map(Same{}, box, whole(narrow.data(), box), whole(x_there.data(), box));
  BackendArray<Cuda, std::complex<float>> complex(72, -1), single(72, -1), from_real(72, -1);
  Cuda::map(StandardComplex{}, box, whole(complex.data(), box), whole(y_there.data(), box),
            whole(y_there.data(), box));
  Cuda::map(Same{}, box, whole(single.data(), box), whole(z_there.data(), box));
  Cuda::map(Same{}, box, whole(from_real.data(), box), whole(x_there.data(), box));
  BackendArray<Cuda, float> real_part(72, -1);
  Cuda::map(As<float>{}, box, whole(real_part.data(), box), whole(z_there.data(), box));
  for (std::size_t i = 0; i < 72; ++i) {
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
  const BackendArray<Cuda, T> x(a), y(b);
  std::vector<T> expected(660);
  naive_map(OfFive{}, box, whole(expected.data(), box), whole(a.data(), box), whole(b.data(), box),
            per_middle(a.data()), per_row(b.data(), box), nop::single(a.data()));
  BackendArray<Cuda, T> got(660, T(-1));
  Cuda::map(OfFive{}, box, whole(got.data(), box), whole(x.data(), box), whole(y.data(), box),
            per_middle(x.data()), per_row(y.data(), box), nop::single(x.data()));
  CHECK(worst_error(got.values(), expected) < rounding<T>);
}

TEST_CASE("a map may write where it reads") { check_maps_in_place<Cuda>(); }

TEST_CASE("generating fills an array from the index") { check_generated_arrays<Cuda>(); }

TEST_CASE("complex numbers are generated, and random ones are those of the host") {
  BackendArray<Cuda, std::complex<float>> got(50, -1);
  Cuda::generate(Constant<std::complex<float>>{{2, 3}}, got.data(), 20);
  Cuda::generate(StandardRamp{}, got.data() + 20, 30);
  for (std::size_t i = 0; i < 20; ++i) CHECK(got.values()[i] == std::complex<float>(2, 3));
  for (std::size_t i = 0; i < 30; ++i) CHECK(got.values()[20 + i] == StandardRamp{}(i));
  BackendArray<Cuda, double> drawn(100, -1);
  const Draw draw{RandomStream(1, 2)};
  Cuda::generate(draw, drawn.data(), 100);
  for (std::size_t i = 0; i < 100; ++i) CHECK(drawn.values()[i] == draw(i));
}

}  // namespace nop::test::cuda::map_test
