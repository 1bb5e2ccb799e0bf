// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/lanes.hpp>
#include <nop/backend/cpu/simd.hpp>
#include <nop/backend/cpu/tile.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/scratch.hpp>

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>
#include <utility>

namespace nop::cpu::detail {

/// The part of a complex product a b that is kept in registers: `rows` x `Vectors` registers of
/// interleaved real and imaginary parts, twice. The rows of b are read where they are:
///
///     a b = re(a) b + i (im(a) b),
///
/// two sums that cost a multiplication per pair of real numbers, no more; the i is applied once, at
/// the end. A conjugate turns it around: conj(a) b = re(a) b - i (im(a) b), and
/// a conj(b) = conj(conj(a) b).
template <real Real, std::size_t Vectors>
struct ComplexTile {
  using Complex = std::complex<Real>;
  using Vector  = Batch<Real>;

  static constexpr std::size_t rows    = (registers<Real> - Vectors - 2) / (2 * Vectors);
  static constexpr std::size_t width   = Vectors * lanes<Real>;  ///< in real numbers
  static constexpr std::size_t columns = width / 2;

  /// How the two sums become the result.
  struct Ending {
    bool conjugate_a, conjugate_b, add;
  };

  /// out[r * step + c] (+)= sum_k a(r, k) b[k * b_step + c] for r < Rows and c < `kept` <= columns;
  /// `columns` numbers are read of each row of b.
  template <std::size_t Rows>
  static void product(std::size_t depth, const Strided<Complex>& a, const Complex* b,
                      std::size_t b_step, Complex* out, std::size_t step, std::size_t kept,
                      const Ending& ending) {
    alignas(64) std::array<Real, Rows * width> re, im;
    sums(depth, a, reinterpret_cast<const Real*>(b), 2 * b_step, re.data(), im.data(),
         std::make_index_sequence<Rows * Vectors>{}, std::make_index_sequence<Vectors>{});
    const Real turn = ending.conjugate_a != ending.conjugate_b ? Real(-1) : Real(1);
    const Real flip = ending.conjugate_b ? Real(-1) : Real(1);
    for (std::size_t r = 0; r < Rows; ++r) {
      const Real* const x = re.data() + r * width;
      const Real* const y = im.data() + r * width;
      Real* const z       = reinterpret_cast<Real*>(out + r * step);
      for (std::size_t c = 0; c < 2 * kept; c += 2) {
        const Real real_part = x[c] - turn * y[c + 1], imaginary = flip * (x[c + 1] + turn * y[c]);
        z[c]     = ending.add ? z[c] + real_part : real_part;
        z[c + 1] = ending.add ? z[c + 1] + imaginary : imaginary;
      }
    }
  }

 private:
  template <std::size_t... Cell, std::size_t... Column>
  static void sums(std::size_t depth, const Strided<Complex>& a, const Real* b, std::size_t b_step,
                   Real* re, Real* im, std::index_sequence<Cell...>,
                   std::index_sequence<Column...>) {
    std::array<Vector, sizeof...(Cell)> x = {(static_cast<void>(Cell), Vector(Real(0)))...};
    std::array<Vector, sizeof...(Cell)> y = x;
    const Real* left                      = reinterpret_cast<const Real*>(a.data);
    for (std::size_t k = 0; k < depth; ++k) {
      const std::array<Vector, Vectors> right = {
          Vector::load_unaligned(b + Column * lanes<Real>)...};
      ((x[Cell] =
            xsimd::fma(Vector(left[Cell / Vectors * 2 * a.row]), right[Cell % Vectors], x[Cell])),
       ...);
      ((y[Cell] = xsimd::fma(Vector(left[Cell / Vectors * 2 * a.row + 1]), right[Cell % Vectors],
                             y[Cell])),
       ...);
      left += 2 * a.column;
      b += b_step;
    }
    (x[Cell].store_aligned(re + Cell * lanes<Real>), ...);
    (y[Cell].store_aligned(im + Cell * lanes<Real>), ...);
  }
};

/// ComplexTile::product for a number of rows known only now.
template <class T, std::size_t Rows = T::rows, class... Rest>
void complex_tile_product(std::size_t rows, const Rest&... rest) {
  if constexpr (Rows > 1)
    if (rows < Rows) return complex_tile_product<T, Rows - 1>(rows, rest...);
  T::template product<Rows>(rest...);
}

/// Columns of registers [begin, end) of c (+)= a b, `columns` complex numbers in all.
template <std::size_t Vectors, real Real>
void multiply_complex_columns(std::size_t rows, std::size_t depth, std::size_t kept,
                              const Strided<std::complex<Real>>& a, const std::complex<Real>* b,
                              std::size_t b_step, std::complex<Real>* c, std::size_t c_step,
                              bool conjugate_b, bool add) {
  using T                  = ComplexTile<Real, Vectors>;
  const std::size_t blocks = (rows + T::rows - 1) / T::rows;
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::size_t begin = block * rows / blocks, end = (block + 1) * rows / blocks;
    complex_tile_product<T>(end - begin, depth, a.from(begin, 0), b, b_step, c + begin * c_step,
                            c_step, kept, typename T::Ending{a.conjugate, conjugate_b, add});
  }
}

/// c (+)= a b for complex numbers, on the calling thread. What is not a row of whole registers in
/// b is first brought into such rows.
template <real Real>
void multiply_complex(std::size_t rows, std::size_t depth, std::size_t columns,
                      const Strided<std::complex<Real>>& a, const Strided<std::complex<Real>>& b,
                      std::complex<Real>* c, std::size_t c_step, Update update) {
  using Complex                  = std::complex<Real>;
  constexpr std::size_t vector   = lanes<Real> / 2;
  const std::size_t whole        = columns / vector * vector;
  const bool in_rows             = b.column == 1;
  const std::size_t packed_begin = in_rows ? whole : 0;
  const std::size_t packed_step  = (columns - packed_begin + vector - 1) / vector * vector;
  const Scratch<Complex> packed(depth * packed_step);
  if (in_rows) {
    for (std::size_t k = 0; k < depth; ++k) {
      Complex* const row = packed.data() + k * packed_step;
      std::fill_n(std::copy_n(b.data + k * b.row + whole, columns - whole, row),
                  packed_step - (columns - whole), Complex{});
    }
  } else {
    transpose_complex(columns, depth, b.data, b.column, b.row, packed.data(), packed_step);
  }
  for (std::size_t column = 0; column < columns;) {
    const bool pack         = column >= packed_begin;
    const Complex* const at = pack ? packed.data() + column - packed_begin : b.data + column;
    const std::size_t step  = pack ? packed_step : b.row;
    const std::size_t left  = (pack ? packed_step + packed_begin : whole) - column;
    const auto run          = [&](auto vectors) {
      const std::size_t kept = std::min(columns - column, vectors * vector);
      multiply_complex_columns<vectors>(rows, depth, kept, a, at, step, c + column, c_step,
                                                 b.conjugate, update == Update::add);
      column += vectors * vector;
    };
    if (left >= 4 * vector)
      run(std::integral_constant<std::size_t, 4>{});
    else if (left >= 2 * vector)
      run(std::integral_constant<std::size_t, 2>{});
    else
      run(std::integral_constant<std::size_t, 1>{});
  }
}

}  // namespace nop::cpu::detail
