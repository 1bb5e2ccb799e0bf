// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>

#include "support/convolution_cases.hpp"
#include "support/threads.hpp"
#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::convolve_test {

TEST_CASE_TEMPLATE("kernels of any number of points on grids of any number", Real, float, double) {
  for_each_kernel(700, [](const auto& size) { check_convolution<Cpu, Real>(size); });
}

TEST_CASE_TEMPLATE("channels of any number, and bands of a grid that is cut", Real, float, double) {
  for (const std::size_t out : {1U, 2U, 13U, 14U, 15U, 29U, 64U})
    check_convolution<Cpu, Real, 2>({2, 5, out, {4, 9}, {3, 3}});
  check_convolution<Cpu, Real, 2>({1, 17, 20, {70, 33}, {4, 5}});
  check_convolution<Cpu, Real, 1>({1, 64, 64, {3000}, {3}});
  check_convolution<Cpu, Real, 3>({1, 16, 16, {9, 17, 11}, {3, 3, 3}});
}

TEST_CASE("a convolution of no samples has no result") {
  CHECK(convolved<Cpu, float, 2>({0, 3, 2, {4, 5}, {3, 3}}, true).empty());
}

TEST_CASE("a convolution has the same bits on any number of threads") {
  CHECK(same_on_any_threads(
      [] { return convolved<Cpu, float, 2>({5, 32, 32, {14, 14}, {3, 3}}, true); }));
}

}  // namespace nop::test::convolve_test
