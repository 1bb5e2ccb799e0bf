// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>

#include "support/convolution_cases.hpp"
#include "support/threads.hpp"
#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::pull_convolve_test {

TEST_CASE_TEMPLATE("gradients for kernels of any number of points on grids of any number", Real,
                   float, double) {
  for_each_kernel(700, [](const auto& size) { check_convolution_gradients<Cpu, Real>(size); });
}

TEST_CASE_TEMPLATE("gradients for channels of any number, and for bands of a grid", Real, float,
                   double) {
  for (const std::size_t channels : {1U, 13U, 16U, 17U, 33U}) {
    check_convolution_gradients<Cpu, Real, 2>({2, channels, 5, {4, 9}, {3, 3}});
    check_convolution_gradients<Cpu, Real, 2>({2, 5, channels, {4, 9}, {3, 3}});
  }
  check_convolution_gradients<Cpu, Real, 2>({3, 17, 20, {40, 33}, {4, 5}});
}

TEST_CASE("only the gradients that are asked for are computed; of no samples they are zero") {
  check_wanted_convolution_gradients<Cpu>();
}

TEST_CASE("gradients of a convolution have the same bits on any number of threads") {
  const ConvolutionSize<2> size{23, 8, 9, {14, 14}, {3, 3}};
  CHECK(same_on_any_threads([&] { return convolution_gradients<Cpu, float>(size); }));
}

}  // namespace nop::test::pull_convolve_test
