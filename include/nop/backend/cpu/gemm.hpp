// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/parallel.hpp>
#include <nop/core/host_memory.hpp>
#include <nop/core/operand.hpp>

#include <algorithm>
#include <cstddef>
#include <Eigen/Core>
#include <type_traits>

namespace nop::cpu {

namespace detail {

template <class Element>
using RowMajor =
    Eigen::Matrix<std::remove_const_t<Element>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The `rows` x `columns` block, of the matrix as it enters the product, that starts at (row,
/// column).
template <class Element>
auto block_of(const Matrices<Element>& m, std::size_t batch, std::size_t row, std::size_t column,
              std::size_t rows, std::size_t columns) {
  const bool swapped    = m.form != Form::plain;
  Element* const origin = m.data + batch * m.batch_step +
                          (swapped ? column * m.row_step + row : row * m.row_step + column);
  using Matrix =
      std::conditional_t<std::is_const_v<Element>, const RowMajor<Element>, RowMajor<Element>>;
  return Eigen::Map<Matrix, Eigen::Unaligned, Eigen::OuterStride<>>(
      origin, static_cast<Eigen::Index>(swapped ? columns : rows),
      static_cast<Eigen::Index>(swapped ? rows : columns),
      Eigen::OuterStride<>(static_cast<Eigen::Index>(m.row_step)));
}

/// Calls `use(expression)` with the matrix in its form.
template <class Matrix, class Use>
void with_form(Form form, const Matrix& matrix, const Use& use) {
  if (form == Form::plain)
    use(matrix);
  else
    use(matrix.adjoint());
}

/// c (+)= a b for one block of the result and one range of the depth, on the calling thread.
template <class Element>
void multiply_block(const Matrices<const Element>& a, const Matrices<const Element>& b,
                    const Matrices<Element>& c, Update update, std::size_t batch, std::size_t row,
                    std::size_t rows, std::size_t column, std::size_t columns,
                    std::size_t depth_begin, std::size_t depth) {
  auto result      = block_of(c, batch, row, column, rows, columns);
  const auto left  = block_of(a, batch, row, depth_begin, rows, depth);
  const auto right = block_of(b, batch, depth_begin, column, depth, columns);
  if (update == Update::overwrite) result.setZero();
  with_form(a.form, left, [&](const auto& x) {
    with_form(b.form, right, [&](const auto& y) { result.noalias() += x * y; });
  });
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
    const Matrices<Element> own{partial.data() + part * count, size.columns, 0};
    for (std::size_t term = part * terms / parts; term < (part + 1) * terms / parts; ++term) {
      const std::size_t begin = term % depth_pieces * depth_block;
      multiply_block(a, b, own, term == part * terms / parts ? Update::overwrite : Update::add,
                     term / depth_pieces, 0, size.rows, 0, size.columns, begin,
                     std::min(depth_block, size.depth - begin));
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
  const std::size_t results = c.batch_step == 0 ? std::min<std::size_t>(size.batch, 1) : size.batch;
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
  if (size.depth == 0) return detail::multiply_nothing(size, c, update);
  if (size.batch * size.rows * size.columns == 0) return;
  if (c.batch_step == 0 && size.batch > 1) return detail::multiply_and_sum(size, a, b, c, update);

  // The longer side of the result is cut into blocks of about this many multiplications; fixed, so
  // that results do not depend on the threads.
  constexpr std::size_t work = 1U << 18U;
  const bool by_rows         = size.rows > size.columns;
  const std::size_t length   = by_rows ? size.rows : size.columns;
  const std::size_t per_line = (by_rows ? size.columns : size.rows) * size.depth;
  const std::size_t block  = std::min(length, std::max<std::size_t>(1, work / per_line / 64) * 64);
  const std::size_t pieces = (length + block - 1) / block;
  const std::size_t group  = std::max<std::size_t>(1, work / (per_line * block));
  parallel_blocks(size.batch * pieces, group, [&](std::size_t first, std::size_t last) {
    for (std::size_t task = first; task < last; ++task) {
      const std::size_t begin = task % pieces * block, count = std::min(block, length - begin);
      if (by_rows)
        detail::multiply_block(a, b, c, update, task / pieces, begin, count, 0, size.columns, 0,
                               size.depth);
      else
        detail::multiply_block(a, b, c, update, task / pieces, 0, size.rows, begin, count, 0,
                               size.depth);
    }
  });
}

}  // namespace nop::cpu
