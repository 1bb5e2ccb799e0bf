// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/convolution_size.hpp>

#include "support/naive_convolution.hpp"
#include <doctest/doctest.h>

#include <vector>

namespace nop::test::convolution_size_test {

TEST_CASE("a kernel of an even number of points reaches one point less to the left") {
  const nop::ConvolutionSize<4> size{2, 3, 5, {6, 7, 8, 9}, {1, 2, 3, 4}};
  CHECK(size.left() == nop::Shape<4>{0, 0, 1, 1});
  CHECK(size.points() == 6 * 7 * 8 * 9);
  CHECK(size.taps() == 24);
}

// The naive convolution is what other tests lean on, so it is tested by a case done by hand.
TEST_CASE("a convolution of three points with a kernel of two, and its gradients") {
  using Values = std::vector<double>;
  const nop::ConvolutionSize<1> size{1, 1, 1, {3}, {2}};
  const Values x = {1, 2, 4}, weight = {3, 5}, dy = {1, 10, 100};
  const double bias = 7;
  Values y(3), dx(3), dweight(2);
  nop::test::naive_convolve(size, x.data(), weight.data(), &bias, y.data());
  CHECK(y == Values{3 * 1 + 5 * 2 + 7, 3 * 2 + 5 * 4 + 7, 3 * 4 + 7});
  nop::test::naive_pull_convolve(size, x.data(), weight.data(), dy.data(), dx.data(),
                                 dweight.data());
  CHECK(dx == Values{3, 30 + 5, 300 + 50});
  CHECK(dweight == Values{1 + 20 + 400, 2 + 40});
}

}  // namespace nop::test::convolution_size_test
