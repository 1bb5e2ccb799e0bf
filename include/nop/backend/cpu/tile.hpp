// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/simd.hpp>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>
#include <utility>

namespace nop::cpu::detail {

/// A matrix whose element (r, c) lies at `data[r * row + c * column]`, conjugated where asked.
template <class Element>
struct Strided {
  const Element* data;
  std::size_t row;
  std::size_t column;
  bool conjugate = false;

  [[nodiscard]] Strided from(std::size_t r, std::size_t c) const {
    return {data + r * row + c * column, row, column, conjugate};
  }
  [[nodiscard]] Strided transposed() const { return {data, column, row, conjugate}; }
  [[nodiscard]] Strided conjugated() const { return {data, row, column, !conjugate}; }
};

/// The part of a product a b that is kept in registers: `rows` x `columns` numbers, summed over the
/// depth. The numbers of a are broadcast, the columns of b fill registers, `Vectors` side by side.
///
/// A complex product is a real one of twice the depth: a b = re(a) b + im(a) (i b), where the real
/// and imaginary parts of a lie side by side in memory and the rows b and i b alternate in the
/// panel.
template <class Element, std::size_t Vectors = registers<real_of<Element>> == 32 ? 3 : 2>
struct Tile {
  using Real   = real_of<Element>;
  using Vector = Batch<Real>;

  static constexpr std::size_t parts = complex<Element> ? 2 : 1;
  // With more than ten rows there are more places to read from than registers for addresses.
  static constexpr std::size_t rows =
      std::min<std::size_t>(10, (registers<Real> - Vectors - 2) / Vectors);
  static constexpr std::size_t width   = Vectors * lanes<Real>;  ///< in real numbers
  static constexpr std::size_t columns = width / parts;
  static constexpr std::size_t depth =
      4096 / width;  ///< of a panel, which stays in the first cache
  using Panel = std::array<Real, depth * parts * width>;

  /// Copies `count` rows of b, `kept` <= columns numbers each, into a panel; the rest is zero.
  static void pack(const Strided<Element>& b, std::size_t count, std::size_t kept, bool conjugate_a,
                   Panel& panel) {
    for (std::size_t k = 0; k < count; ++k) {
      Real* const row         = panel.data() + k * parts * width;
      const Element* const in = b.data + k * b.row;
      if (kept < columns) std::fill_n(row, parts * width, Real(0));
      if (b.column == 1 && kept == columns)
        pack_row(in, columns, 1, b.conjugate, conjugate_a, row);
      else if (b.column == 1)
        pack_row(in, kept, 1, b.conjugate, conjugate_a, row);
      else
        pack_row(in, kept, b.column, b.conjugate, conjugate_a, row);
    }
  }

  /// out[r * step + c] (+)= sum_k a(r, k) panel(k, c) for r < Rows and all columns. The rows of a
  /// real panel lie `panel_step` apart, so that b can be used where it is.
  template <std::size_t Rows>
  static void product(std::size_t count, const Strided<Element>& a, const Real* panel,
                      std::size_t panel_step, Element* out, std::size_t step, bool add) {
    product(count, a, panel, panel_step, reinterpret_cast<Real*>(out), step * parts, add,
            std::make_index_sequence<Rows * Vectors>{}, std::make_index_sequence<Vectors>{});
  }

 private:
  static void pack_row(const Element* in, std::size_t count, std::size_t step, bool conjugate,
                       bool conjugate_a, Real* row) {
    if constexpr (complex<Element>) {
      const Real sign = conjugate ? Real(-1) : Real(1), turn = conjugate_a ? Real(-1) : Real(1);
      for (std::size_t c = 0; c < count; ++c) {
        const Real re = in[c * step].real(), im = sign * in[c * step].imag();
        row[2 * c] = re, row[2 * c + 1] = im;
        row[width + 2 * c] = -turn * im, row[width + 2 * c + 1] = turn * re;
      }
    } else {
      for (std::size_t c = 0; c < count; ++c) row[c] = in[c * step];
    }
  }

  template <std::size_t... Cell, std::size_t... Column>
  static void product(std::size_t count, const Strided<Element>& a, const Real* panel,
                      std::size_t panel_step, Real* out, std::size_t step, bool add,
                      std::index_sequence<Cell...>, std::index_sequence<Column...>) {
    std::array<Vector, sizeof...(Cell)> sum = {(static_cast<void>(Cell), Vector(Real(0)))...};
    for (std::size_t k = 0; k < count; ++k)
      for (std::size_t part = 0; part < parts; ++part) {
        const Real* const left = reinterpret_cast<const Real*>(a.data + k * a.column) + part;
        const std::array<Vector, Vectors> right = {
            Vector::load_unaligned(panel + Column * lanes<Real>)...};
        ((sum[Cell] = xsimd::fma(Vector(left[Cell / Vectors * a.row * parts]),
                                 right[Cell % Vectors], sum[Cell])),
         ...);
        panel += panel_step;
      }
    const auto at = [=](std::size_t cell) {
      return out + cell / Vectors * step + cell % Vectors * lanes<Real>;
    };
    if (add) ((sum[Cell] += Vector::load_unaligned(at(Cell))), ...);
    (sum[Cell].store_unaligned(at(Cell)), ...);
  }
};

/// The same for rows of a and columns of b that lie along the depth in memory, as in the gradient
/// of a weight: registers run along the depth, and are added up at the end.
template <real Real>
struct DotTile {
  using Vector = Batch<Real>;

  static constexpr std::size_t rows    = 3;
  static constexpr std::size_t columns = registers<Real> == 32 ? 8 : 4;

  /// out[r * step + c] (+)= sum_k a[r * a_step + k] b[c * b_step + k] for r < height, c < width.
  static void product(std::size_t depth, std::size_t height, std::size_t width, const Real* a,
                      std::size_t a_step, const Real* b, std::size_t b_step, Real* out,
                      std::size_t step, bool add) {
    // What sticks out of the result repeats its last row or column, and is not written.
    std::array<const Real*, rows> left;
    std::array<const Real*, columns> right;
    for (std::size_t r = 0; r < rows; ++r) left[r] = a + std::min(r, height - 1) * a_step;
    for (std::size_t c = 0; c < columns; ++c) right[c] = b + std::min(c, width - 1) * b_step;
    std::array<Real, rows * columns> total;
    sums(depth, left, right, total, std::make_index_sequence<rows * columns>{});
    for (std::size_t r = 0; r < height; ++r)
      for (std::size_t c = 0; c < width; ++c)
        out[r * step + c] = total[r * columns + c] + (add ? out[r * step + c] : Real(0));
  }

 private:
  template <std::size_t... Cell>
  static void sums(std::size_t depth, const std::array<const Real*, rows>& left,
                   const std::array<const Real*, columns>& right,
                   std::array<Real, rows * columns>& total, std::index_sequence<Cell...>) {
    std::array<Vector, sizeof...(Cell)> sum = {(static_cast<void>(Cell), Vector(Real(0)))...};
    std::size_t k                           = 0;
    for (; k + lanes<Real> <= depth; k += lanes<Real>)
      ((sum[Cell] = xsimd::fma(Vector::load_unaligned(left[Cell / columns] + k),
                               Vector::load_unaligned(right[Cell % columns] + k), sum[Cell])),
       ...);
    ((total[Cell] = xsimd::hadd(sum[Cell])), ...);
    for (; k < depth; ++k)
      ((total[Cell] += left[Cell / columns][k] * right[Cell % columns][k]), ...);
  }
};

}  // namespace nop::cpu::detail
