// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>

#include "support/cuda.hpp"
#include "support/time_block.hpp"
#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::cuda::time_mix_test {

TEST_CASE_TEMPLATE("a temporal convolution block is that of its definition", Real, float, double) {
  for (const std::size_t steps : {1U, 2U, 3U, 4U, 5U, 8U, 9U, 16U})
    for (std::size_t modes = 1; modes <= steps / 2 + 1; ++modes)
      check_time_block<Cuda, Real>({2, steps, 3, 21}, modes, Activation::gelu);
}

TEST_CASE_TEMPLATE("a temporal convolution block has any activation", Real, float, double) {
  for (const auto activation :
       {Activation::identity, Activation::gelu, Activation::relu, Activation::leaky_relu,
        Activation::silu, Activation::tanh, Activation::selu})
    for (const std::size_t from : {0U, 2U})
      check_time_block<Cuda, Real>({3, 4, 5, 12}, 2, activation, from);
}

TEST_CASE_TEMPLATE("of a temporal convolution block only the last steps may be wanted", Real, float,
                   double) {
  for (const std::size_t steps : {2U, 4U, 5U, 8U})
    for (std::size_t from = 1; from < steps; ++from)
      check_time_block<Cuda, Real>({2, steps, 7, 36}, steps / 2 + 1, Activation::silu, from);
}

TEST_CASE_TEMPLATE("temporal convolution of channels and points of any number", Real, float,
                   double) {
  for (const std::size_t channels : {1U, 2U, 16U, 17U, 33U, 48U, 49U, 65U})
    for (const std::size_t points : {1U, 3U, 16U, 49U, 72U})
      check_time_block<Cuda, Real>({channels < 20 ? 5U : 1U, 4, channels, points}, 2,
                                   Activation::silu);
  if (emulated) return;
  for (const std::size_t channels : {64U, 100U, 128U, 256U})
    for (const std::size_t points : {1U, 49U, 64U, 196U, 784U})
      check_time_block<Cuda, Real>({3, 4, channels, points}, 2, Activation::gelu);
  check_time_block<Cuda, Real>({64, 4, 16, 784}, 3, Activation::gelu);
  check_time_block<Cuda, Real>({2, 16, 128, 49}, 9, Activation::gelu, 15);
}

TEST_CASE_TEMPLATE("fields of a temporal convolution need not lie where 16 bytes can be read", Real,
                   float, double) {
  for (const std::size_t points : {1U, 2U, 16U, 20U})
    check_time_block<Cuda, Real>({3, 4, 5, points}, 3, Activation::gelu, 0, 1);
}

TEST_CASE("temporal convolution of nothing is nothing") {
  check_time_block<Cuda, double>({0, 4, 3, 5}, 2, Activation::gelu);
  check_time_block<Cuda, double>({2, 4, 3, 0}, 2, Activation::gelu);
}

}  // namespace nop::test::cuda::time_mix_test
