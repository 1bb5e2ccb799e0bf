// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/simd.hpp>
#include <nop/backend/cpu/tile.hpp>
#include <nop/backend/cpu/transpose.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/scratch.hpp>

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>
#include <utility>

namespace nop::cpu::detail {

/// Products of complex rows that both lie along the depth in memory, as sums of products of real
/// numbers: of a row of a, and of the same turned by -i, with rows of b,
///
///     re(a conj(b)) = re(a) re(b) + im(a) im(b),   im(a conj(b)) = im(a) re(b) - re(a) im(b).
///
/// Both sums of as many rows of b as a register holds complex numbers are kept in registers, and
/// their lanes are added up together, which leaves the results side by side.
template <real Real>
struct ComplexDots {
  using Complex = std::complex<Real>;
  using Vector  = Batch<Real>;

  static constexpr std::size_t width        = lanes<Real>;
  static constexpr std::size_t columns      = width / 2;
  static constexpr std::size_t blocks_ahead = 8;  ///< that memory is asked for

  /// The real numbers of a row with zeros up to whole registers.
  static constexpr std::size_t padded(std::size_t depth) {
    return (2 * depth + width - 1) / width * width;
  }

  /// Writes a row of a and the same turned by -i behind it, for products with numbers that are
  /// conjugated themselves or not.
  static void prepare(std::size_t depth, const Strided<Complex>& a, bool conjugate_b, Real* rows) {
    const Real sign = a.conjugate ? Real(-1) : Real(1), other = conjugate_b ? Real(1) : Real(-1);
    Real* const turned = rows + padded(depth);
    std::fill_n(rows, 2 * padded(depth), Real(0));
    for (std::size_t k = 0; k < depth; ++k) {
      const Complex value = a.data[k * a.column];
      rows[2 * k]         = value.real();
      rows[2 * k + 1]     = other * sign * value.imag();
      turned[2 * k]       = sign * value.imag();
      turned[2 * k + 1]   = -other * value.real();
    }
  }

  /// out[c] = the product with row c of b, for all `columns` rows.
  static void product(std::size_t depth, const Real* rows,
                      const std::array<const Real*, columns>& b, Real* out) {
    product(depth, rows, b, out, std::make_index_sequence<width>{});
  }

 private:
  template <std::size_t... Lane>
  static void product(std::size_t depth, const Real* rows,
                      const std::array<const Real*, columns>& b, Real* out,
                      std::index_sequence<Lane...>) {
    std::array<Vector, width> sum = {(static_cast<void>(Lane), Vector(Real(0)))...};
    const Real* const turned      = rows + padded(depth);
    std::size_t k                 = 0;
    for (; k + width <= 2 * depth; k += width) {
      const std::array<Vector, 2> left = {Vector::load_unaligned(rows + k),
                                          Vector::load_unaligned(turned + k)};
      ((sum[Lane] = xsimd::fma(left[Lane % 2], Vector::load_unaligned(b[Lane / 2] + k), sum[Lane])),
       ...);
    }
    if (k < 2 * depth) {
      const std::array<Vector, 2> left = {Vector::load_unaligned(rows + k),
                                          Vector::load_unaligned(turned + k)};
      alignas(64) std::array<Real, columns * width> rest{};
      for (std::size_t c = 0; c < columns; ++c)
        std::copy(b[c] + k, b[c] + 2 * depth, rest.data() + c * width);
      ((sum[Lane] = xsimd::fma(left[Lane % 2], Vector::load_aligned(rest.data() + Lane / 2 * width),
                               sum[Lane])),
       ...);
    }
    alignas(64) std::array<Real, width * width> lanes_of_sums;
    (sum[Lane].store_aligned(lanes_of_sums.data() + Lane * width), ...);
    sum_rows(lanes_of_sums.data(), out);
  }
};

/// c (+)= a b for complex numbers where b lies along the depth in memory, on the calling thread.
template <real Real>
void multiply_complex_dots(std::size_t rows, std::size_t depth, std::size_t columns,
                           const Strided<std::complex<Real>>& a,
                           const Strided<std::complex<Real>>& b, std::complex<Real>* c,
                           std::size_t c_step, Update update) {
  using T = ComplexDots<Real>;
  const Scratch<Real> left(2 * rows * T::padded(depth));
  for (std::size_t r = 0; r < rows; ++r)
    T::prepare(depth, a.from(r, 0), b.conjugate, left.data() + 2 * r * T::padded(depth));
  alignas(64) std::array<std::complex<Real>, T::columns> some;
  for (std::size_t column = 0; column < columns; column += T::columns) {
    const std::size_t count = std::min(T::columns, columns - column);
    std::array<const Real*, T::columns> right;  // the last one again for columns there are not
    for (std::size_t i = 0; i < T::columns; ++i)
      right[i] = reinterpret_cast<const Real*>(b.from(0, column + std::min(i, count - 1)).data);
    if (b.column == depth)  // the rows follow each other, those of the next matrix too
      for (const Real* const row : right)
        for (std::size_t k = 0; k < 2 * depth; k += 64 / sizeof(Real))
          __builtin_prefetch(row + 2 * T::columns * T::blocks_ahead * depth + k);
    for (std::size_t r = 0; r < rows; ++r) {
      std::complex<Real>* const out = c + r * c_step + column;
      const bool at_once            = count == T::columns && update == Update::overwrite;
      T::product(depth, left.data() + 2 * r * T::padded(depth), right,
                 reinterpret_cast<Real*>(at_once ? out : some.data()));
      if (at_once) continue;
      for (std::size_t i = 0; i < count; ++i)
        out[i] = update == Update::add ? out[i] + some[i] : some[i];
    }
  }
}

}  // namespace nop::cpu::detail
