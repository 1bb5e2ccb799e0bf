// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/mix_tile.cuh>
#include <nop/backend/cuda/vector.cuh>
#include <nop/core/scalar.hpp>

#include <bit>
#include <cstddef>

/// \file
/// The product of a matrix and a tile. The matrix streams through shared memory in slices of its
/// columns; a thread holds up to eight channels at four points in registers, for which it reads 12
/// numbers of shared memory per 32 multiplications.

namespace nop::cuda::detail {

/// A matrix on the device, or its transpose.
template <real Real>
struct MixMatrix {
  const Real* data;
  unsigned rows, columns;
  unsigned row_step, column_step;  ///< one of them is 1
};

/// A slice is a cache line wide, and most_rows high. The rows of a thread stand one after another;
/// those of the next thread begin in other banks.
template <real Real>
inline constexpr unsigned slice_width = 128 / sizeof(Real);
template <real Real>
inline constexpr unsigned slice_pitch = slice_width<Real> + in_16_bytes<Real>;

/// How many rows at most a thread holds in registers.
template <real Real>
inline constexpr unsigned most_thread_rows = sizeof(Real) == 4 ? 8 : 4;
inline constexpr unsigned most_slice_rows  = 128;

/// Numbers of shared memory that slices take.
template <real Real>
constexpr unsigned slice_size(const MixGrid& grid) {
  const unsigned rows = grid.down() * most_thread_rows<Real>;
  return (rows < most_slice_rows ? rows : most_slice_rows) * slice_pitch<Real> +
         grid.down() * in_16_bytes<Real>;
}

/// Brings `Rows` rows for each thread of a column into shared memory, with zeros around the matrix.
/// Neighbouring threads read neighbours in memory; a thread goes along one column, or one row.
template <unsigned Rows, real Real>
__device__ void load_slice(const MixMatrix<Real>& w, unsigned first_row, unsigned first_column,
                           const MixGrid& grid, Real* slice) {
  constexpr unsigned width = slice_width<Real>, ahead = 8;
  const unsigned rows = grid.down() * Rows, rows_log = grid.down_log() + std::countr_zero(Rows);
  const bool across   = w.column_step == 1;
  unsigned row        = across ? threadIdx.x / width : threadIdx.x & (rows - 1);
  unsigned column     = across ? threadIdx.x % width : threadIdx.x >> rows_log;
  const unsigned down = across ? mix_threads / width : 0;  // to a thread's next number
  const unsigned on   = across ? 0 : mix_threads >> rows_log;
  const Real* from    = w.data + std::size_t{first_row + row} * w.row_step +
                     std::size_t{first_column + column} * w.column_step;
  Real* to = slice + row * slice_pitch<Real> + row / Rows * in_16_bytes<Real> + column;
  const std::size_t from_step = std::size_t{down} * w.row_step + std::size_t{on} * w.column_step;
  const unsigned to_step      = down * slice_pitch<Real> + down / Rows * in_16_bytes<Real> + on;
  while (row < rows && column < width) {
    Real part[ahead];  // NOLINT(*-avoid-c-arrays): registers
#pragma unroll
    for (unsigned i = 0; i < ahead; ++i, from += from_step) {
      const unsigned r = row + i * down, c = column + i * on;
      part[i] = 0;
      if (r < rows && c < width && first_row + r < w.rows && first_column + c < w.columns)
        part[i] = *from;
    }
#pragma unroll
    for (unsigned i = 0; i < ahead; ++i, row += down, column += on, to += to_step)
      if (row < rows && column < width) *to = part[i];
  }
}

/// sums += w u for a thread's rows, over `depth` columns, rounded up to whole packs.
template <unsigned Rows, real Real>
__device__ void add_slice(const Real* w, const Real* u, unsigned pitch, unsigned depth,
                          Four<Real> (&sums)[Rows]) {  // NOLINT(*-avoid-c-arrays): registers
  constexpr unsigned step = in_16_bytes<Real>;
#pragma unroll 2
  for (unsigned k = 0; k < depth; k += step, u += step * pitch) {
    Four<Real> x[step];  // NOLINT(*-avoid-c-arrays): registers
#pragma unroll
    for (unsigned j = 0; j < step; ++j) x[j] = *reinterpret_cast<const Four<Real>*>(u + j * pitch);
#pragma unroll
    for (unsigned r = 0; r < Rows; ++r) {
      const auto factors = read_vector<step>(w + r * slice_pitch<Real> + k);
#pragma unroll
      for (unsigned j = 0; j < step; ++j)
#pragma unroll
        for (unsigned i = 0; i < 4; ++i) sums[r].at[i] += factors.part[j] * x[j].at[i];
    }
  }
}

/// `Rows` channels per thread of w u, from channel `first` on.
template <unsigned Rows, real Real, class Begin, class End>
__device__ void multiply_rows(const MixTile<Real>& tile, const MixMatrix<Real>& w, const Real* u,
                              Real* slice, unsigned first, const Begin& begin, const End& end) {
  constexpr unsigned width = slice_width<Real>;
  Four<Real> sums[Rows];  // NOLINT(*-avoid-c-arrays): registers
  const unsigned row = first + tile.row() * Rows;
  begin(row, sums);
  const Real* const mine = slice + tile.row() * (Rows * slice_pitch<Real> + in_16_bytes<Real>);
  for (unsigned column = 0; column < w.columns; column += width) {
    __syncthreads();  // the last slice has been read, or what u holds is being written
    load_slice<Rows>(w, first, column, tile.grid(), slice);
    __syncthreads();
    const unsigned left = w.columns - column;
    add_slice<Rows>(mine, u + column * tile.pitch() + 4 * tile.column(), tile.pitch(),
                    left < width ? left : width, sums);
  }
  end(row, sums);
}

/// w u for a tile u in shared memory, which has zeros behind its channels and need not be complete
/// before. A thread gets some channels of the product from the c-th on, of which those behind the
/// last one are of no meaning: `begin(c, sums)` says what they are added to, `end(c, sums)` takes
/// them, and may write where u is not.
template <real Real, class Begin, class End>
__device__ void multiply_mix_tile(const MixTile<Real>& tile, const MixMatrix<Real>& w,
                                  const Real* u, Real* slice, const Begin& begin, const End& end) {
  const unsigned down = tile.grid().down();
  for (unsigned first = 0; first < w.rows;) {
    const unsigned left = w.rows - first;
    const auto take     = [&](unsigned rows) {
      return left > rows / 2 * down && rows * down <= most_slice_rows;
    };
    if (most_thread_rows<Real> >= 8 && take(8)) {
      if constexpr (most_thread_rows<Real> >= 8)
        multiply_rows<8>(tile, w, u, slice, first, begin, end);
      first += 8 * down;
    } else if (take(4)) {
      multiply_rows<4>(tile, w, u, slice, first, begin, end);
      first += 4 * down;
    } else if (take(2)) {
      multiply_rows<2>(tile, w, u, slice, first, begin, end);
      first += 2 * down;
    } else {
      multiply_rows<1>(tile, w, u, slice, first, begin, end);
      first += down;
    }
  }
}

}  // namespace nop::cuda::detail
