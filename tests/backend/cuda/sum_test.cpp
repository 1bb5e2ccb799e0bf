// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>
#include <nop/core/functors.hpp>

#include "support/backend_array.hpp"
#include "support/cuda.hpp"
#include "support/map_cases.hpp"
#include "support/random_field.hpp"
#include "support/sum_cases.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::sum_test {

TEST_CASE_TEMPLATE("a sum adds up along every combination of axes", T, float, double,
                   std::complex<float>, std::complex<double>) {
  check_sums_of_small_boxes<Cuda, T>();
}

TEST_CASE_TEMPLATE("a sum of many terms adds up along every combination of axes", T, float, double,
                   std::complex<float>) {
  const std::size_t more = emulated ? 1 : 4;
  check_sums_of_boxes<Cuda, T>({{2, 3, more * 9001},
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
                                {more * 20000, 1, 5}});
}

TEST_CASE_TEMPLATE("a sum along rows of any length leaves nothing out", T, float, double) {
  check_sums_of_rows<Cuda, T>();
}

TEST_CASE_TEMPLATE("a sum reads arrays of any step", T, float, double) {
  check_sums_of_any_step<Cuda, T>();
}

TEST_CASE("a sum that is too large for one kernel is done in parts") {
  const auto a = random_values<float>(3000, 1), b = random_values<float>(3000, 2);
  for (const auto& box : {Shape<3>{2, 30, 16}, {40, 3, 8}, {3, 7, 100}})
    for (const std::size_t most : {3U, 50U, 128U})
      for (unsigned mask = 0; mask < 8; ++mask) {
        CAPTURE(box);
        CAPTURE(mask);
        const auto in_parts = [most](const auto&... arguments) {
          nop::cuda::detail::sum_parts<float>(most, arguments...);
        };
        CHECK(sum_error<Cuda>(box, kept_axes(mask), a, b, layouts(box)[0], {0, 1, 0}, in_parts) <
              rounding<float>);
      }
}

TEST_CASE("a sum writes to arrays of any step") { check_sums_to_any_step<Cuda>(); }

TEST_CASE("sums of many terms are written with a step too, and nothing between them") {
  const std::size_t rows = 5, terms = 40000;
  const auto values = random_values<double>(rows * terms, 1);
  const BackendArray<Cuda, double> x(values);
  BackendArray<Cuda, double> across(3 * rows, -1), down(3 * rows, -1);
  const Shape<3> box = {rows, terms, 1}, turned = {1, terms, rows};
  Cuda::sum(Same{}, box, Operand<double>{across.data(), {3, 0, 0}}, whole(x.data(), box));
  Cuda::sum(Same{}, turned, Operand<double>{down.data(), {0, 0, 3}}, whole(x.data(), turned));
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
  check_sum_of_squares<Cuda>();
  const BackendArray<Cuda, double> ones(1000, 1.0);
  const Shape<3> box = {1, 1, 1000};
  BackendArray<Cuda, std::complex<float>> count(1, -1);
  Cuda::sum(Same{}, box, single(count.data()), whole(ones.data(), box));
  CHECK(count.values()[0] == std::complex<float>(1000));
}

TEST_CASE("a long sum in single precision keeps its digits") {
  const std::size_t count = emulated ? 1U << 22U : 1U << 26U;
  const BackendArray<Cuda, float> x(std::vector<float>(count, 0.1F));
  BackendArray<Cuda, float> got(2, -1);
  const Shape<3> all = {1, 1, count}, columns = {count / 4, 1, 4}, rows = {4, 1, count / 4};
  Cuda::sum(Same{}, all, single(got.data()), whole(x.data(), all));
  CHECK(got.values()[0] == doctest::Approx(0.1F * static_cast<double>(count)).epsilon(1e-5));
  BackendArray<Cuda, float> four(4, -1);
  Cuda::sum(Same{}, columns, per_inner(four.data()), whole(x.data(), columns));
  for (const float sum : four.values())
    CHECK(sum == doctest::Approx(0.1F * static_cast<double>(count / 4)).epsilon(1e-5));
  Cuda::sum(Same{}, rows, Operand<float>{four.data(), {1, 0, 0}}, whole(x.data(), rows));
  for (const float sum : four.values())
    CHECK(sum == doctest::Approx(0.1F * static_cast<double>(count / 4)).epsilon(1e-5));
}

TEST_CASE("a sum of more terms than fit into 32 bits") {
  if constexpr (emulated) return;
  const std::size_t side = 1U << 17U;
  const BackendArray<Cuda, double> ones(side, 1.0);
  BackendArray<Cuda, double> got(1, -1);
  const Shape<3> box = {1, side, side};
  Cuda::sum(Times{}, box, single(got.data()), per_middle(ones.data()), per_inner(ones.data()));
  CHECK(got.values()[0] == static_cast<double>(side) * static_cast<double>(side));
}

TEST_CASE_TEMPLATE("a sum has the same bits every time", T, float, double) {
  const auto a = random_values<T>(120000, 1);
  const BackendArray<Cuda, T> x(a);
  for (const auto& box : {Shape<3>{1, 1, 120000}, {40, 30, 100}, {1000, 40, 3}, {3, 2, 20000}})
    for (unsigned mask = 0; mask < 8; ++mask) {
      const auto sum = [&] {
        BackendArray<Cuda, T> out(120000, T(-1));
        Cuda::sum(Blend{}, box, Operand<T>{out.data(), steps_of(box, kept_axes(mask))},
                  whole(x.data(), box), whole(x.data(), box));
        return out.values();
      };
      CHECK(sum() == sum());
    }
}

}  // namespace nop::test::sum_test
