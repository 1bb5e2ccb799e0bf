// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>

#include "support/copy_cases.hpp"
#include "support/random_field.hpp"
#include "support/threads.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::copy_test {

TEST_CASE_TEMPLATE("axes of one to six dimensions are put in any order", T, float,
                   std::complex<double>) {
  check_orders_of_axes<Cpu, T>();
}

TEST_CASE_TEMPLATE("a box is cut out of an array and set into another", T, float, double,
                   std::complex<double>) {
  check_boxes<Cpu, T>();
}

TEST_CASE("axes that lie one behind the other are copied together, as far as they do") {
  check_axes_that_lie_together<Cpu>();
}

TEST_CASE("every second element is taken and one value is spread out") {
  check_repeated_and_left_out<Cpu>();
}

TEST_CASE("values are repeated along rows, and matrices of many rows are transposed") {
  check_repeated_and_transposed<Cpu>();
}

TEST_CASE("a box with an empty axis copies nothing") { check_empty_copies<Cpu>(); }

TEST_CASE("a strided copy has the same bits on any number of threads") {
  const Shape<4> shape = {9, 8, 31, 33};
  const auto in        = random_values<float>(element_count(shape), 1);
  CHECK(nop::test::same_on_any_threads([&] {
    std::vector<float> out(in.size());
    Cpu::copy_strided(shape, in.data(), row_major(shape), out.data(), Shape<4>{1, 9, 72, 2232});
    return out;
  }));
}

}  // namespace nop::test::copy_test
