// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/wave_sums.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <vector>

namespace nop::test::wave_sums_test {

using nop::cpu::Batch;
using nop::cpu::lanes;

TEST_CASE_TEMPLATE("sums of waves in registers are the sums, and the total is that of the first",
                   Real, float, double) {
  constexpr std::size_t rows = 3, points = 7, width = lanes<Real>;
  const auto coefficients = random_values<Real>(points * 2 * rows, 1);
  const auto values       = random_values<Real>(points * 2 * width, 2);
  nop::cpu::detail::WaveSums<Real, rows> sums(coefficients.data());
  for (std::size_t x = 0; x < points; ++x)
    sums.take(Batch<Real>::load_unaligned(values.data() + 2 * x * width),
              Batch<Real>::load_unaligned(values.data() + (2 * x + 1) * width));
  std::vector<Real> got, expected;
  const auto check = [&](const Batch<Real>& sum, std::size_t which, auto factor) {
    std::array<Real, width> lane;
    sum.store_unaligned(lane.data());
    for (std::size_t l = 0; l < width; ++l) {
      double total = 0;
      for (std::size_t x = 0; x < points; ++x)
        total += static_cast<double>(factor(x)) *
                 static_cast<double>(values[(2 * x + which) * width + l]);
      got.push_back(lane[l]);
      expected.push_back(static_cast<Real>(total));
    }
  };
  check(sums.total, 0, [](std::size_t) { return Real(1); });
  for (std::size_t r = 0; r < rows; ++r) {
    check(sums.first[r], 0, [&](std::size_t x) { return coefficients[2 * x * rows + r]; });
    check(sums.second[r], 1, [&](std::size_t x) { return coefficients[(2 * x + 1) * rows + r]; });
  }
  CHECK(nop::test::worst_error(got, expected) < nop::test::rounding<Real>);
}

TEST_CASE_TEMPLATE("a dot product in registers is one, lane by lane", Real, float, double) {
  constexpr std::size_t rows = 5, width = lanes<Real>;
  const auto coefficients = random_values<Real>(rows, 3);
  const auto values       = random_values<Real>((rows + 1) * width, 4);
  std::array<Batch<Real>, rows> value;
  for (std::size_t r = 0; r < rows; ++r)
    value[r] = Batch<Real>::load_unaligned(values.data() + r * width);
  const auto start = Batch<Real>::load_unaligned(values.data() + rows * width);
  std::vector<Real> got(width), expected(width);
  nop::cpu::detail::dot_in_registers<Real, rows>(start, value, coefficients.data())
      .store_unaligned(got.data());
  for (std::size_t l = 0; l < width; ++l) {
    auto total = static_cast<double>(values[rows * width + l]);
    for (std::size_t r = 0; r < rows; ++r)
      total += static_cast<double>(coefficients[r]) * static_cast<double>(values[r * width + l]);
    expected[l] = static_cast<Real>(total);
  }
  CHECK(nop::test::worst_error(got, expected) < nop::test::rounding<Real>);
}

}  // namespace nop::test::wave_sums_test
