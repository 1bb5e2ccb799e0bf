// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>

#include "support/cuda.hpp"
#include "support/normalization_cases.hpp"
#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::cuda::pull_normalize_test {

TEST_CASE_TEMPLATE("gradients of normalizations are those of the definition", Real, float, double) {
  for_each_normalization(
      [](const auto&... operands) { check_norm_gradients<Cuda, Real>(operands...); });
  check_norm_gradients<Cuda, Real>({40, 70, 2}, 2, 1, Activation::silu);
}

TEST_CASE_TEMPLATE("gradients of groups too large for a block's memory are found in parts", Real,
                   float, double) {
  check_norm_gradients<Cuda, Real>({1, 1, 12601}, 1, 0, Activation::silu);
  check_norm_gradients<Cuda, Real>({2, 4, 3200}, 1, 2, Activation::silu);
  check_norm_gradients<Cuda, Real>({1, 260, 49}, 1, 1, Activation::silu);
  check_norm_gradients<Cuda, Real>({1, 4, 8}, 1, 3100, Activation::silu);
  if (emulated) return;
  check_norm_gradients<Cuda, Real>({2, 4, 16384}, 4, 1, Activation::gelu);
  check_norm_gradients<Cuda, Real>({8, 32, 784}, 4, 1, Activation::silu);
}

TEST_CASE("gradients that have no place are not written, and those that have are the same") {
  for (const std::size_t points : {9U, 3201U}) check_wanted_norm_gradients<Cuda>(points);
}

TEST_CASE("gradients of no samples are zero, and others have the same bits every time") {
  const auto of_none = norm_gradients<Cuda>(NormOperands<float>({0, 4, 9}, 2, 0, Activation::silu));
  for (const std::size_t which : {1U, 2U})
    for (const float value : of_none[which]) CHECK(value == 0);
  for (const std::size_t points : {196U, 3300U}) {
    const NormOperands<float> all({3, 4, points}, 1, 2, Activation::silu);
    CHECK(norm_gradients<Cuda>(all) == norm_gradients<Cuda>(all));
  }
}

}  // namespace nop::test::cuda::pull_normalize_test
