// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/sum_rows.cuh>
#include <nop/core/functors.hpp>

#include "support/device_array.hpp"
#include "support/random_field.hpp"
#include <doctest/doctest.h>

#include <bit>
#include <cstddef>
#include <vector>

namespace nop::test::sum_rows_test {

using nop::cuda::KeptAndSummed;
using nop::cuda::RowPieces;

TEST_CASE("axes along which a result does not move are summed") {
  const Operand<float> out = {nullptr, {4, 0, 1}};
  const KeptAndSummed axes({2, 3, 4}, out);
  CHECK(axes.kept == Shape<3>{2, 1, 4});
  CHECK(axes.summed == Shape<3>{1, 3, 1});
}

TEST_CASE("no thread adds up more terms than keep their digits, and a large sum has many pieces") {
  for (const std::size_t results : {1U, 3U, 64U, 4096U, 1000000U})
    for (const std::size_t runs : {0U, 1U, 2U, 3U, 10U, 100U, 4096U, 100000U, 100000000U}) {
      CAPTURE(results);
      CAPTURE(runs);
      const RowPieces how(results, runs);
      CHECK(std::has_single_bit(how.threads));
      CHECK(how.threads <= nop::cuda::most_summing_threads);
      CHECK(how.pieces >= 1);
      CHECK(how.pieces * how.threads * nop::cuda::most_terms_in_turn >= runs);
      CHECK(how.pieces <= runs / how.threads + 1);
    }
  CHECK(RowPieces(1, 2500000).pieces == 1024);
  CHECK(RowPieces(100000, 10).threads == 8);
  CHECK(RowPieces(100000, 10).pieces == 1);
  CHECK(RowPieces(10000, 4096).pieces == 1);
}

TEST_CASE("pieces of a row are added up one by one") {
  const auto values = random_values<double>(2 * 3 * 100, 1);
  const DeviceArray<double> x(values);
  DeviceArray<double> got(3 * 5, -1.0);
  const Shape<3> box = {2, 3, 100}, pieces = {1, 3, 5};
  RowPieces how(3, 100);
  how.pieces = 5;
  const KeptAndSummed axes(box, Operand<double>{got.data(), {0, 1, 0}});
  nop::cuda::sum_rows<2, double>(Same{}, axes, how, whole(got.data(), pieces),
                                 whole<const double>(x.data(), box));
  const auto result = got.values();
  for (std::size_t m = 0; m < 3; ++m)
    for (std::size_t piece = 0; piece < 5; ++piece) {
      double sum = 0;
      for (std::size_t term = piece * 40; term < (piece + 1) * 40; ++term)
        sum += values[(term / 100 * 3 + m) * 100 + term % 100];
      CHECK(result[m * 5 + piece] == doctest::Approx(sum).epsilon(1e-12));
    }
}

}  // namespace nop::test::sum_rows_test
