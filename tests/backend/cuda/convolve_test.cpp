// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>

#include "support/convolution_cases.hpp"
#include "support/cuda.hpp"
#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::cuda::convolve_test {

TEST_CASE_TEMPLATE("kernels of any number of points on grids of any number", Real, float, double) {
  for_each_kernel(300, [](const auto& size) { check_convolution<Cuda, Real>(size); });
}

TEST_CASE_TEMPLATE("channels of any number, fewer and more than a tile has", Real, float, double) {
  for (const std::size_t in : {1U, 4U, 5U, 8U, 17U})
    for (const std::size_t out : {1U, 8U, 9U, 31U, 33U, 70U})
      check_convolution<Cuda, Real, 2>({2, in, out, {4, 5}, {3, 2}});
}

TEST_CASE_TEMPLATE("tiles of points that several samples share, and sums that are cut into parts",
                   Real, float, double) {
  check_convolution<Cuda, Real, 2>({5, 16, 12, {7, 7}, {3, 3}});
  check_convolution<Cuda, Real, 2>({3, 40, 36, {4, 6}, {3, 3}});
  check_convolution<Cuda, Real, 1>({150, 5, 9, {1}, {3}});
  check_convolution<Cuda, Real, 2>({40, 6, 9, {5, 7}, {1, 1}});
  check_convolution<Cuda, Real, 1>({1, 6, 34, {1500}, {3}});
  if (emulated) return;
  check_convolution<Cuda, Real, 2>({16, 64, 64, {14, 14}, {3, 3}});
  check_convolution<Cuda, Real, 2>({33, 32, 96, {28, 28}, {3, 3}});
  check_convolution<Cuda, Real, 3>({2, 16, 40, {17, 18, 19}, {3, 3, 3}});
}

TEST_CASE("a convolution of no samples has no result") {
  CHECK(convolved<Cuda, float, 2>({0, 3, 2, {4, 5}, {3, 3}}, true).empty());
}

TEST_CASE("a convolution has the same bits every time") {
  const ConvolutionSize<2> size{5, 32, 32, {7, 7}, {3, 3}};
  CHECK(convolved<Cuda, float>(size, true) == convolved<Cuda, float>(size, true));
}

}  // namespace nop::test::cuda::convolve_test
