// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/vector.cuh>
#include <nop/core/operand.hpp>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <cstddef>

/// \file
/// Products of any layout, tile by tile; above all those of a small result and a long depth, which
/// may go on through a batch: as many blocks as the device has room for take a run of the depth
/// each, and what they find is added up in a fixed order.

namespace nop::cuda {

namespace detail {

/// What a block computes: a tile of the result, over a run of the depth, in steps.
template <class Element>
struct BatchTile {
  static constexpr unsigned side    = 64;  ///< rows and columns
  static constexpr unsigned depth   = 16;  ///< of one step
  static constexpr unsigned pitch   = side + 16 / sizeof(real_of<Element>);
  static constexpr unsigned columns = 4;  ///< of one thread
  static constexpr unsigned rows    = complex<Element> ? 4 : 8;
  static constexpr unsigned across  = side / columns;
  static constexpr unsigned threads = across * (side / rows);
  static constexpr unsigned loads   = side * depth / threads;  ///< of one thread and factor
};

/// The sizes of the grid's work. The depth is that of all `terms` matrices which make up a result.
struct ProductTiles {
  std::size_t rows, depth, columns;
  std::size_t terms;    ///< matrices of the batch that are added up
  std::size_t results;  ///< those that are not
  std::size_t run;      ///< of the joined depth, per part
  std::size_t row_tiles, column_tiles;
};

/// One factor of a product, whose index along the result is `line`, as a thread reads it: always at
/// the same place in the steps of the depth, and at lines that are `line_step` apart.
template <class Element, bool AlongDepth>
struct FactorReader {
  using Tile                       = BatchTile<Element>;
  static constexpr unsigned across = Tile::threads / Tile::depth;  ///< lines read at a time

  const Element* at;
  std::size_t row_step, batch_step, depth;
  std::size_t term_depth;  ///< where it is in the depth of a matrix
  std::size_t left;        ///< how much of the run there is from here on
  unsigned line, place, lines;

  /// `first` is where the run begins in the joined depth, `lines` what there is of the result.
  __device__ FactorReader(const Matrices<const Element>& m, std::size_t depth_, std::size_t first,
                          std::size_t run, std::size_t first_line, std::size_t all_lines)
      : row_step(m.row_step), batch_step(m.batch_step), depth(depth_) {
    const unsigned t        = threadIdx.x;
    place                   = AlongDepth ? t % Tile::depth : t / across;
    line                    = AlongDepth ? t / Tile::depth : t % across;
    const std::size_t k     = first + place;
    const std::size_t count = all_lines - first_line;
    lines                   = count < Tile::side ? static_cast<unsigned>(count) : Tile::side;
    left                    = run > place ? run - place : 0;
    term_depth              = k % depth;
    at                      = m.data + k / depth * batch_step +
         (AlongDepth ? first_line * row_step + term_depth : term_depth * row_step + first_line);
  }

  /// What is outside the matrices is zero.
  __device__ __forceinline__ void read(Element* values) const {
#pragma unroll
    for (unsigned i = 0; i < Tile::loads; ++i) {
      const unsigned n = line + i * across;
      values[i]        = Element(0);
      if (left != 0 && n < lines) values[i] = at[AlongDepth ? n * row_step : n];
    }
  }
  __device__ __forceinline__ void store(const Element* values, Element* tile) const {
#pragma unroll
    for (unsigned i = 0; i < Tile::loads; ++i)
      tile[place * Tile::pitch + line + i * across] = values[i];
  }
  /// Goes on by a step of the depth, if need be to the next matrices of the batch.
  __device__ __forceinline__ void advance() {
    left = left > Tile::depth ? left - Tile::depth : 0;
    if (left == 0) return;
    term_depth += Tile::depth;
    at += AlongDepth ? Tile::depth : Tile::depth * row_step;
    while (term_depth >= depth) {
      term_depth -= depth;
      at += batch_step;
      at -= AlongDepth ? depth : depth * row_step;
    }
  }
};

/// Result (n, part) = the sum over a run of the joined depth; a form that conjugates is read along
/// the other axis.
template <class Element, Form FormA, Form FormB>
__global__ void __launch_bounds__(BatchTile<Element>::threads)
    multiply_tile(ProductTiles size, Matrices<const Element> a, Matrices<const Element> b,
                  Matrices<Element> c, std::size_t part_step, bool add) {
  using Tile = BatchTile<Element>;
  __shared__ Vector<Element, 16 / sizeof(Element)>
      a_tile[Tile::depth * Tile::pitch / in_16_bytes<Element>];
  __shared__ Vector<Element, 16 / sizeof(Element)>
      b_tile[Tile::depth * Tile::pitch / in_16_bytes<Element>];
  Element* const a_shared = a_tile[0].part;
  Element* const b_shared = b_tile[0].part;

  const std::size_t tiles     = size.row_tiles * size.column_tiles;
  const std::size_t result    = blockIdx.x / tiles;
  const std::size_t tile      = blockIdx.x % tiles;
  const std::size_t first_row = tile / size.column_tiles * Tile::side;
  const std::size_t first_col = tile % size.column_tiles * Tile::side;
  const std::size_t all       = size.depth * size.terms;
  const std::size_t first     = blockIdx.y * size.run;
  const std::size_t run       = all - first < size.run ? all - first : size.run;

  a.data += result * a.batch_step;
  b.data += result * b.batch_step;
  FactorReader<Element, FormA == Form::plain> a_reader(a, size.depth, first, run, first_row,
                                                       size.rows);
  FactorReader<Element, FormB == Form::adjoint> b_reader(b, size.depth, first, run, first_col,
                                                         size.columns);
  Element a_next[Tile::loads], b_next[Tile::loads];  // NOLINT(*-avoid-c-arrays)
  Element sum[Tile::rows][Tile::columns];            // NOLINT(*-avoid-c-arrays)
#pragma unroll
  for (unsigned r = 0; r < Tile::rows; ++r)
#pragma unroll
    for (unsigned k = 0; k < Tile::columns; ++k) sum[r][k] = Element(0);
  const unsigned row = threadIdx.x / Tile::across * Tile::rows;
  const unsigned col = threadIdx.x % Tile::across * Tile::columns;

  a_reader.read(a_next);
  b_reader.read(b_next);
  for (std::size_t done = 0; done < run; done += Tile::depth) {
    a_reader.store(a_next, a_shared);
    b_reader.store(b_next, b_shared);
    __syncthreads();
    a_reader.advance();
    b_reader.advance();
    a_reader.read(a_next);
    b_reader.read(b_next);
#pragma unroll
    for (unsigned d = 0; d < Tile::depth; ++d) {
      constexpr unsigned wide = in_16_bytes<Element>;
      Element left[Tile::rows], right[Tile::columns];  // NOLINT(*-avoid-c-arrays)
#pragma unroll
      for (unsigned r = 0; r < Tile::rows; r += wide) {
        const auto some = read_vector<wide>(a_shared + d * Tile::pitch + row + r);
#pragma unroll
        for (unsigned i = 0; i < wide; ++i)
          left[r + i] = FormA == Form::plain ? some.part[i] : conjugate(some.part[i]);
      }
#pragma unroll
      for (unsigned k = 0; k < Tile::columns; k += wide) {
        const auto some = read_vector<wide>(b_shared + d * Tile::pitch + col + k);
#pragma unroll
        for (unsigned i = 0; i < wide; ++i)
          right[k + i] = FormB == Form::plain ? some.part[i] : conjugate(some.part[i]);
      }
#pragma unroll
      for (unsigned r = 0; r < Tile::rows; ++r)
#pragma unroll
        for (unsigned k = 0; k < Tile::columns; ++k) add_product(sum[r][k], left[r], right[k]);
    }
    __syncthreads();
  }

  Element* const out = c.data + result * c.batch_step + blockIdx.y * part_step;
#pragma unroll
  for (unsigned r = 0; r < Tile::rows; ++r)
#pragma unroll
    for (unsigned k = 0; k < Tile::columns; ++k)
      if (first_row + row + r < size.rows && first_col + col + k < size.columns) {
        Element& at = out[(first_row + row + r) * c.row_step + first_col + col + k];
        at          = add ? at + sum[r][k] : sum[r][k];
      }
}

/// c (+)= the sum of `parts` results that lie one after another. A block has 32 elements; its 8
/// rows of threads take a run of the parts each.
template <class Element>
__global__ void __launch_bounds__(256)
    add_up_parts(std::size_t rows, std::size_t columns, std::size_t parts, const Element* partial,
                 Matrices<Element> c, bool add) {
  constexpr unsigned groups = 8, width = 32;
  __shared__ Vector<Element, 1> sums[groups * width];
  const std::size_t count = rows * columns;
  const std::size_t i     = static_cast<std::size_t>(blockIdx.x) * width + threadIdx.x;
  const std::size_t run   = (parts + groups - 1) / groups;
  const std::size_t first = threadIdx.y * run;
  const std::size_t last  = first + run < parts ? first + run : parts;
  Element sum             = Element(0);
  if (i < count)
#pragma unroll 8
    for (std::size_t part = first; part < last; ++part) sum += partial[part * count + i];
  sums[threadIdx.y * width + threadIdx.x].part[0] = sum;
  __syncthreads();
  if (threadIdx.y != 0 || i >= count) return;
  for (unsigned group = 1; group < groups; ++group)
    sum += sums[group * width + threadIdx.x].part[0];
  Element& at = c.data[i / columns * c.row_step + i % columns];
  at          = add ? at + sum : sum;
}

template <class Element, Form FormA>
void start_tiles(std::size_t parts, const ProductTiles& size, const Matrices<const Element>& a,
                 const Matrices<const Element>& b, const Matrices<Element>& c,
                 std::size_t part_step, bool add) {
  const Launch how{{count(size.results * size.row_tiles * size.column_tiles), count(parts)},
                   count(BatchTile<Element>::threads)};
  if (b.form == Form::plain)
    launch(how, multiply_tile<Element, FormA, Form::plain>, size, a, b, c, part_step, add);
  else
    launch(how, multiply_tile<Element, FormA, Form::adjoint>, size, a, b, c, part_step, add);
}

}  // namespace detail

/// The number of blocks' tiles that a result is made of.
constexpr std::size_t result_tiles(const ProductSize& size) {
  return parts_of(size.rows, 64) * parts_of(size.columns, 64);
}

/// c = a b, or c += a b; with `c.batch_step == 0`, the sum over the batch. No extent is 0. Any
/// layout will do, up to 2^31 tiles of 64 by 64.
template <class Element>
void multiply_by_tiles(const ProductSize& size, const Matrices<const Element>& a,
                       const Matrices<const Element>& b, const Matrices<Element>& c,
                       Update update) {
  using Number                = on_device<Element>;
  constexpr std::size_t room  = 528;  // blocks, about what a large device holds at a time
  constexpr std::size_t least = 256;  // of the depth, for a part to be worth its result
  const bool summed           = c.batch_step == 0;
  const bool add              = update == Update::add;
  detail::ProductTiles tiles{};
  tiles.rows = size.rows, tiles.depth = size.depth, tiles.columns = size.columns;
  tiles.terms = summed ? size.batch : 1, tiles.results = summed ? 1 : size.batch;
  tiles.row_tiles         = parts_of(size.rows, detail::BatchTile<Number>::side);
  tiles.column_tiles      = parts_of(size.columns, detail::BatchTile<Number>::side);
  const std::size_t depth = size.depth * tiles.terms;
  const std::size_t all   = tiles.results * tiles.row_tiles * tiles.column_tiles;
  const std::size_t parts =
      tiles.results > 1 ? 1 : std::clamp<std::size_t>(room / all, 1, parts_of(depth, least));
  tiles.run = parts_of(parts_of(depth, parts), detail::BatchTile<Number>::depth) *
              detail::BatchTile<Number>::depth;
  const std::size_t used = parts_of(depth, tiles.run);
  const auto start       = [&](const Matrices<Number>& out, std::size_t part_step, bool add_now) {
    const auto left = as_on_device(a), right = as_on_device(b);
    if (a.form == Form::plain)
      detail::start_tiles<Number, Form::plain>(used, tiles, left, right, out, part_step, add_now);
    else
      detail::start_tiles<Number, Form::adjoint>(used, tiles, left, right, out, part_step, add_now);
  };
  const Matrices<Number> result = as_on_device(c);
  if (used == 1) return start(result, 0, add);
  const std::size_t count_of_one = size.rows * size.columns;
  const Scratch<Number> partial(used * count_of_one);
  start({partial.data(), size.columns, 0}, count_of_one, false);
  launch({{count(parts_of(count_of_one, 32))}, {32, 8}}, detail::add_up_parts<Number>, size.rows,
         size.columns, used, partial.data(), result, add);
}

}  // namespace nop::cuda
