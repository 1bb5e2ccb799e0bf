// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/vector.cuh>
#include <nop/core/operand.hpp>

#include <algorithm>
#include <cstddef>

/// \file
/// Batches of products with a short depth, as the gradient by the weights that mix the channels
/// mode by mode: what takes time is writing the results.

namespace nop::cuda {

namespace detail {

/// How the work is cut: a block has a part of one matrix of the batch, `groups` times 8 rows and
/// `lanes` vectors of columns; a thread has 8 rows of a vector.
struct OuterGrid {
  unsigned rows, depth, columns;
  unsigned row_tiles, column_tiles;
  unsigned lanes, groups;
  bool add;
};

inline constexpr unsigned outer_rows  = 8;   ///< of a thread
inline constexpr unsigned outer_depth = 16;  ///< that is in shared memory at a time

/// c (+)= a^H b, in vectors of `Size` columns. Both factors go through shared memory, as they are.
template <class Element, unsigned Size>
__global__ void __launch_bounds__(256)
    multiply_outer(OuterGrid grid, Matrices<const Element> a, Matrices<const Element> b,
                   Matrices<Element> c) {
  constexpr unsigned wide   = in_16_bytes<Element>;
  const unsigned lane       = threadIdx.x % grid.lanes;
  const unsigned group      = threadIdx.x / grid.lanes;
  const unsigned tile_rows  = grid.groups * outer_rows;
  const unsigned tile_width = grid.lanes * Size;
  Element* const left       = shared_memory<Element>();
  Element* const right      = left + outer_depth * tile_rows;

  unsigned block           = blockIdx.x;
  const unsigned first_row = block % grid.row_tiles * tile_rows;
  block /= grid.row_tiles;
  const unsigned first_column = block % grid.column_tiles * tile_width;
  const std::size_t batch     = block / grid.column_tiles;
  const Element* const a_here = a.data + batch * a.batch_step + first_row;
  const Element* const b_here = b.data + batch * b.batch_step + first_column;

  Vector<Element, Size> sum[outer_rows];  // NOLINT(*-avoid-c-arrays)
#pragma unroll
  for (unsigned r = 0; r < outer_rows; ++r) sum[r] = Vector<Element, Size>::zero();
  for (unsigned first = 0; first < grid.depth; first += outer_depth) {
    const unsigned run = grid.depth - first < outer_depth ? grid.depth - first : outer_depth;
    __syncthreads();
    move_by_block<4>(
        run * tile_rows,
        [&](unsigned i) {
          const unsigned d = i / tile_rows, r = i % tile_rows;
          return first_row + r < grid.rows ? a_here[(first + d) * a.row_step + r] : Element(0);
        },
        [&](unsigned i, Element value) { left[i] = conjugate(value); });
    move_by_block<2>(
        run * grid.lanes,
        [&](unsigned i) {
          const unsigned d = i / grid.lanes, k = i % grid.lanes * Size;
          return first_column + k < grid.columns
                     ? read_vector<Size>(b_here + (first + d) * b.row_step + k)
                     : Vector<Element, Size>::zero();
        },
        [&](unsigned i, const auto& some) { write_vector(right + i * Size, some); });
    __syncthreads();
    for (unsigned d = 0; d < run; ++d) {
      const auto mine = read_vector<Size>(right + d * tile_width + lane * Size);
#pragma unroll
      for (unsigned r = 0; r < outer_rows; r += wide) {
        const auto some = read_vector<wide>(left + d * tile_rows + group * outer_rows + r);
#pragma unroll
        for (unsigned j = 0; j < wide; ++j)
#pragma unroll
          for (unsigned i = 0; i < Size; ++i)
            add_product(sum[r + j].part[i], some.part[j], mine.part[i]);
      }
    }
  }

  const unsigned row    = first_row + group * outer_rows;
  const unsigned column = first_column + lane * Size;
  if (column >= grid.columns) return;
  Element* const out = c.data + batch * c.batch_step + column;
#pragma unroll
  for (unsigned r = 0; r < outer_rows; ++r) {
    if (row + r >= grid.rows) return;
    Element* const at = out + (row + r) * c.row_step;
    if (grid.add) {
      const auto old = read_vector<Size>(at);
#pragma unroll
      for (unsigned i = 0; i < Size; ++i) sum[r].part[i] += old.part[i];
    }
    write_vector(at, sum[r]);
  }
}

template <class Element, unsigned Size>
void start_outer(const ProductSize& size, const Matrices<const Element>& a,
                 const Matrices<const Element>& b, const Matrices<Element>& c, bool add) {
  const std::size_t vectors = size.columns / Size;
  const std::size_t across  = parts_of(vectors, 64);
  const std::size_t lanes   = parts_of(vectors, across);
  const std::size_t groups  = std::min(parts_of(size.rows, outer_rows), 256 / lanes);
  const std::size_t down    = parts_of(size.rows, groups * outer_rows);
  const std::size_t shared  = outer_depth * (groups * outer_rows + lanes * Size);
  const OuterGrid grid{count(size.rows), count(size.depth), count(size.columns), count(down),
                       count(across),    count(lanes),      count(groups),       add};
  launch({{count(size.batch * down * across)}, {count(lanes * groups)}, shared * sizeof(Element)},
         multiply_outer<Element, Size>, grid, a, b, c);
}

}  // namespace detail

/// c = a^H b, or c += a^H b, for a batch of complex products with a short depth. No extent is 0, no
/// two results are the same, the matrices are small.
template <class Element>
void multiply_outer(const ProductSize& size, const Matrices<const Element>& a,
                    const Matrices<const Element>& b, const Matrices<Element>& c, Update update) {
  using Number            = on_device<Element>;
  constexpr unsigned wide = in_16_bytes<Number>;
  const bool add          = update == Update::add;
  const auto left = as_on_device(a), right = as_on_device(b);
  const auto result = as_on_device(c);
  if (in_vectors(right, size.columns, wide) && in_vectors(result, size.columns, wide))
    detail::start_outer<Number, wide>(size, left, right, result, add);
  else
    detail::start_outer<Number, 1>(size, left, right, result, add);
}

}  // namespace nop::cuda
