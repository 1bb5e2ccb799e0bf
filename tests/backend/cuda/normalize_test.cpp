// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>

#include "support/cuda.hpp"
#include "support/normalization_cases.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::cuda::normalize_test {

TEST_CASE_TEMPLATE("normalizations are those of the definition", Real, float, double) {
  for_each_normalization(
      [](const auto&... operands) { check_normalization<Cuda, Real>(operands...); });
}

TEST_CASE_TEMPLATE("groups too large for a block's memory are normalized in parts", Real, float,
                   double) {
  check_normalization<Cuda, Real>({1, 2, 27001}, 2, 0, Activation::silu);
  check_normalization<Cuda, Real>({2, 4, 7000}, 1, 2, Activation::silu);
  check_normalization<Cuda, Real>({1, 600, 49}, 1, 1, Activation::silu);
  if (emulated) return;
  check_normalization<Cuda, Real>({4, 32, 65536}, 32, 1, Activation::gelu);
  check_normalization<Cuda, Real>({128, 64, 784}, 8, 1, Activation::silu);
}

TEST_CASE("a large mean costs a normalization no more digits than it costs its argument") {
  constexpr std::size_t points = 4096;
  NormOperands<float> all({1, 1, points}, 1, 0, Activation::identity);
  NormOperands<double> exact({1, 1, points}, 1, 0, Activation::identity);
  for (float& value : all.x) value += 1000;
  exact.x.assign(all.x.begin(), all.x.end());
  CHECK(worst_error(normalized<Cuda>(all), naively_normalized(exact)) < 1e-4);
}

TEST_CASE("a normalization of no samples has no result, and others have the same bits every time") {
  CHECK(normalized<Cuda>(NormOperands<float>({0, 4, 9}, 2, 0, Activation::silu)).empty());
  for (const std::size_t points : {196U, 9000U}) {
    const NormOperands<float> all({3, 4, points}, 1, 2, Activation::silu);
    CHECK(normalized<Cuda>(all) == normalized<Cuda>(all));
  }
}

}  // namespace nop::test::cuda::normalize_test
