// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/simd.hpp>
#include <nop/core/scalar.hpp>

#include <array>
#include <cstddef>
#include <utility>

/// \file
/// Sums of products that are kept in registers. All of it has to be compiled into the loops that
/// use it, or the registers would go through memory.

namespace nop::cpu::detail {

/// The sums of some waves, over pairs of values that are folded from the points of a line. The
/// coefficients are [point][first, second][row].
template <real Real, std::size_t Rows>
struct WaveSums {
  using Vector = Batch<Real>;

  std::array<Vector, Rows> first, second;
  Vector total = Vector(Real(0));
  const Real* coefficients;

  explicit WaveSums(const Real* factors) : coefficients(factors) {
    first.fill(total), second.fill(total);
  }

  /// total += one, first[r] += coefficients[r] one, second[r] += coefficients[Rows + r] two, with
  /// the coefficients of the next point.
  [[gnu::always_inline]] void take(const Vector& one, const Vector& two) {
    total += one;
    add(first, coefficients, one, std::make_index_sequence<Rows>{});
    add(second, coefficients + Rows, two, std::make_index_sequence<Rows>{});
    coefficients += 2 * Rows;
  }

 private:
  template <std::size_t... Row>
  [[gnu::always_inline]] static void add(std::array<Vector, Rows>& sums, const Real* factors,
                                         const Vector& value, std::index_sequence<Row...>) {
    ((sums[Row] = xsimd::fma(Vector(factors[Row]), value, sums[Row])), ...);
  }
};

template <real Real, std::size_t Rows, std::size_t... Row>
[[gnu::always_inline]] inline Batch<Real> dot_in_registers(
    const Batch<Real>& start, const std::array<Batch<Real>, Rows>& values, const Real* coefficients,
    std::index_sequence<Row...>) {
  std::array<Batch<Real>, 2> sum = {start, Batch<Real>(Real(0))};
  ((sum[Row % 2] = xsimd::fma(Batch<Real>(coefficients[Row]), values[Row], sum[Row % 2])), ...);
  return sum[0] + sum[1];
}

/// start + sum_r coefficients[r] values[r], in two sums that do not wait for each other.
template <real Real, std::size_t Rows>
[[gnu::always_inline]] inline Batch<Real> dot_in_registers(
    const Batch<Real>& start, const std::array<Batch<Real>, Rows>& values,
    const Real* coefficients) {
  return dot_in_registers<Real, Rows>(start, values, coefficients,
                                      std::make_index_sequence<Rows>{});
}

}  // namespace nop::cpu::detail
