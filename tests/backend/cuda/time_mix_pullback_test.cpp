// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>

#include "support/cuda.hpp"
#include "support/time_block.hpp"
#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::cuda::time_mix_pullback_test {

TEST_CASE_TEMPLATE("gradients of a temporal convolution of many groups of modes", Real, float,
                   double) {
  for (const std::size_t modes : {2U, 4U, 7U, 9U})
    for (const std::size_t from : {0U, 11U})
      check_time_block<Cuda, Real>({2, 16, 5, 9}, modes, Activation::tanh, from);
}

TEST_CASE("the gradient by the weight of a temporal convolution has parts of many points") {
  check_time_block<Cuda, float>({3, 2, 3, 331}, 2, Activation::gelu);
  check_time_block<Cuda, double>({5, 4, 2, 200}, 3, Activation::identity);
}

TEST_CASE("only those gradients of a temporal convolution that are wanted are written") {
  check_wanted_time_gradients<Cuda>({2, 4, 6, 40});
}

TEST_CASE("a temporal convolution has the same bits every time") {
  const std::size_t points = emulated ? 90 : 784;
  for (const std::size_t from : {0U, 3U}) {
    const TimeBlock<float> block({3, 4, 12, points}, 3, Activation::gelu, from);
    CHECK(block.by<Cuda>() == block.by<Cuda>());
  }
}

}  // namespace nop::test::cuda::time_mix_pullback_test
