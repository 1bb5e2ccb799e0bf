// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/dft_matrix.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/shared_memory.cuh>
#include <nop/backend/cuda/wave_sums.cuh>
#include <nop/core/plan_cache.hpp>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <cstddef>

/// \file
/// The truncated Fourier transform of real numbers along one axis: products of the folded matrix of
/// dft_matrix.cuh with the lines of `[outer, points, inner]`, whichever its axis. A thread has a
/// few lines, 32 apart so that those of a warp lie side by side.

namespace nop::cuda {

/// What lies in front of an axis and behind it.
struct AxisBox {
  std::size_t outer, inner;
  [[nodiscard]] constexpr std::size_t lines() const { return outer * inner; }
};

namespace detail {

/// Where the lines of a thread begin in an array `[outer, length, inner]`. A line that does not
/// exist stands for the last one.
template <unsigned Width>
struct Lines {
  std::size_t first;  ///< of this thread; the others follow 32 apart

  __device__ explicit Lines(unsigned group)
      : first(static_cast<std::size_t>(group) * 32 * Width + threadIdx.x) {}
  __device__ std::size_t line(unsigned i) const { return first + 32 * i; }

  template <class Real>
  __device__ void find(const AxisBox& box, unsigned length, Real* data, Real* (&begins)[Width]) {
    for (unsigned i = 0; i < Width; ++i) {
      const std::size_t last = box.lines() - 1, at = line(i) < last ? line(i) : last;
      begins[i] = data + at / box.inner * length * box.inner + at % box.inner;
    }
  }
};

/// Warps share the points of the same lines; blocks along y share the frequencies.
template <unsigned Width, unsigned Pairs, bool Even, real Real>
__global__ void __launch_bounds__(256)
    analyze_axis(AxisBox box, DftTable<Real> table, const Real* field, Real* sums) {
  Lines<Width> lines(blockIdx.x);
  const Real* from[Width];  // NOLINT(*-avoid-c-arrays): registers
  Real* to[Width];          // NOLINT(*-avoid-c-arrays): registers
  lines.find(box, table.points, field, from);
  lines.find(box, table.rows, sums, to);
  const auto read = [&](unsigned x) {
    Unfolded<Real, Width, Even> u;
    for (unsigned which = 0; which < Points<Even>::count; ++which) {
      const std::size_t at = Points<Even>::point(which, x, table.points) * box.inner;
      for (unsigned i = 0; i < Width; ++i) u.at[which].at[i] = __ldg(from[i] + at);
    }
    return u;
  };
  const unsigned warp = threadIdx.y, warps = blockDim.y;
  const unsigned end = (warp + 1) * table.folded / warps;
  for (unsigned first = blockIdx.y * Pairs; first < table.pairs; first += gridDim.y * Pairs) {
    WaveSums<Real, Width, Pairs> total;
    unsigned x = warp * table.folded / warps;
    auto next  = read(x < end ? x : 0);
    for (; x < end; ++x) {
      const auto now = next;
      next           = read(x + 1 < end ? x + 1 : x);
      total.template take<Even>(now, Points<Even>::at_end(x, table.points),
                                table.waves + x * table.pairs + first);
    }
    total.add_up(warp, warps, threadIdx.x, shared_memory<Real>());
    if (warp > 0) continue;
    total.for_each([&](unsigned r, const Row<Real, Width>& row) {
      if (r == 0 ? first > 0 : 4 * first + r >= table.rows) return;
      const std::size_t at = (r == 0 ? 0 : 4 * first + r) * box.inner;
      for (unsigned i = 0; i < Width; ++i)
        if (lines.line(i) < box.lines())
          to[i][at] = r == 0 ? table.weight_zero * row.at[i] : row.at[i];
    });
  }
}

/// Every thread has Places places of the fold.
template <unsigned Width, unsigned Places, bool Even, real Real>
__global__ void __launch_bounds__(128)
    synthesize_axis(AxisBox box, DftTable<Real> table, const Real* sums, Real* field) {
  Lines<Width> lines(blockIdx.x);
  const Real* from[Width];  // NOLINT(*-avoid-c-arrays): registers
  Real* to[Width];          // NOLINT(*-avoid-c-arrays): registers
  lines.find(box, table.rows, sums, from);
  lines.find(box, table.points, field, to);
  const auto read = [&](unsigned r) {
    Row<Real, Width> row;
    for (unsigned i = 0; i < Width; ++i) row.at[i] = __ldg(from[i] + r * box.inner);
    return row;
  };
  const unsigned step = gridDim.y * blockDim.y * Places;
  for (unsigned first = (blockIdx.y * blockDim.y + threadIdx.y) * Places; first < table.folded;
       first += step) {
    Folded<Real, Width> total[Places] = {};  // NOLINT(*-avoid-c-arrays): registers
    const auto mean                   = table.weight_zero * read(0);
    for (auto& place : total) place.at[2] = mean;
    for (unsigned j = 0; 4 * j + 1 < table.rows; ++j) {
      Folded<Real, Width> rows = {};
#pragma unroll
      for (unsigned kind = 0; kind < wave_kinds; ++kind)
        if (4 * j + 1 + kind < table.rows) rows.at[kind] = read(4 * j + 1 + kind);
#pragma unroll
      for (unsigned place = 0; place < Places; ++place) {
        const unsigned x        = first + place < table.folded ? first + place : first;
        const Waves<Real> waves = table.waves[x * table.pairs + j];
#pragma unroll
        for (unsigned kind = 0; kind < wave_kinds; ++kind)
          total[place].at[kind].add(waves.at[kind], rows.at[kind]);
      }
    }
#pragma unroll
    for (unsigned place = 0; place < Places; ++place) {
      if (first + place >= table.folded) break;
      const auto u = unfold<Even>(total[place]);
      for (unsigned which = 0; which < Points<Even>::count; ++which) {
        const std::size_t at = Points<Even>::point(which, first + place, table.points) * box.inner;
        for (unsigned i = 0; i < Width; ++i)
          if (lines.line(i) < box.lines()) to[i][at] = u.at[which].at[i];
      }
    }
  }
}

/// Calls `use` with a number of pairs of DftMatrix::passes, known only now, as a constant.
template <class Use>
void with_pairs(unsigned pairs, const Use& use) {
  switch (pairs) {
    case 1:
      return use(std::integral_constant<unsigned, 1>{});
    case 2:
      return use(std::integral_constant<unsigned, 2>{});
    case 4:
      return use(std::integral_constant<unsigned, 4>{});
    case 6:
      return use(std::integral_constant<unsigned, 6>{});
    default:
      return use(std::integral_constant<unsigned, 8>{});
  }
}

/// How many lines a thread has: fewer numbers of more bytes.
template <real Real>
inline constexpr unsigned lines_of_thread = 16 / sizeof(Real);

}  // namespace detail

/// sums[o, r, i] = sum_x M(r, x) field[o, x, i]
template <real Real>
void analyze_axis(const AxisBox& box, const DftKey& key, const Real* field, Real* sums) {
  constexpr unsigned width = detail::lines_of_thread<Real>;
  if (box.lines() == 0) return;
  const DftTable<Real> table = PlanCache<DftKey, DftMatrix<Real>>::get(key)->table();
  const std::size_t groups   = parts_of(box.lines(), std::size_t{32} * width);
  const std::size_t times    = table.pairs / table.pass;
  unsigned warps             = 1;
  while (warps < 4 && table.folded >= 16 * warps &&
         groups * times * warps < 8 * device().multiprocessors)
    warps *= 2;
  detail::with_pairs(table.pass, [&](auto pairs) {
    const std::size_t shared =
        warps / 2 * detail::WaveSums<Real, width, pairs>::rows * width * 32 * sizeof(Real);
    const Launch how{
        {count(groups), count(std::min(times, most_blocks_across))}, {32, warps}, shared};
    launch(how,
           key.points % 2 == 0 ? detail::analyze_axis<width, pairs, true, Real>
                               : detail::analyze_axis<width, pairs, false, Real>,
           box, table, field, sums);
  });
}

/// field[o, x, i] = sum_r M(r, x) sums[o, r, i], the transpose.
template <real Real>
void synthesize_axis(const AxisBox& box, const DftKey& key, const Real* sums, Real* field) {
  constexpr unsigned width = detail::lines_of_thread<Real>, places = 4, warps = 4;
  if (box.lines() == 0) return;
  const DftTable<Real> table = PlanCache<DftKey, DftMatrix<Real>>::get(key)->table();
  const std::size_t groups   = parts_of(box.lines(), std::size_t{32} * width);
  const std::size_t tiles    = parts_of(table.folded, std::size_t{places} * warps);
  const Launch how{{count(groups), count(std::min(tiles, most_blocks_across))}, {32, warps}};
  launch(how,
         key.points % 2 == 0 ? detail::synthesize_axis<width, places, true, Real>
                             : detail::synthesize_axis<width, places, false, Real>,
         box, table, sums, field);
}

}  // namespace nop::cuda
