// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/simd.hpp>
#include <nop/backend/cpu/transpose.hpp>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <complex>
#include <cstddef>

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

/// out[k * out_step + r] = in[r * in_row + k * in_column] for complex numbers that lie along k
/// (`in_column` 1), the rest of each row of `out` zero.
template <real Real>
void transpose_complex(std::size_t rows, std::size_t columns, const std::complex<Real>* in,
                       std::size_t in_row, std::size_t in_column, std::complex<Real>* out,
                       std::size_t out_step) {
  std::size_t whole_rows = 0, whole_columns = 0;
  if constexpr (sizeof(std::complex<Real>) == sizeof(double)) {
    // As whole registers of numbers of the same size, which are only moved.
    if (in_column == 1) {
      whole_rows = rows / 2 * 2, whole_columns = columns / 2 * 2;
      transpose(whole_rows, whole_columns, reinterpret_cast<const double*>(in), in_row,
                reinterpret_cast<double*>(out), out_step);
    }
  }
  for (std::size_t k = 0; k < columns; ++k) {
    for (std::size_t r = k < whole_columns ? whole_rows : 0; r < rows; ++r)
      out[k * out_step + r] = in[r * in_row + k * in_column];
    std::fill_n(out + k * out_step + rows, out_step - rows, std::complex<Real>{});
  }
}

/// columns[x][l] = line l at point x; lanes that no line is left for repeat the last one.
template <real Real>
void gather_lanes(const Lines<const Real>& lines, std::size_t points, Real* columns) {
  constexpr std::size_t width = lanes<Real>;
  if (lines.point_step == 1 && lines.count == width)
    return transpose(width, points, lines.data, lines.line_step, columns, width);
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
    return transpose(points, width, columns, width, lines.data, lines.line_step);
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
