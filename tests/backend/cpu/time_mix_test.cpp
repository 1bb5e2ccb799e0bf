// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>

#include "support/threads.hpp"
#include "support/time_block.hpp"
#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::time_mix_test {

TEST_CASE_TEMPLATE("a temporal convolution block is that of its definition", Real, float, double) {
  for (const std::size_t steps : {1U, 2U, 3U, 4U, 5U, 8U})
    for (std::size_t modes = 1; modes <= steps / 2 + 1; ++modes)
      for (const auto activation : {Activation::identity, Activation::leaky_relu, Activation::gelu})
        check_time_block<Cpu, Real>({2, steps, 3, 21}, modes, activation);
}

TEST_CASE_TEMPLATE("of a temporal convolution block only the last steps may be wanted", Real, float,
                   double) {
  for (const std::size_t steps : {2U, 4U, 5U})
    for (std::size_t from = 1; from < steps; ++from)
      check_time_block<Cpu, Real>({2, steps, 7, 515}, 2, Activation::silu, from);
}

TEST_CASE_TEMPLATE("temporal convolution of channels and points of any number", Real, float,
                   double) {
  for (const std::size_t channels : {1U, 2U, 7U, 33U})
    for (const std::size_t points : {1U, 16U, 49U, 196U, 515U})
      check_time_block<Cpu, Real>({1, 4, channels, points}, 2, Activation::silu);
}

TEST_CASE("temporal convolution of nothing is nothing") {
  check_time_block<Cpu, double>({0, 4, 3, 5}, 2, Activation::gelu);
  check_time_block<Cpu, double>({2, 4, 3, 0}, 2, Activation::gelu);
}

TEST_CASE("only those gradients of a temporal convolution that are wanted are written") {
  check_wanted_time_gradients<Cpu>({2, 4, 6, 300});
}

TEST_CASE("a temporal convolution has the same bits on any number of threads") {
  for (const std::size_t from : {0U, 3U}) {
    const TimeBlock<float> block({3, 4, 12, 2000}, 2, Activation::gelu, from);
    CHECK(nop::test::same_on_any_threads([&] { return block.by<Cpu>(); }));
  }
}

}  // namespace nop::test::time_mix_test
