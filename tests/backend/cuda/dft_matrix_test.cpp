// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/dft_matrix.cuh>

#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace nop::test::dft_matrix_test {

using nop::cuda::DftKey;
using nop::cuda::DftMatrix;
using nop::cuda::Waves;

TEST_CASE_TEMPLATE("a folded matrix holds the waves of two frequencies a pair", T, float, double) {
  for (const std::size_t n : {1U, 2U, 5U, 8U, 12U, 30U})
    for (const std::size_t m : {1U, 2U, 5U, 12U, 30U}) {
      if (m > n) continue;
      const DftKey key{n, m, true, ModeWeight::multiplicity};
      const DftMatrix<T> matrix(key);
      const auto& table = matrix.table();
      CHECK(table.rows == 2 * (m / 2) + 1);
      CHECK(table.folded == (n % 2 == 0 ? n / 4 + 1 : (n + 1) / 2));
      CHECK(table.pairs % table.pass == 0);
      CHECK(4 * table.pairs + 1 >= table.rows);
      CHECK(table.weight_zero == T(1));
      std::vector<Waves<T>> waves(std::size_t{table.folded} * table.pairs);
      nop::cuda::copy_to_host(table.waves, waves.data(), waves.size());
      for (std::size_t x = 0; x < table.folded; ++x)
        for (std::size_t row = 1; row <= 4 * std::size_t{table.pairs}; ++row) {
          const std::size_t k = (row + 1) / 2;
          const double angle =
              2 * std::numbers::pi * static_cast<double>(k * x) / static_cast<double>(n);
          const double wave = row % 2 == 1 ? std::cos(angle) : std::sin(angle);
          const double got =
              static_cast<double>(waves[x * table.pairs + (row - 1) / 4].at[(row - 1) % 4]);
          CHECK(std::abs(got - (k <= m / 2 ? 2 * wave : 0)) < rounding<T>);
        }
    }
}

TEST_CASE("what is zero is zero exactly") {
  for (const std::size_t n : {4U, 12U, 20U}) {
    CHECK(DftMatrix<double>::cosine(n / 4, n) == 0);
    CHECK(DftMatrix<double>::cosine(7 * n + 3 * n / 4, n) == 0);
    CHECK(DftMatrix<double>::sine(n / 2, n) == 0);
    CHECK(DftMatrix<double>::sine(3 * n, n) == 0);
    CHECK(DftMatrix<double>::cosine(n, n) == 1);
  }
}

}  // namespace nop::test::dft_matrix_test
