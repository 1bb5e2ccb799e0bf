// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/activation.hpp>
#include <nop/core/shape.hpp>

#include "support/cuda.hpp"
#include "support/time_block.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::cuda::time_mix_test {
namespace {

template <class Real>
void check(const Shape<4>& box, std::size_t modes, Activation activation, std::size_t from = 0,
           std::size_t shift = 0) {
  CAPTURE(box);
  CAPTURE(modes);
  CAPTURE(from);
  CAPTURE(shift);
  const TimeBlock<Real> block(box, modes, activation, from);
  const auto [y, dx, dr]                   = block.ours(true, true, shift);
  const auto [y_naive, dx_naive, dr_naive] = block.naive();
  CHECK(worst_error(y, y_naive) < rounding<Real>);
  CHECK(worst_error(dx, dx_naive) < rounding<Real>);
  CHECK(worst_error(dr, dr_naive) < rounding<Real>);
}

}  // namespace

TEST_CASE_TEMPLATE("a temporal convolution block is that of its definition", Real, float, double) {
  for (const std::size_t steps : {1U, 2U, 3U, 4U, 5U, 8U, 9U, 16U})
    for (std::size_t modes = 1; modes <= steps / 2 + 1; ++modes)
      check<Real>({2, steps, 3, 21}, modes, Activation::gelu);
}

TEST_CASE_TEMPLATE("a temporal convolution block has any activation", Real, float, double) {
  for (const auto activation :
       {Activation::identity, Activation::gelu, Activation::relu, Activation::leaky_relu,
        Activation::silu, Activation::tanh, Activation::selu})
    for (const std::size_t from : {0U, 2U}) check<Real>({3, 4, 5, 12}, 2, activation, from);
}

TEST_CASE_TEMPLATE("of a temporal convolution block only the last steps may be wanted", Real, float,
                   double) {
  for (const std::size_t steps : {2U, 4U, 5U, 8U})
    for (std::size_t from = 1; from < steps; ++from)
      check<Real>({2, steps, 7, 36}, steps / 2 + 1, Activation::silu, from);
}

TEST_CASE_TEMPLATE("temporal convolution of channels and points of any number", Real, float,
                   double) {
  for (const std::size_t channels : {1U, 2U, 16U, 17U, 33U, 48U, 49U, 65U})
    for (const std::size_t points : {1U, 3U, 16U, 49U, 72U})
      check<Real>({channels < 20 ? 5U : 1U, 4, channels, points}, 2, Activation::silu);
  if (emulated) return;
  for (const std::size_t channels : {64U, 100U, 128U, 256U})
    for (const std::size_t points : {1U, 49U, 64U, 196U, 784U})
      check<Real>({3, 4, channels, points}, 2, Activation::gelu);
  check<Real>({64, 4, 16, 784}, 3, Activation::gelu);
  check<Real>({2, 16, 128, 49}, 9, Activation::gelu, 15);
}

TEST_CASE_TEMPLATE("fields of a temporal convolution need not lie where 16 bytes can be read", Real,
                   float, double) {
  for (const std::size_t points : {1U, 2U, 16U, 20U})
    check<Real>({3, 4, 5, points}, 3, Activation::gelu, 0, 1);
}

TEST_CASE("temporal convolution of nothing is nothing") {
  check<double>({0, 4, 3, 5}, 2, Activation::gelu);
  check<double>({2, 4, 3, 0}, 2, Activation::gelu);
}

}  // namespace nop::test::cuda::time_mix_test
