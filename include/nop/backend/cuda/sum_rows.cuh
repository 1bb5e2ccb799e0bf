// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/complex.cuh>
#include <nop/backend/cuda/division.cuh>
#include <nop/backend/cuda/group_sum.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/strided.cuh>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

/// \file
/// Sums over the innermost axis of a box, and possibly others: a row of threads adds up the terms
/// of one result, or a piece of them.

namespace nop::cuda {

/// Runs of each operand that a thread of a sum has on their way.
template <class... In>
inline constexpr unsigned terms_at_once = sizeof...(In) <= 1   ? 8
                                          : sizeof...(In) <= 2 ? 4
                                                               : 2;

/// A sum of so many terms by one thread keeps the digits of a float.
inline constexpr std::size_t most_terms_in_turn = 256;

/// The extents of a box along the axes that a result has, or those that are added up; the others
/// have extent 1.
struct KeptAndSummed {
  template <class Out>
  KeptAndSummed(const Shape<3>& box, const Operand<Out>& out) : kept(box), summed(box) {
    for (std::size_t axis = 0; axis < 3; ++axis) (out.step[axis] == 0 ? kept : summed)[axis] = 1;
  }
  Shape<3> kept, summed;
};

namespace detail {

/// How a sum over rows is shared: `tasks` pieces of results, `runs` of terms in each of these.
struct SummedRows {
  Divisor pieces;         ///< of a result
  Divisor kept_middle;    ///< results per outer index
  Divisor row;            ///< runs in a row of terms
  Divisor summed_middle;  ///< rows of terms per outer index
  std::uint32_t tasks, runs, piece;
};

/// out[kept outer, kept middle, piece], where `out` counts the pieces along the innermost axis.
template <unsigned Width, class Total, class F, class Out, class... In>
__global__ void __launch_bounds__(most_summing_threads)
    sum_rows_kernel(F f, SummedRows box, Strided<Out> out, Strided<const In>... in) {
  constexpr unsigned at_once = terms_at_once<In...>;
  const std::uint32_t task   = blockIdx.x * blockDim.y + threadIdx.y;
  const auto [result, piece] = box.pieces.divide(task);
  const auto kept            = box.kept_middle.divide(result);
  const std::uint32_t begin  = piece * box.piece;
  const std::uint32_t end    = task < box.tasks ? std::min(box.runs, begin + box.piece) : 0;
  std::array<Total, Width> totals;
  for (Total& total : totals) total = Total(0);
  for (std::uint32_t term = begin + threadIdx.x; term < end; term += at_once * blockDim.x) {
    std::array<BoxPlace, at_once> places;
#pragma unroll
    for (unsigned i = 0; i < at_once; ++i) {
      const std::uint32_t here = term + i * blockDim.x;
      const auto part          = box.row.divide(here);
      const auto row           = box.summed_middle.divide(part.quotient);
      places[i] = {kept.quotient + row.quotient, kept.remainder + row.remainder, part.remainder,
                   here < end};
    }
    [&](const auto&... values) {
#pragma unroll
      for (unsigned i = 0; i < at_once; ++i)
        if (places[i].is_inside)
#pragma unroll
          for (unsigned e = 0; e < Width; ++e)
            totals[e] = totals[e] + as_element<Total>(f(values(i, e)...));
    }(Values<In, Width, at_once>(in, places)...);
  }
#pragma unroll
  for (unsigned half = Width / 2; half > 0; half /= 2)
    for (unsigned e = 0; e < half; ++e) totals[e] = totals[e] + totals[e + half];
  const Total total = sum_over_row(totals[0]);
  if (threadIdx.x == 0 && task < box.tasks)
    *run_at<1>(out, {kept.quotient, kept.remainder, piece, true}) = as_element<Out>(total);
}

}  // namespace detail

/// How many threads sum the `runs` terms of one of `results` results, a power of two, and in how
/// many pieces: as many as keep a large device busy, the same on any.
struct RowPieces {
  RowPieces(std::size_t results, std::size_t runs)
      : threads(std::clamp<std::size_t>(std::bit_floor(runs / 4), 1, most_summing_threads)) {
    threads = std::max(threads, std::min<std::size_t>(32, std::bit_floor(runs)));
    threads = std::max<std::size_t>(threads, 1);
    if (runs <= threads * 16) return;
    constexpr std::size_t busy = std::size_t{1} << 18U;
    const std::size_t wanted =
        std::min({std::size_t{1024}, busy / (results * threads), runs / (threads * 8)});
    const std::size_t needed = parts_of(runs, threads * most_terms_in_turn);
    pieces                   = std::max({std::size_t{1}, wanted, needed});
  }
  std::size_t threads, pieces = 1;
};

/// The terms in runs of `Width`, added up as `Total`s; piece p of a result goes to
/// `out.data[... + p * out.step[2]]`.
template <unsigned Width, class Total, class F, class Out, class... In>
void sum_rows(const F& f, const KeptAndSummed& box, const RowPieces& how, const Operand<Out>& out,
              const Operand<const In>&... in) {
  const std::size_t runs        = element_count(box.summed) / Width;
  const std::size_t tasks       = element_count(box.kept) * how.pieces;
  const std::size_t down        = most_summing_threads / how.threads;
  const detail::SummedRows rows = {Divisor(how.pieces),
                                   Divisor(box.kept[1]),
                                   Divisor(std::max<std::size_t>(1, box.summed[2] / Width)),
                                   Divisor(box.summed[1]),
                                   count(tasks),
                                   count(runs),
                                   count(parts_of(runs, how.pieces))};
  launch({count(parts_of(tasks, down)), {count(how.threads), count(down)}},
         detail::sum_rows_kernel<Width, on_device<Total>, F, on_device<Out>, on_device<In>...>, f,
         rows, strided(out), strided(in)...);
}

}  // namespace nop::cuda
