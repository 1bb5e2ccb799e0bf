// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/vector.cuh>
#include <nop/core/operand.hpp>
#include <nop/core/scalar.hpp>

#include <cstddef>

/// \file
/// A block's part of a matrix product, in the registers of its threads. Whoever uses it says how
/// the factors come into shared memory, slice after slice, and where the result goes.

namespace nop::cuda::detail {

/// How a product c[row, column] = sum_k a[k, row] b[k, column] is cut: blocks of `rows` x `columns`
/// numbers of the result, threads of `thread_rows` x `thread_columns` of them, `depth` terms at a
/// time. A warp's threads are 8 along the rows and 4 along the columns.
template <real Real_, unsigned Rows, unsigned Columns, unsigned Depth, unsigned ThreadRows,
          unsigned ThreadColumns>
struct TapTileSize {
  using Real                               = Real_;
  static constexpr unsigned rows           = Rows;
  static constexpr unsigned columns        = Columns;
  static constexpr unsigned depth          = Depth;
  static constexpr unsigned thread_rows    = ThreadRows;
  static constexpr unsigned thread_columns = ThreadColumns;
  static constexpr unsigned across = Rows / ThreadRows, down = Columns / ThreadColumns;
  static constexpr unsigned threads = across * down;
  /// Between terms in shared memory: threads whose terms or rows differ write to other banks.
  static constexpr unsigned row_pitch    = Rows + in_16_bytes<Real>;
  static constexpr unsigned column_pitch = Columns + in_16_bytes<Real>;
  static_assert(across % 8 == 0 && down % 4 == 0);
};

/// Two slices of the factors in shared memory: one is read while the other is filled.
template <class Size>
struct TapSlices {
  alignas(16) typename Size::Real a[2][Size::depth * Size::row_pitch];     // NOLINT
  alignas(16) typename Size::Real b[2][Size::depth * Size::column_pitch];  // NOLINT
};

/// A thread's part of the product. It has vectors of numbers next to each other, with a whole row
/// of threads' vectors between one and the next, so that a warp reads from all banks.
template <class Size>
class TapTile {
  using Real                               = typename Size::Real;
  static constexpr unsigned thread_rows    = Size::thread_rows;
  static constexpr unsigned thread_columns = Size::thread_columns;
  static constexpr unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

 public:
  static constexpr unsigned row_vector    = least(in_16_bytes<Real>, thread_rows);
  static constexpr unsigned column_vector = least(in_16_bytes<Real>, thread_columns);

  __device__ explicit TapTile(unsigned thread) {
    const unsigned warp = thread / 32, lane = thread % 32;
    first_row_    = (warp % (Size::across / 8) * 8 + lane % 8) * row_vector;
    first_column_ = (warp / (Size::across / 8) * 4 + lane / 8) * column_vector;
  }

  /// The places in the block's tile of a thread's i-th row and column.
  [[nodiscard]] __device__ unsigned row(unsigned i) const {
    return first_row_ + i / row_vector * (Size::across * row_vector) + i % row_vector;
  }
  [[nodiscard]] __device__ unsigned column(unsigned i) const {
    return first_column_ + i / column_vector * (Size::down * column_vector) + i % column_vector;
  }
  [[nodiscard]] __device__ Real at(unsigned row, unsigned column) const {
    return sum_[row][column];
  }

  /// Adds the products of one slice.
  __device__ void add(const Real* a, const Real* b) {
#pragma unroll
    for (unsigned k = 0; k < Size::depth; ++k) {
      Vector<Real, row_vector> left[thread_rows / row_vector];            // NOLINT
      Vector<Real, column_vector> right[thread_columns / column_vector];  // NOLINT
#pragma unroll
      for (unsigned i = 0; i < thread_rows / row_vector; ++i)
        left[i] = read_vector<row_vector>(a + k * Size::row_pitch + row(i * row_vector));
#pragma unroll
      for (unsigned i = 0; i < thread_columns / column_vector; ++i)
        right[i] =
            read_vector<column_vector>(b + k * Size::column_pitch + column(i * column_vector));
#pragma unroll
      for (unsigned r = 0; r < thread_rows; ++r)
#pragma unroll
        for (unsigned c = 0; c < thread_columns; ++c)
          sum_[r][c] += left[r / row_vector].part[r % row_vector] *
                        right[c / column_vector].part[c % column_vector];
    }
  }

 private:
  unsigned first_row_, first_column_;
  Real sum_[thread_rows][thread_columns] = {};  // NOLINT(*-avoid-c-arrays): registers
};

/// Goes through so many slices: `fetch()` reads the next one into registers, `place(a, b)` puts it
/// into shared memory, while the one before it is multiplied.
template <class Size, class Source>
__device__ void add_slices(unsigned count, Source& source, TapSlices<Size>& slices,
                           TapTile<Size>& tile) {
  if (count == 0) return;
  source.fetch();
  source.place(slices.a[0], slices.b[0]);
  __syncthreads();
  for (unsigned s = 0; s < count; ++s) {
    const unsigned now = s % 2, next = 1 - now;
    if (s + 1 < count) source.fetch();
    tile.add(slices.a[now], slices.b[now]);
    if (s + 1 < count) source.place(slices.a[next], slices.b[next]);
    __syncthreads();
  }
}

/// Do rows of so many numbers, one after the other from here on, consist of 16 bytes each?
template <real Real>
bool has_vectors(const Real* rows, std::size_t length) {
  return in_vectors(Matrices<const Real>{rows, length, 0}, length, in_16_bytes<Real>);
}

}  // namespace nop::cuda::detail
