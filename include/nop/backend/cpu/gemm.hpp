// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/complex_dots.hpp>
#include <nop/backend/cpu/complex_tile.hpp>
#include <nop/backend/cpu/parallel.hpp>
#include <nop/backend/cpu/tile.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/scratch.hpp>

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>

namespace nop::cpu {

namespace detail {

/// One matrix of a batch, as it enters the product.
template <class Element>
Strided<Element> one_of(const Matrices<const Element>& m, std::size_t batch) {
  const Element* const data = m.data + batch * m.batch_step;
  return m.form == Form::plain ? Strided<Element>{data, m.row_step, 1}
                               : Strided<Element>{data, 1, m.row_step, true};
}

/// Tile::product for a number of rows known only now.
template <class T, class Element, std::size_t Rows = T::rows>
void tile_product(std::size_t rows, std::size_t depth, const Strided<Element>& a,
                  const typename T::Real* panel, std::size_t panel_step, Element* out,
                  std::size_t step, bool add) {
  if constexpr (Rows > 1)
    if (rows < Rows)
      return tile_product<T, Element, Rows - 1>(rows, depth, a, panel, panel_step, out, step, add);
  T::template product<Rows>(depth, a, panel, panel_step, out, step, add);
}

/// c (+)= a b in tiles of one kind: column by column of tiles, a panel of b is packed and then used
/// by all rows. A real b is used where it is if there are rows for one tile only.
template <class T, class Element>
void multiply_tiles(std::size_t rows, std::size_t depth, std::size_t columns,
                    const Strided<Element>& a, const Strided<Element>& b, Element* c,
                    std::size_t c_step, Update update) {
  alignas(64) typename T::Panel packed;
  alignas(64) std::array<Element, T::rows * T::columns>
      edge;  // a tile that sticks out of the result
  for (std::size_t column = 0; column < columns; column += T::columns) {
    const std::size_t width = std::min(T::columns, columns - column);
    for (std::size_t k = 0; k < depth; k += T::depth) {
      const std::size_t run        = std::min(T::depth, depth - k);
      const bool add               = update == Update::add || k > 0;
      const Strided<Element> right = b.from(k, column);
      const auto* panel            = packed.data();
      std::size_t panel_step       = T::width;
      if (real<Element> && rows <= T::rows && width == T::columns && b.column == 1) {
        panel      = reinterpret_cast<const typename T::Real*>(right.data);
        panel_step = b.row;
      } else {
        T::pack(right, run, width, a.conjugate, packed);
      }
      for (std::size_t row = 0; row < rows; row += T::rows) {
        const std::size_t height = std::min(T::rows, rows - row);
        Element* const out       = c + row * c_step + column;
        if (width == T::columns) {
          tile_product<T>(height, run, a.from(row, k), panel, panel_step, out, c_step, add);
          continue;
        }
        tile_product<T>(height, run, a.from(row, k), panel, panel_step, edge.data(), T::columns,
                        false);
        for (std::size_t r = 0; r < height; ++r)
          for (std::size_t i = 0; i < width; ++i)
            out[r * c_step + i] =
                edge[r * T::columns + i] + (add ? out[r * c_step + i] : Element{});
      }
    }
  }
}

/// c (+)= a b where both lie along the depth in memory.
template <real Real>
void multiply_dots(std::size_t rows, std::size_t depth, std::size_t columns, const Strided<Real>& a,
                   const Strided<Real>& b, Real* c, std::size_t c_step, Update update) {
  using T                    = DotTile<Real>;
  constexpr std::size_t step = 512;  // a run of the depth for which all rows stay in the caches
  for (std::size_t k = 0; k < depth; k += step)
    for (std::size_t row = 0; row < rows; row += T::rows)
      for (std::size_t column = 0; column < columns; column += T::columns)
        T::product(std::min(step, depth - k), std::min(T::rows, rows - row),
                   std::min(T::columns, columns - column), a.from(row, k).data, a.row,
                   b.from(k, column).data, b.column, c + row * c_step + column, c_step,
                   update == Update::add || k > 0);
}

/// The same for complex numbers, in one of three ways. Where b lies along the depth, as in the
/// gradient by a spectrum, dot products save transposing it for a row or two. Where b is only a few
/// of many rows, as in the gradient by a weight, b and i b are laid out for all of them. Otherwise
/// b is read where it is.
template <real Real>
void multiply_any_complex(std::size_t rows, std::size_t depth, std::size_t columns,
                          const Strided<std::complex<Real>>& a,
                          const Strided<std::complex<Real>>& b, std::complex<Real>* c,
                          std::size_t c_step, Update update) {
  using Wide   = Tile<std::complex<Real>, 4>;
  using Narrow = Tile<std::complex<Real>, 3>;
  if (b.row == 1 && rows <= 2)
    multiply_complex_dots(rows, depth, columns, a, b, c, c_step, update);
  else if (8 * depth > rows)
    multiply_complex(rows, depth, columns, a, b, c, c_step, update);
  else if (columns % Wide::columns == 0)
    multiply_tiles<Wide>(rows, depth, columns, a, b, c, c_step, update);
  else
    multiply_tiles<Narrow>(rows, depth, columns, a, b, c, c_step, update);
}

/// c (+)= a b on the calling thread.
template <class Element>
void multiply_serial(std::size_t rows, std::size_t depth, std::size_t columns,
                     const Strided<Element>& a, const Strided<Element>& b, Element* c,
                     std::size_t c_step, Update update) {
  if constexpr (complex<Element>) {
    multiply_any_complex(rows, depth, columns, a, b, c, c_step, update);
  } else {
    if (a.column == 1 && b.row == 1 && depth >= 8 * lanes<Element> && rows < 64)
      return multiply_dots(rows, depth, columns, a, b, c, c_step, update);
    if (rows == 1)
      return multiply_tiles<Tile<Element, 6>>(rows, depth, columns, a, b, c, c_step, update);
    multiply_tiles<Tile<Element>>(rows, depth, columns, a, b, c, c_step, update);
  }
}

/// The sum over the batch of a b: a fixed number of partial sums, each over a run of the batch and
/// of the depth, then added in order, so that the result does not depend on the threads.
template <class Element>
void multiply_and_sum(const ProductSize& size, const Matrices<const Element>& a,
                      const Matrices<const Element>& b, const Matrices<Element>& c, Update update) {
  constexpr std::size_t depth_block = 4096;
  const std::size_t depth_pieces    = (size.depth + depth_block - 1) / depth_block;
  const std::size_t terms           = size.batch * depth_pieces;
  const std::size_t parts           = std::min<std::size_t>(terms, 16);
  const std::size_t count           = size.rows * size.columns;
  const Scratch<Element> partial(parts * count);
  parallel_for(parts, [&](std::size_t part) {
    const std::size_t first = part * terms / parts;
    for (std::size_t term = first; term < (part + 1) * terms / parts; ++term) {
      const std::size_t batch = term / depth_pieces, begin = term % depth_pieces * depth_block;
      multiply_serial(size.rows, std::min(depth_block, size.depth - begin), size.columns,
                      one_of(a, batch).from(0, begin), one_of(b, batch).from(begin, 0),
                      partial.data() + part * count, size.columns,
                      term == first ? Update::overwrite : Update::add);
    }
  });
  for (std::size_t r = 0; r < size.rows; ++r)
    for (std::size_t k = 0; k < size.columns; ++k) {
      Element total = update == Update::add ? c.data[r * c.row_step + k] : Element{};
      for (std::size_t part = 0; part < parts; ++part)
        total += partial[part * count + r * size.columns + k];
      c.data[r * c.row_step + k] = total;
    }
}

/// A product with nothing to add up is zero.
template <class Element>
void multiply_nothing(const ProductSize& size, const Matrices<Element>& c, Update update) {
  if (update == Update::add) return;
  const std::size_t results = c.batch_step == 0 ? 1 : size.batch;
  for (std::size_t batch = 0; batch < results; ++batch)
    for (std::size_t r = 0; r < size.rows; ++r)
      std::fill_n(c.data + batch * c.batch_step + r * c.row_step, size.columns, Element{});
}

}  // namespace detail

/// c = a b, or c += a b, for a batch of row-major matrices. With `c.batch_step == 0` and a batch of
/// more than one, the products are added up.
template <class Element>
void multiply(const ProductSize& size, const Matrices<const Element>& a,
              const Matrices<const Element>& b, const Matrices<Element>& c, Update update) {
  if (size.rows * size.columns == 0) return;
  if (size.batch * size.depth == 0) return detail::multiply_nothing(size, c, update);
  if (c.batch_step == 0 && size.batch > 1) return detail::multiply_and_sum(size, a, b, c, update);

  // The longer side of the result is cut into blocks of about this many multiplications; fixed, so
  // that results do not depend on the threads.
  constexpr std::size_t work = 1U << 18U;
  const bool by_rows         = size.rows > size.columns;
  const std::size_t length   = by_rows ? size.rows : size.columns;
  const std::size_t per_line = (by_rows ? size.columns : size.rows) * size.depth;
  const std::size_t block = std::min(length, std::max<std::size_t>(1, work / per_line / 192) * 192);
  const std::size_t pieces = (length + block - 1) / block;
  const std::size_t group  = std::max<std::size_t>(1, work / (per_line * block));
  parallel_blocks(size.batch * pieces, group, 3, [&](std::size_t first, std::size_t last) {
    for (std::size_t task = first; task < last; ++task) {
      const std::size_t batch = task / pieces, begin = task % pieces * block;
      const std::size_t count = std::min(block, length - begin);
      const auto left         = detail::one_of(a, batch);
      const auto right        = detail::one_of(b, batch);
      Element* const result   = c.data + batch * c.batch_step;
      if (by_rows)
        detail::multiply_serial(count, size.depth, size.columns, left.from(begin, 0), right,
                                result + begin * c.row_step, c.row_step, update);
      else
        detail::multiply_serial(size.rows, size.depth, count, left, right.from(0, begin),
                                result + begin, c.row_step, update);
    }
  });
}

}  // namespace nop::cpu
