// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/dft_matrix.hpp>

#include "support/naive_dft.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <numbers>

using nop::ModeWeight;
using nop::cpu::DftKey;
using Complex = std::complex<double>;

namespace {
Complex wave(std::ptrdiff_t k, std::size_t x, std::size_t n) {
  return std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k) * static_cast<double>(x) /
                             static_cast<double>(n));
}
}  // namespace

TEST_CASE("a root of unity has all its digits however large its index") {
  const Complex far = nop::cpu::detail::root_of_unity(-1000000007, 999999937, 7);
  const auto turns  = static_cast<double>((1000000007 % 7) * (999999937 % 7) % 7);
  CHECK(std::abs(far - std::polar(1.0, 2 * std::numbers::pi * turns / 7)) < 1e-15);
}

TEST_CASE_TEMPLATE("the matrix of a half axis holds cosines and negative sines", T, float, double) {
  for (const ModeWeight weight : {ModeWeight::coefficient, ModeWeight::multiplicity})
    for (const std::size_t n : {1U, 2U, 7U, 8U})
      for (std::size_t m = 0; m <= n; ++m) {
        const nop::cpu::HalfAxisMatrix<T> matrix(DftKey{n, m, weight});
        const auto modes = nop::test::naive_modes(n, m, weight, true);
        REQUIRE(matrix.columns == 2 * modes.size());
        REQUIRE(matrix.values.size() == n * matrix.columns);
        for (std::size_t x = 0; x < n; ++x)
          for (std::size_t k = 0; k < modes.size(); ++k) {
            const Complex expected = modes[k].weight * wave(modes[k].frequency, x, n);
            const T* const entry   = &matrix.values[x * matrix.columns + 2 * k];
            CHECK(std::abs(expected - Complex(entry[0], entry[1])) < nop::test::rounding<T>);
          }
      }
}

TEST_CASE_TEMPLATE("the matrix of a full axis has a row for each mode", T, float, double) {
  for (const ModeWeight weight : {ModeWeight::coefficient, ModeWeight::multiplicity})
    for (const std::size_t n : {1U, 2U, 7U, 8U})
      for (std::size_t m = 1; m <= n; ++m) {
        const nop::cpu::FullAxisMatrix<T> matrix(DftKey{n, m, weight});
        const auto modes = nop::test::naive_modes(n, m, weight, false);
        REQUIRE(modes.size() == m);
        for (std::size_t x = 0; x < n; ++x)
          for (std::size_t k = 0; k < m; ++k) {
            const Complex expected = modes[k].weight * wave(modes[k].frequency, x, n);
            CHECK(std::abs(expected - Complex(matrix.values[k * n + x])) < nop::test::rounding<T>);
          }
      }
}
