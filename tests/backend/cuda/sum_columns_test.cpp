// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/sum_columns.cuh>
#include <nop/core/functors.hpp>

#include "support/device_array.hpp"
#include "support/random_field.hpp"
#include <doctest/doctest.h>

#include <bit>
#include <cstddef>
#include <vector>

namespace nop::test::sum_columns_test {

using nop::cuda::ColumnPieces;
using nop::cuda::KeptAndSummed;

TEST_CASE("no thread adds up more terms than keep their digits, and a large sum has many pieces") {
  for (const std::size_t rows : {1U, 3U, 64U, 100000U})
    for (const std::size_t columns : {1U, 2U, 33U, 1000U, 1000000U})
      for (const std::size_t terms : {0U, 1U, 2U, 3U, 100U, 4096U, 10000000U}) {
        CAPTURE(rows);
        CAPTURE(columns);
        CAPTURE(terms);
        const ColumnPieces how(rows, columns, terms);
        CHECK(std::has_single_bit(how.across));
        CHECK(std::has_single_bit(how.down));
        CHECK(how.across * how.down <= nop::cuda::most_summing_threads);
        CHECK(how.pieces >= 1);
        CHECK(how.pieces * how.down * nop::cuda::most_terms_in_turn >= terms);
      }
  CHECK(ColumnPieces(1, 64, 100000).pieces == 256);
  CHECK(ColumnPieces(1, 64, 256).pieces == 1);
  CHECK(ColumnPieces(1, 1000000, 32).pieces == 1);
  CHECK(ColumnPieces(1, 1000000, 32).across == nop::cuda::most_summing_threads);
}

TEST_CASE("pieces of columns are added up one by one") {
  const std::size_t outer = 20, columns = 37;
  const auto values = random_values<double>(outer * 2 * columns, 1);
  const DeviceArray<double> x(values);
  DeviceArray<double> got(4 * 2 * columns, -1.0);
  const Shape<3> box = {outer, 2, columns};
  ColumnPieces how(2, columns, outer);
  how.pieces                = 4;
  const Operand<double> out = {got.data(), {0, columns, 1}};
  nop::cuda::sum_columns<double>(Same{}, KeptAndSummed(box, out), how, out, 2 * columns,
                                 whole<const double>(x.data(), box));
  const auto result = got.values();
  for (std::size_t piece = 0; piece < 4; ++piece)
    for (std::size_t at = 0; at < 2 * columns; ++at) {
      double sum = 0;
      for (std::size_t o = piece * 5; o < (piece + 1) * 5; ++o) sum += values[o * 2 * columns + at];
      CHECK(result[piece * 2 * columns + at] == doctest::Approx(sum).epsilon(1e-12));
    }
}

}  // namespace nop::test::sum_columns_test
