// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>

#include "support/convolution_cases.hpp"
#include "support/cuda.hpp"
#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::cuda::pull_convolve_test {

TEST_CASE_TEMPLATE("gradients for kernels of any number of points on grids of any number", Real,
                   float, double) {
  for_each_kernel(300, [](const auto& size) { check_convolution_gradients<Cuda, Real>(size); });
}

TEST_CASE_TEMPLATE("gradients for channels of any number, fewer and more than a tile has", Real,
                   float, double) {
  for (const std::size_t channels : {1U, 8U, 9U, 17U, 33U, 70U}) {
    check_convolution_gradients<Cuda, Real, 2>({2, channels, 5, {3, 5}, {3, 2}});
    check_convolution_gradients<Cuda, Real, 2>({2, 5, channels, {3, 5}, {3, 2}});
    check_convolution_gradients<Cuda, Real, 2>({2, channels, 36, {3, 5}, {1, 2}});
    check_convolution_gradients<Cuda, Real, 2>({2, 36, channels, {3, 5}, {1, 2}});
  }
}

TEST_CASE_TEMPLATE("gradients by the weight as sums of many parts, over points of many samples",
                   Real, float, double) {
  check_convolution_gradients<Cuda, Real, 2>({5, 16, 12, {7, 7}, {3, 3}});
  check_convolution_gradients<Cuda, Real, 1>({300, 5, 9, {1}, {3}});
  check_convolution_gradients<Cuda, Real, 2>({9, 33, 34, {5, 14}, {1, 1}});
  check_convolution_gradients<Cuda, Real, 1>({1, 2, 3, {1500}, {3}});
  if (emulated) return;
  check_convolution_gradients<Cuda, Real, 2>({16, 64, 64, {14, 14}, {3, 3}});
  check_convolution_gradients<Cuda, Real, 2>({33, 96, 32, {28, 28}, {3, 3}});
  check_convolution_gradients<Cuda, Real, 3>({2, 40, 16, {17, 18, 19}, {3, 3, 3}});
}

TEST_CASE("only the gradients that are asked for are computed; of no samples they are zero") {
  check_wanted_convolution_gradients<Cuda>();
}

TEST_CASE("gradients of a convolution have the same bits every time") {
  const ConvolutionSize<2> size{23, 8, 9, {7, 7}, {3, 3}};
  CHECK(convolution_gradients<Cuda, float>(size) == convolution_gradients<Cuda, float>(size));
}

}  // namespace nop::test::cuda::pull_convolve_test
