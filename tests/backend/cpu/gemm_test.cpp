// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>

#include "support/product_cases.hpp"
#include "support/random_product.hpp"
#include "support/threads.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::gemm_test {

namespace {

constexpr auto multiply = [](const auto&... arguments) { Cpu::multiply(arguments...); };

}  // namespace

TEST_CASE_TEMPLATE("a batch of products in every form and layout agrees with plain loops", T, float,
                   double, std::complex<float>, std::complex<double>) {
  check_products_of_every_form<Cpu, T>(multiply);
}

TEST_CASE_TEMPLATE("products larger than a block agree with plain loops", T, float,
                   std::complex<double>) {
  check_large_products<Cpu, T>({{1, 200, 90, 70},
                                {1, 70, 90, 300},
                                {2, 3, 5000, 4},
                                {1, 3, 9000, 4},
                                {70, 6, 9, 8},
                                {1, 1, 1, 40000},
                                {2, 300, 300, 1}},
                               multiply);
}

TEST_CASE_TEMPLATE("products of all sizes around those of tiles agree with plain loops", T, float,
                   std::complex<double>) {
  for (const std::size_t rows : {1U, 2U, 3U, 4U, 6U, 7U, 9U, 10U, 13U})
    for (const std::size_t columns : {1U, 2U, 3U, 5U, 8U, 9U, 15U, 17U, 24U, 31U, 33U, 49U, 97U})
      for (const std::size_t depth : {1U, 7U, 130U, 515U})
        for (const Form right : {Form::plain, Form::adjoint}) {
          CAPTURE(rows);
          CAPTURE(columns);
          CAPTURE(depth);
          CHECK(RandomProduct<Cpu, T>{{1, rows, depth, columns}, {}, {right, 1}, {Form::plain, 2}}
                    .error_of(multiply) < 4 * rounding<T>);
        }
}

TEST_CASE_TEMPLATE("a product of nothing is zero and adds nothing", T, float,
                   std::complex<double>) {
  check_products_of_nothing<Cpu, T>(multiply);
}

TEST_CASE("an overwritten result does not depend on what was there") {
  const std::vector<double> a = {1, 2}, b = {3, 4};
  for (const std::size_t batch : {1U, 2U}) {
    double c = std::numeric_limits<double>::quiet_NaN();
    Cpu::multiply<double>({batch, 1, 1, 1}, {a.data(), 1, 1}, {b.data(), 1, 1}, {&c, 1, 0},
                          Update::overwrite);
    CHECK(c == (batch == 1 ? 3 : 11));
  }
}

TEST_CASE_TEMPLATE("products have the same bits on any number of threads", T, float,
                   std::complex<double>) {
  for (const ProductSize size : {ProductSize{1, 64, 64, 5000},
                                 {40, 16, 16, 300},
                                 {3, 8, 7000, 8},
                                 {1, 400, 60, 500},
                                 {300, 4, 33, 4}})
    for (const bool summed : {false, true}) {
      CAPTURE(size.batch);
      CAPTURE(size.depth);
      CAPTURE(summed);
      CHECK(nop::test::same_on_any_threads([&] {
        return RandomProduct<Cpu, T>{size, {}, {Form::adjoint}, {Form::plain, 0, summed}}.by(
            multiply);
      }));
    }
}

}  // namespace nop::test::gemm_test
