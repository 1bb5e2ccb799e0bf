// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/vector.cuh>
#include <nop/core/operand.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

/// \file
/// Batches of products with few rows, as the channels of a batch of spectra are mixed mode by mode:
/// what takes time is reading the right factors, which happens once, in accesses of 16 bytes.

namespace nop::cuda {

namespace detail {

/// How the work is cut: a block has one matrix of the batch, `Rows` of its rows, and `lanes`
/// columns or vectors of them; its threads are `parts` times as many, which share the depth.
struct ModeGrid {
  unsigned rows, depth, columns;
  unsigned row_tiles, column_tiles;
  unsigned lanes, parts;
  bool add;
};

/// Where a block stands.
struct ModePlace {
  std::size_t batch;
  unsigned row, column_tile;
  unsigned lane, part;

  __device__ explicit ModePlace(const ModeGrid& grid, unsigned rows)
      : lane(threadIdx.x % grid.lanes), part(threadIdx.x / grid.lanes) {
    unsigned block =
        blockIdx.x;  // the row tiles of a matrix follow each other, and share the cache
    row = block % grid.row_tiles * rows;
    block /= grid.row_tiles;
    column_tile = block % grid.column_tiles;
    batch       = block / grid.column_tiles;
  }
};

/// Adds up what the parts of a block have, in order, and writes it. `shared` has room for
/// `parts * Rows * lanes` vectors, and is free to be used.
template <unsigned Size, unsigned Rows, class Element>
__device__ void write_sums(const ModeGrid& grid, const ModePlace& place,
                           const Vector<Element, Size>* sum, Vector<Element, Size>* shared,
                           const Matrices<Element>& c) {
  const unsigned count = Rows * grid.lanes;
#pragma unroll
  for (unsigned r = 0; r < Rows; ++r)
    shared[place.part * count + r * grid.lanes + place.lane] = sum[r];
  __syncthreads();
  for (unsigned r = place.part; r < Rows; r += grid.parts) {
    const unsigned row    = place.row + r;
    const unsigned column = (place.column_tile * grid.lanes + place.lane) * Size;
    if (row >= grid.rows || column >= grid.columns) continue;
    Vector<Element, Size> total = shared[r * grid.lanes + place.lane];
    for (unsigned part = 1; part < grid.parts; ++part) {
      const auto more = shared[part * count + r * grid.lanes + place.lane];
#pragma unroll
      for (unsigned i = 0; i < Size; ++i) total.part[i] += more.part[i];
    }
    Element* const at = c.data + place.batch * c.batch_step + row * c.row_step + column;
    if (grid.add) {
      const auto old = read_vector<Size>(at);
#pragma unroll
      for (unsigned i = 0; i < Size; ++i) total.part[i] += old.part[i];
    }
    write_vector(at, total);
  }
}

/// The depth of which the left factor is in shared memory at a time, beside zeros up to the next
/// multiple of what all parts together read ahead.
inline constexpr unsigned mode_depth = 128;
inline constexpr unsigned mode_ahead = 4;  ///< vectors of a thread on their way
inline constexpr unsigned mode_parts = 8;  ///< at most

/// The left factor lies in shared memory row by row for each index of the depth.
template <class Element, unsigned Rows>
inline constexpr unsigned mode_pitch = Rows == 1 ? 1 : Rows + in_16_bytes<Element>;

/// c (+)= a b, both as they are. Every thread has a vector of columns; the parts take turns along
/// the depth, so that a block reads b from its beginning to its end.
template <class Element, unsigned Size, unsigned Rows>
__global__ void __launch_bounds__(256)
    multiply_modes(ModeGrid grid, Matrices<const Element> a, Matrices<const Element> b,
                   Matrices<Element> c) {
  constexpr unsigned ahead = mode_ahead;
  constexpr unsigned pitch = mode_pitch<Element, Rows>;
  constexpr unsigned wide  = Rows % in_16_bytes<Element> == 0 ? in_16_bytes<Element> : 1;
  Element* const left      = shared_memory<Element>();
  const ModePlace place(grid, Rows);
  const Element* const rows = a.data + place.batch * a.batch_step + place.row * a.row_step;
  const unsigned column     = (place.column_tile * grid.lanes + place.lane) * Size;
  const bool inside         = column < grid.columns;
  const Element* const mine = b.data + place.batch * b.batch_step + (inside ? column : 0);

  using Some = Vector<Element, Size>;
  Some sum[Rows];  // NOLINT(*-avoid-c-arrays)
#pragma unroll
  for (unsigned r = 0; r < Rows; ++r) sum[r] = Some::zero();
  const auto add_row = [&](unsigned d, const Some& right) {
#pragma unroll
    for (unsigned r = 0; r < Rows; r += wide) {
      const auto some = read_vector<wide>(left + d * pitch + r);
#pragma unroll
      for (unsigned j = 0; j < wide; ++j)
#pragma unroll
        for (unsigned i = 0; i < Size; ++i)
          add_product(sum[r + j].part[i], some.part[j], right.part[i]);
    }
  };

  const unsigned step = ahead * grid.parts;
  Some next[ahead];  // NOLINT(*-avoid-c-arrays)
  for (unsigned first = 0; first < grid.depth; first += mode_depth) {
    const unsigned run = grid.depth - first < mode_depth ? grid.depth - first : mode_depth;
    const auto fetch   = [&](unsigned d) {
#pragma unroll
      for (unsigned n = 0; n < ahead; ++n)
        next[n] = d + n * grid.parts < run
                      ? read_vector<Size>(mine + (first + d + n * grid.parts) * b.row_step)
                      : Some::zero();
    };
    fetch(place.part);
    __syncthreads();
    for (unsigned d = threadIdx.x; d < (run + step - 1) / step * step; d += blockDim.x) {
      Element some[Rows];  // NOLINT(*-avoid-c-arrays)
#pragma unroll
      for (unsigned r = 0; r < Rows; ++r)
        some[r] =
            d < run && place.row + r < grid.rows ? rows[r * a.row_step + first + d] : Element(0);
#pragma unroll
      for (unsigned r = 0; r < Rows; ++r) left[d * pitch + r] = some[r];
    }
    __syncthreads();
    for (unsigned d = place.part; d < run; d += step) {
      Some right[ahead];  // NOLINT(*-avoid-c-arrays)
#pragma unroll
      for (unsigned n = 0; n < ahead; ++n) right[n] = next[n];
      fetch(d + step);
#pragma unroll
      for (unsigned n = 0; n < ahead; ++n) add_row(d + n * grid.parts, right[n]);
    }
  }
  __syncthreads();
  write_sums<Size, Rows>(grid, place, sum, shared_memory<Vector<Element, Size>>(), c);
}

/// The depth of which both factors of a product with an adjoint are in shared memory at a time.
template <class Element>
inline constexpr unsigned adjoint_depth = 256 / sizeof(Element);

/// c (+)= a b^H. A thread has one column, which is a row of b in memory: those go through shared
/// memory, a run of the depth at a time; the parts take turns there.
template <class Element, unsigned Size, unsigned Rows>
__global__ void __launch_bounds__(256)
    multiply_modes_by_adjoint(ModeGrid grid, Matrices<const Element> a, Matrices<const Element> b,
                              Matrices<Element> c) {
  constexpr unsigned depth   = adjoint_depth<Element>;
  constexpr unsigned pitch   = depth + Size;  // so that rows begin at other banks
  constexpr unsigned vectors = depth / Size;
  using Some                 = Vector<Element, Size>;
  Element* const left        = shared_memory<Element>();
  Element* const right       = left + Rows * depth;
  const ModePlace place(grid, Rows);
  const unsigned first_column = place.column_tile * grid.lanes;
  const Element* const a_rows = a.data + place.batch * a.batch_step + place.row * a.row_step;
  const Element* const b_rows = b.data + place.batch * b.batch_step + first_column * b.row_step;

  Vector<Element, 1> sum[Rows];  // NOLINT(*-avoid-c-arrays)
#pragma unroll
  for (unsigned r = 0; r < Rows; ++r) sum[r] = Vector<Element, 1>::zero();
  for (unsigned first = 0; first < grid.depth; first += depth) {
    __syncthreads();
    move_by_block<8>(
        grid.lanes * vectors,
        [&](unsigned i) {
          const unsigned r = i / vectors, d = first + i % vectors * Size;
          return first_column + r < grid.columns && d < grid.depth
                     ? read_vector<Size>(b_rows + r * b.row_step + d)
                     : Some::zero();
        },
        [&](unsigned i, const Some& some) {
          write_vector(right + i / vectors * pitch + i % vectors * Size, some);
        });
    move_by_block<2>(
        Rows * vectors,
        [&](unsigned i) {
          const unsigned r = i / vectors, d = first + i % vectors * Size;
          return place.row + r < grid.rows && d < grid.depth
                     ? read_vector<Size>(a_rows + r * a.row_step + d)
                     : Some::zero();
        },
        [&](unsigned i, const Some& some) { write_vector(left + i * Size, some); });
    __syncthreads();
    for (unsigned d = place.part * Size; d < depth; d += grid.parts * Size) {
      Some mine = read_vector<Size>(right + place.lane * pitch + d);
#pragma unroll
      for (unsigned i = 0; i < Size; ++i) mine.part[i] = conjugate(mine.part[i]);
#pragma unroll
      for (unsigned r = 0; r < Rows; ++r) {
        const Some some = read_vector<Size>(left + r * depth + d);
#pragma unroll
        for (unsigned i = 0; i < Size; ++i) add_product(sum[r].part[0], some.part[i], mine.part[i]);
      }
    }
  }
  __syncthreads();
  write_sums<1, Rows>(grid, place, sum, shared_memory<Vector<Element, 1>>(), c);
}

/// Starts one of the two, with rows in tiles of at most 16.
template <class Element, unsigned Size, unsigned Rows = 16>
void start_modes(const ProductSize& size, const Matrices<const Element>& a,
                 const Matrices<const Element>& b, const Matrices<Element>& c, bool add) {
  if constexpr (Rows > 1)
    if (size.rows <= Rows / 2) return start_modes<Element, Size, Rows / 2>(size, a, b, c, add);
  const bool plain          = b.form == Form::plain;
  const std::size_t vectors = plain ? size.columns / Size : size.columns;
  const std::size_t tiles   = parts_of(vectors, 64);
  const std::size_t lanes   = parts_of(vectors, tiles);
  const std::size_t parts =
      std::clamp<std::size_t>(128 / lanes, 1, std::min<std::size_t>(mode_parts, size.depth));
  const ModeGrid grid{
      count(size.rows), count(size.depth), count(size.columns), count(parts_of(size.rows, Rows)),
      count(tiles),     count(lanes),      count(parts),        add};
  const std::size_t left =
      plain ? (std::min<std::size_t>(size.depth, mode_depth) + mode_ahead * mode_parts) *
                  mode_pitch<Element, Rows>
            : Rows * adjoint_depth<Element> + lanes * (adjoint_depth<Element> + Size);
  const std::size_t sums = parts * Rows * lanes * (plain ? Size : 1);
  const Launch how{{count(size.batch * grid.row_tiles * tiles)},
                   {count(lanes * parts)},
                   std::max(left, sums) * sizeof(Element)};
  if (plain)
    launch(how, multiply_modes<Element, Size, Rows>, grid, a, b, c);
  else
    launch(how, multiply_modes_by_adjoint<Element, Size, Rows>, grid, a, b, c);
}

}  // namespace detail

/// May `multiply_modes` be asked for this? It counts what is in one matrix, and the blocks, by
/// 32 bits.
template <class Element>
constexpr bool small_matrices(const ProductSize& size, const Matrices<const Element>& a,
                              const Matrices<const Element>& b, const Matrices<Element>& c) {
  constexpr std::size_t most = INT32_MAX;
  const auto fits            = [](std::size_t rows, std::size_t step) {
    return rows == 0 || step <= most / rows;
  };
  return fits(a.form == Form::plain ? size.rows : size.depth, a.row_step) &&
         fits(b.form == Form::plain ? size.depth : size.columns, b.row_step) &&
         fits(size.rows, c.row_step) && size.columns <= most && size.depth <= most &&
         size.batch <= most / (parts_of(size.rows, 8) * parts_of(size.columns, 16));
}

/// c = a b, or c += a b, for a batch of complex products with few rows, where a is as it is and b
/// in either form. No extent is 0, no two results are the same, the matrices are small.
template <class Element>
void multiply_modes(const ProductSize& size, const Matrices<const Element>& a,
                    const Matrices<const Element>& b, const Matrices<Element>& c, Update update) {
  using Number            = on_device<Element>;
  constexpr unsigned wide = in_16_bytes<Number>;
  const bool add          = update == Update::add;
  const auto left = as_on_device(a), right = as_on_device(b);
  const auto result = as_on_device(c);
  const bool plain  = b.form == Form::plain;
  if (in_vectors(right, plain ? size.columns : size.depth, wide) &&
      (plain ? in_vectors(result, size.columns, wide) : in_vectors(left, size.depth, wide)))
    detail::start_modes<Number, wide>(size, left, right, result, add);
  else
    detail::start_modes<Number, 1>(size, left, right, result, add);
}

}  // namespace nop::cuda
