// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/simd.hpp>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <type_traits>

/// \file
/// Between lines in memory and the lanes of a register. Lines that are far apart, such as the rows
/// of many planes, become the lanes of columns [points][lanes], in which every line is treated
/// alike at each step.

namespace nop::cpu::detail {

/// Up to `lanes` lines: element x of line l lies at `data[l * line_step + x * point_step]`.
template <class Element>
struct Lines {
  Element* data;
  std::size_t count;
  std::size_t line_step;
  std::size_t point_step;
};

/// A register of 128 bits, in which zipping means the same on every processor.
template <real Real>
inline constexpr std::size_t small_lanes = 16 / sizeof(Real);
template <real Real>
using SmallBatch = xsimd::make_sized_batch_t<Real, small_lanes<Real>>;

/// A square block of `small_lanes` rows, transposed.
template <real Real>
void transpose_block(const Real* in, std::size_t in_step, Real* out, std::size_t out_step) {
  using B = SmallBatch<Real>;
  if constexpr (std::is_void_v<B>) {
    for (std::size_t r = 0; r < small_lanes<Real>; ++r)
      for (std::size_t c = 0; c < small_lanes<Real>; ++c)
        out[c * out_step + r] = in[r * in_step + c];
  } else if constexpr (small_lanes<Real> == 4) {
    const B a = B::load_unaligned(in), b = B::load_unaligned(in + in_step),
            c = B::load_unaligned(in + 2 * in_step), d = B::load_unaligned(in + 3 * in_step);
    const B ac_lo = zip_lo(a, c), ac_hi = zip_hi(a, c);
    const B bd_lo = zip_lo(b, d), bd_hi = zip_hi(b, d);
    zip_lo(ac_lo, bd_lo).store_unaligned(out);
    zip_hi(ac_lo, bd_lo).store_unaligned(out + out_step);
    zip_lo(ac_hi, bd_hi).store_unaligned(out + 2 * out_step);
    zip_hi(ac_hi, bd_hi).store_unaligned(out + 3 * out_step);
  } else {
    const B a = B::load_unaligned(in), b = B::load_unaligned(in + in_step);
    zip_lo(a, b).store_unaligned(out);
    zip_hi(a, b).store_unaligned(out + out_step);
  }
}

/// [rows][columns] to [columns][rows] in blocks, of which rows are a multiple of `small_lanes`. A
/// piece of a cache line is never left half read: lines a power of two apart evict each other.
template <real Real>
void transpose_rows(std::size_t rows, std::size_t columns, const Real* in, std::size_t in_step,
                    Real* out, std::size_t out_step) {
  constexpr std::size_t block = small_lanes<Real>, line = 64 / sizeof(Real);
  const std::size_t whole = columns / block * block;
  for (std::size_t first = 0; first < whole; first += line)
    for (std::size_t r = 0; r < rows; r += block)
      for (std::size_t c = first; c < std::min(first + line, whole); c += block)
        transpose_block(in + r * in_step + c, in_step, out + c * out_step + r, out_step);
  for (std::size_t c = whole; c < columns; ++c)
    for (std::size_t r = 0; r < rows; ++r) out[c * out_step + r] = in[r * in_step + c];
}

/// The same, of which columns are a multiple of `small_lanes`; here the lines are written.
template <real Real>
void transpose_columns(std::size_t rows, std::size_t columns, const Real* in, std::size_t in_step,
                       Real* out, std::size_t out_step) {
  constexpr std::size_t block = small_lanes<Real>, line = 64 / sizeof(Real);
  const std::size_t whole = rows / block * block;
  for (std::size_t first = 0; first < whole; first += line)
    for (std::size_t c = 0; c < columns; c += block)
      for (std::size_t r = first; r < std::min(first + line, whole); r += block)
        transpose_block(in + r * in_step + c, in_step, out + c * out_step + r, out_step);
  for (std::size_t r = whole; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c) out[c * out_step + r] = in[r * in_step + c];
}

/// out[k * out_step + r] = in[r * in_row + k * in_column] for complex numbers that lie along k
/// (`in_column` 1), the rest of each row of `out` zero.
template <real Real>
void transpose_complex(std::size_t rows, std::size_t columns, const std::complex<Real>* in,
                       std::size_t in_row, std::size_t in_column, std::complex<Real>* out,
                       std::size_t out_step) {
  std::size_t r = 0;
  if constexpr (sizeof(std::complex<Real>) == sizeof(double)) {
    // As numbers of the same size, which are only moved.
    if (in_column == 1) {
      r = rows / 2 * 2;
      transpose_rows(r, columns, reinterpret_cast<const double*>(in), in_row,
                     reinterpret_cast<double*>(out), out_step);
    }
  }
  for (std::size_t k = 0; k < columns; ++k) {
    for (std::size_t i = r; i < rows; ++i) out[k * out_step + i] = in[i * in_row + k * in_column];
    std::fill_n(out + k * out_step + rows, out_step - rows, std::complex<Real>{});
  }
}

/// columns[x][l] = line l at point x; lanes that no line is left for repeat the last one.
template <real Real>
void gather_lanes(const Lines<const Real>& lines, std::size_t points, Real* columns) {
  constexpr std::size_t width = lanes<Real>;
  if (lines.point_step == 1 && lines.count == width)
    return transpose_rows(width, points, lines.data, lines.line_step, columns, width);
  for (std::size_t x = 0; x < points; ++x)
    for (std::size_t l = 0; l < width; ++l)
      columns[x * width + l] =
          lines.data[std::min(l, lines.count - 1) * lines.line_step + x * lines.point_step];
}

/// line l at point x = columns[x][l].
template <real Real>
void scatter_lanes(const Real* columns, std::size_t points, const Lines<Real>& lines) {
  constexpr std::size_t width = lanes<Real>;
  if (lines.point_step == 1 && lines.count == width)
    return transpose_columns(points, width, columns, width, lines.data, lines.line_step);
  for (std::size_t x = 0; x < points; ++x)
    for (std::size_t l = 0; l < lines.count; ++l)
      lines.data[l * lines.line_step + x * lines.point_step] = columns[x * width + l];
}

/// to[l] = (re[l], im[l]) for each line of one register.
template <real Real>
void join_parts(const Real* re, const Real* im, std::complex<Real>* to, std::size_t count,
                std::size_t step) {
  for (std::size_t l = 0; l < count; ++l) to[l * step] = {re[l], im[l]};
}

/// (re[l], im[l]) = from[l]; lanes that no line is left for repeat the last one.
template <real Real>
void split_parts(const std::complex<Real>* from, std::size_t count, std::size_t step, Real* re,
                 Real* im) {
  for (std::size_t l = 0; l < lanes<Real>; ++l) {
    const std::complex<Real> value = from[std::min(l, count - 1) * step];
    re[l] = value.real(), im[l] = value.imag();
  }
}

}  // namespace nop::cpu::detail
