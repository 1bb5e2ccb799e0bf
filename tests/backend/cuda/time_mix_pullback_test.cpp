// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/activation.hpp>
#include <nop/core/shape.hpp>

#include "support/cuda.hpp"
#include "support/time_block.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>

namespace nop::test::cuda::time_mix_pullback_test {
namespace {

template <class Real>
void check(const Shape<4>& box, std::size_t modes, Activation activation, std::size_t from = 0) {
  CAPTURE(box);
  CAPTURE(modes);
  CAPTURE(from);
  const TimeBlock<Real> block(box, modes, activation, from);
  const auto [y, dx, dr]                   = block.ours();
  const auto [y_naive, dx_naive, dr_naive] = block.naive();
  CHECK(worst_error(y, y_naive) < rounding<Real>);
  CHECK(worst_error(dx, dx_naive) < rounding<Real>);
  CHECK(worst_error(dr, dr_naive) < rounding<Real>);
}

}  // namespace

TEST_CASE_TEMPLATE("gradients of a temporal convolution of many groups of modes", Real, float,
                   double) {
  for (const std::size_t modes : {2U, 4U, 7U, 9U})
    for (const std::size_t from : {0U, 11U})
      check<Real>({2, 16, 5, 9}, modes, Activation::tanh, from);
}

TEST_CASE("the gradient by the weight of a temporal convolution has parts of many points") {
  check<float>({3, 2, 3, 331}, 2, Activation::gelu);
  check<double>({5, 4, 2, 200}, 3, Activation::identity);
}

TEST_CASE("only those gradients of a temporal convolution that are wanted are written") {
  const TimeBlock<float> block({2, 4, 6, 40}, 2, Activation::gelu);
  const auto is_nan                 = [](const auto& z) { return z != z; };
  const auto [y, dx, dr]            = block.ours();
  const auto [y_x, dx_alone, no_dr] = block.ours(true, false);
  const auto [y_r, no_dx, dr_alone] = block.ours(false, true);
  CHECK(dx_alone == dx);
  CHECK(dr_alone == dr);
  CHECK(std::all_of(no_dr.begin(), no_dr.end(), is_nan));
  CHECK(std::all_of(no_dx.begin(), no_dx.end(), is_nan));
}

TEST_CASE("a temporal convolution has the same bits every time") {
  const std::size_t points = emulated ? 90 : 784;
  for (const std::size_t from : {0U, 3U}) {
    const TimeBlock<float> block({3, 4, 12, points}, 3, Activation::gelu, from);
    CHECK(block.ours() == block.ours());
  }
}

}  // namespace nop::test::cuda::time_mix_pullback_test
