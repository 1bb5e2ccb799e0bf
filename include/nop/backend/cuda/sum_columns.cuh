// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/complex.cuh>
#include <nop/backend/cuda/division.cuh>
#include <nop/backend/cuda/group_sum.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/strided.cuh>
#include <nop/backend/cuda/sum_rows.cuh>
#include <nop/core/operand.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

/// \file
/// Sums that keep the innermost axis of a box: threads next to each other add up the terms of
/// results next to each other.

namespace nop::cuda {

namespace detail {

/// How a sum over columns is shared: a task are the columns that blockDim.x threads take, or a
/// piece of them; blockDim.y threads take turns at the terms of a column.
struct SummedColumns {
  Divisor pieces;         ///< of a column
  Divisor tiles;          ///< columns over blockDim.x
  Divisor kept_middle;    ///< rows of results per outer index
  Divisor summed_middle;  ///< terms per outer index
  std::uint32_t tasks, columns, terms, piece;
  std::size_t piece_step;  ///< of the result
};

template <class Total, class F, class Out, class... In>
__global__ void __launch_bounds__(most_summing_threads)
    sum_columns_kernel(F f, SummedColumns box, Strided<Out> out, Strided<const In>... in) {
  constexpr unsigned at_once = terms_at_once<In...>;
  const std::uint32_t task   = blockIdx.x * blockDim.z + threadIdx.z;
  const auto piece           = box.pieces.divide(task);
  const auto tile            = box.tiles.divide(piece.quotient);
  const auto kept            = box.kept_middle.divide(tile.quotient);
  const std::uint32_t column = tile.remainder * blockDim.x + threadIdx.x;
  const bool is_mine         = task < box.tasks && column < box.columns;
  const std::uint32_t begin  = piece.remainder * box.piece;
  const std::uint32_t end    = is_mine ? std::min(box.terms, begin + box.piece) : 0;
  Total total(0);
  for (std::uint32_t term = begin + threadIdx.y; term < end; term += at_once * blockDim.y) {
    std::array<BoxPlace, at_once> places;
#pragma unroll
    for (unsigned i = 0; i < at_once; ++i) {
      const std::uint32_t here = term + i * blockDim.y;
      const auto row           = box.summed_middle.divide(here);
      places[i] = {kept.quotient + row.quotient, kept.remainder + row.remainder, column,
                   here < end};
    }
    [&](const auto&... values) {
#pragma unroll
      for (unsigned i = 0; i < at_once; ++i)
        if (places[i].is_inside) total = total + as_element<Total>(f(values(i, 0)...));
    }(Values<In, 1, at_once>(in, places)...);
  }
  total = sum_over_column(total);
  if (is_mine && threadIdx.y == 0)
    run_at<1>(out, {kept.quotient, kept.remainder, column,
                    true})[piece.remainder * box.piece_step] = as_element<Out>(total);
}

}  // namespace detail

/// How many threads share `columns` columns of `terms` terms, in each of `rows` rows: next to each
/// other, taking turns at the terms of a column, and in how many pieces; the same on any device.
struct ColumnPieces {
  ColumnPieces(std::size_t rows, std::size_t columns, std::size_t terms) {
    constexpr std::size_t busy = std::size_t{1} << 17U, warp = 32;
    const bool many = rows * columns >= busy / 2;
    across = std::min<std::size_t>(std::bit_ceil(columns), many ? most_summing_threads : warp);
    down = std::min(many ? std::max<std::size_t>(1, warp / across) : most_summing_threads / across,
                    std::bit_ceil(std::max<std::size_t>(1, terms)));
    if (terms <= down * 64) return;
    const std::size_t threads = rows * parts_of(columns, across) * across * down;
    const std::size_t wanted  = std::min({std::size_t{256}, busy / threads, terms / (down * 16)});
    const std::size_t needed  = parts_of(terms, down * most_terms_in_turn);
    pieces                    = std::max({std::size_t{1}, wanted, needed});
  }
  std::size_t across, down, pieces = 1;
};

/// The terms added up as `Total`s; piece p of a result goes `p * piece_step` behind its place.
template <class Total, class F, class Out, class... In>
void sum_columns(const F& f, const KeptAndSummed& box, const ColumnPieces& how,
                 const Operand<Out>& out, std::size_t piece_step, const Operand<const In>&... in) {
  const std::size_t terms = element_count(box.summed);
  const std::size_t tiles = parts_of(box.kept[2], how.across);
  const std::size_t tasks = box.kept[0] * box.kept[1] * tiles * how.pieces;
  const std::size_t deep =
      std::min<std::size_t>(64, most_summing_threads / (how.across * how.down));
  const detail::SummedColumns columns = {Divisor(how.pieces),
                                         Divisor(tiles),
                                         Divisor(box.kept[1]),
                                         Divisor(box.summed[1]),
                                         count(tasks),
                                         count(box.kept[2]),
                                         count(terms),
                                         count(parts_of(terms, how.pieces)),
                                         piece_step};
  launch({count(parts_of(tasks, deep)), {count(how.across), count(how.down), count(deep)}},
         detail::sum_columns_kernel<on_device<Total>, F, on_device<Out>, on_device<In>...>, f,
         columns, strided(out), strided(in)...);
}

}  // namespace nop::cuda
