// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>

#include "support/map_cases.hpp"
#include "support/random_field.hpp"
#include "support/sum_cases.hpp"
#include "support/threads.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::map_test {

TEST_CASE_TEMPLATE("a map applies its function to every kind of operand", T, float, double,
                   std::complex<float>) {
  check_kinds_of_operands<Cpu, T>();
}

TEST_CASE_TEMPLATE("a map writes rows of any length and nothing behind them", T, float, double) {
  check_maps_of_rows<Cpu, T>();
}

TEST_CASE_TEMPLATE("a map reads and writes arrays of any step", T, float, double) {
  check_maps_of_any_step<Cpu, T>();
}

TEST_CASE("a map writes one channel of many whose grid has one point") {
  std::vector<float> got(6, 0);
  const std::vector<float> x = {1, 2, 3};
  const Shape<3> box         = {3, 1, 1};
  Cpu::map(Same{}, box, Operand<float>{got.data(), {2, 1, 1}}, whole(x.data(), box));
  CHECK(got == std::vector<float>{1, 0, 2, 0, 3, 0});
}

TEST_CASE("a map takes operands of different element types") {
  check_maps_of_types<Cpu>({2, 3, 11});
  const auto x       = random_values<double>(66, 2);
  const Shape<3> box = {2, 3, 11};
  std::vector<float> narrow(66);
  Cpu::map([](auto a) { return static_cast<float>(a); }, box, whole(narrow.data(), box),
           whole(x.data(), box));
  for (std::size_t i = 0; i < 66; ++i) CHECK(narrow[i] == static_cast<float>(x[i]));
}

TEST_CASE("a map may write where it reads") { check_maps_in_place<Cpu>(); }

TEST_CASE("a function is not asked for values that are not in the box") {
  const std::vector<double> x(13, 4.0);
  std::vector<double> y(13);
  const Shape<3> box = {1, 1, 13};
  Cpu::map(
      [](auto a) {
        CHECK(xsimd::all(xsimd::batch<double>(a) == xsimd::batch<double>(4.0)));
        return a;
      },
      box, whole(y.data(), box), whole(x.data(), box));
  CHECK(y == x);
}

TEST_CASE("generating fills an array from the index") { check_generated_arrays<Cpu>(); }

TEST_CASE_TEMPLATE("a sum adds up along every combination of axes", T, float, double,
                   std::complex<double>) {
  check_sums_of_small_boxes<Cpu, T>();
}

TEST_CASE_TEMPLATE("a sum of more than one piece adds up along every combination of axes", T, float,
                   std::complex<double>) {
  check_sums_of_boxes<Cpu, T>({{2, 3, 9001}, {3, 2, 2049}, {40, 50, 3}});
}

TEST_CASE_TEMPLATE("a sum along rows of any length leaves nothing out", T, float, double) {
  check_sums_of_rows<Cpu, T>();
}

TEST_CASE_TEMPLATE("a sum reads arrays of any step", T, float, double) {
  check_sums_of_any_step<Cpu, T>();
}

TEST_CASE("a sum writes to arrays of any step") { check_sums_to_any_step<Cpu>(); }

TEST_CASE("a sum may turn complex numbers into a real one") { check_sum_of_squares<Cpu>(); }

TEST_CASE("a long sum in single precision keeps its digits") {
  const std::vector<float> x(1U << 22U, 0.1F);
  const Shape<3> box = {1, 1, x.size()};
  float got          = 0;
  Cpu::sum(Same{}, box, nop::single(&got), whole(x.data(), box));
  CHECK(got == doctest::Approx(0.1F * static_cast<double>(x.size())).epsilon(1e-5));
}

TEST_CASE_TEMPLATE("maps and sums and generated arrays have the same bits on any number of threads",
                   T, float, double) {
  const auto a = random_values<T>(120000, 1);
  for (const auto& box : {Shape<3>{1, 1, 120000}, {40, 30, 100}, {1000, 40, 3}, {3, 2, 20000}}) {
    CAPTURE(box);
    CHECK(same_on_any_threads([&] {
      std::vector<T> out(120000);
      Cpu::map(Blend{}, box, whole(out.data(), box), whole(a.data(), box),
               nop::per_middle(a.data()));
      return out;
    }));
    for (unsigned mask = 0; mask < 8; ++mask) {
      CAPTURE(mask);
      CHECK(same_on_any_threads([&] {
        std::vector<T> out(120000);
        Cpu::sum(Blend{}, box, Operand<T>{out.data(), steps_of(box, kept_axes(mask))},
                 whole(a.data(), box), whole(a.data(), box));
        return out;
      }));
    }
  }
  CHECK(same_on_any_threads([] {
    std::vector<T> out(50000);
    const nop::RandomStream random(1, 2);
    Cpu::generate([&](std::size_t i) { return static_cast<T>(random.normal(i)); }, out.data(),
                  out.size());
    return out;
  }));
}

}  // namespace nop::test::map_test
