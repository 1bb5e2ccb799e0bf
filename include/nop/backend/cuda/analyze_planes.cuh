// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/complex.cuh>
#include <nop/backend/cuda/dft_matrix.cuh>
#include <nop/backend/cuda/plane_layout.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/shared_memory.cuh>
#include <nop/backend/cuda/signs.cuh>
#include <nop/backend/cuda/wave_sums.cuh>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

/// \file
/// Planes of a real field to their modes, see plane_layout.cuh. The field is folded on its way into
/// shared memory, a slab of places at a time. There, what is left of axis 0 is one product for each
/// kind of waves, whose sums stay in registers from slab to slab; axis 1 likewise.

namespace nop::cuda {

namespace detail {

/// How the shared memory of a block is divided, in numbers.
struct AnalysisLayout {
  unsigned chunks;         ///< of Pairs pairs of frequencies of axis 0, that threads have
  unsigned second_chunks;  ///< of four pairs of axis 1
  unsigned slab;           ///< places of axis 0 that are there at a time
  unsigned threads;
  std::size_t waves, folded, first, second, sums;  ///< where each begins
  std::size_t total;
};

/// How many numbers of waves a thread reads at a time.
inline constexpr unsigned wave_pitch = 4;

/// Puts the waves of `places` places from `begin` on as [place][kind][chunk][4], Pairs of them
/// used.
template <unsigned Pairs, real Real>
__device__ void load_waves(const DftTable<Real>& table, unsigned chunks, unsigned begin,
                           unsigned places, Real* waves) {
  const unsigned row = wave_kinds * chunks * wave_pitch;
  for (unsigned i = threadIdx.x; i < places * row; i += blockDim.x) {
    const unsigned x = begin + i / row, rest = i % row, j = rest % wave_pitch;
    const unsigned pair = rest / wave_pitch % chunks * Pairs + j;
    const unsigned kind = rest / wave_pitch / chunks;
    waves[i] = j < Pairs && pair < table.pairs ? table.waves[x * table.pairs + pair].at[kind] : 0;
  }
}

/// The sums over places of the waves of one kind, of Pairs pairs, for four columns.
template <real Real, unsigned Pairs>
struct KindSums {
  Row<Real, 4> wave[Pairs] = {};  // NOLINT(*-avoid-c-arrays): registers
  Row<Real, 4> mean        = {};

  template <bool Mean, class Columns>
  __device__ void take(unsigned places, const Real* waves, unsigned wave_step,
                       const Columns& columns) {
#pragma unroll 2
    for (unsigned x = 0; x < places; ++x) {
      const Row<Real, 4> row = columns(x), own = load_quad(waves + x * wave_step);
#pragma unroll
      for (unsigned j = 0; j < Pairs; ++j) wave[j].add(own.at[j], row);
      if constexpr (Mean) mean += row;
    }
  }
};

/// Writes all modes of a block's planes from the sums `[plane][rows of axis 0][rows of axis 1]`.
template <real Real>
__device__ void write_modes(const PlaneTask<Real>& task, unsigned planes, const Real* sums,
                            Complex<Real>* modes) {
  const unsigned count = task.modes(), stored = task.map.axis[1].stored;
  const unsigned size = task.first.rows * task.second.rows;
  for (unsigned i = threadIdx.x; i < count * planes; i += blockDim.x) {
    const bool first     = task.map.modes_first;
    const unsigned plane = first ? i % planes : i / count, mode = first ? i / planes : i % count;
    const unsigned place[2] = {mode / stored, mode % stored};  // NOLINT(*-avoid-c-arrays)
    const int k[2] = {task.map.frequency(0, place[0]), task.map.frequency(1, place[1])};  // NOLINT
    modes[place[0] * task.map.axis[0].mode_step + place[1] * task.map.axis[1].mode_step +
          plane * task.map.mode_outer_step] = combined(task.map, k, sums + plane * size);
  }
}

/// Writes all modes of a block's lines from the sums over x0, `[row][columns]`: a warp a mode.
template <real Real>
__device__ void write_line_modes(const PlaneTask<Real>& task, unsigned planes, const Real* sums,
                                 Complex<Real>* modes) {
  const unsigned width = task.width(), lane = threadIdx.x % 32;
  for (unsigned i = threadIdx.x / 32; i < task.modes() * planes; i += blockDim.x / 32) {
    const unsigned k = i / planes, plane = i % planes;
    const Real* const cosine = sums + (k == 0 ? 0 : 2 * k - 1) * task.pitch() + plane * width;
    const Real* const sine   = sums + 2 * k * task.pitch() + plane * width;
    Complex<Real> total(0);
    for (unsigned y = lane; y < width; y += 32)
      total += Complex<Real>(cosine[y], k == 0 ? Real(0) : -sine[y]) * task.waves[k * width + y];
    for (int other = 16; other > 0; other /= 2) {
      total.re += __shfl_xor_sync(~0U, total.re, other);
      total.im += __shfl_xor_sync(~0U, total.im, other);
    }
    if (lane == 0) modes[k * task.map.axis[1].mode_step + plane * task.map.mode_outer_step] = total;
  }
}

/// Folds places of axis 0, on their way from the field to `[kind][place][columns]`.
template <real Real>
__device__ void load_folded(const PlaneTask<Real>& task, const Real* field, unsigned begin,
                            unsigned places, unsigned slab, Real* folded) {
  const unsigned n = task.first.points, width = task.width();
  const unsigned side = std::min(blockDim.x, task.groups), rows = blockDim.x / side;
  if (threadIdx.x >= side * rows) return;
  const auto read = [&](const FieldColumns<const Real>& columns, unsigned x) {
    Unfolded<Real, 4, true> u = {};
#pragma unroll
    for (unsigned which = 0; which < 4; ++which)
      if (which < 2 || n % 2 == 0)
        u.at[which] = columns.read(std::size_t{Points<true>::point(which, x, n)} * width);
    return u;
  };
  const auto put = [&](unsigned group, unsigned place, const Unfolded<Real, 4, true>& u) {
    const bool even = n % 2 == 0, end = x_is_end(begin + place, n);
    Folded<Real, 4> sums = even ? fold(u) : fold(Unfolded<Real, 4, false>{{u.at[0], u.at[1]}});
    for (unsigned kind = 0; kind < wave_kinds; ++kind) {
      if (end) sums.at[kind] = Real(0.5) * sums.at[kind];
      store_quad(folded + (kind * slab + place) * task.pitch() + 4 * group, sums.at[kind]);
    }
  };
  for (unsigned group = threadIdx.x % side; group < task.groups; group += side) {
    const FieldColumns<const Real> columns(task, field, group);
    unsigned place = threadIdx.x / side;
    for (; place + rows < places; place += 2 * rows) {
      const auto one = read(columns, begin + place), two = read(columns, begin + place + rows);
      put(group, place, one);
      put(group, place + rows, two);
    }
    if (place < places) put(group, place, read(columns, begin + place));
  }
}

/// Folds axis 1 of what is left of axis 0: `[row][columns]` to `[kind][place][plane, row]`.
template <real Real>
__device__ void fold_rows(const PlaneTask<Real>& task, const Real* from, Real* folded) {
  const unsigned n = task.second.points, places = task.second.folded;
  for (unsigned i = threadIdx.x; i < places * task.rows(); i += blockDim.x) {
    const unsigned place = i % places, column = i / places;
    const unsigned plane  = column / task.first.rows;
    const Real* const row = from + (column - plane * task.first.rows) * task.pitch() + plane * n;
    const auto at         = [&](unsigned which) {
      return Row<Real, 1>{{row[Points<true>::point(which, place, n)]}};
    };
    auto sums        = n % 2 == 0 ? fold(Unfolded<Real, 1, true>{{at(0), at(1), at(2), at(3)}})
                                  : fold(Unfolded<Real, 1, false>{{at(0), at(1)}});
    const Real share = x_is_end(place, n) ? Real(0.5) : Real(1);
    for (unsigned kind = 0; kind < wave_kinds; ++kind)
      folded[(kind * places + place) * task.row_pitch() + column] = share * sums.at[kind].at[0];
  }
}

/// All rows of axis 1, `[kind][place][plane, row of axis 0]` to `[plane, row of axis 0][row]`.
template <real Real>
__device__ void analyze_rows(const PlaneTask<Real>& task, unsigned chunks, const Real* waves,
                             const Real* folded, Real* sums) {
  const DftTable<Real>& table = task.second;
  const unsigned groups       = (task.rows() + 3) / 4;
  for (unsigned item = threadIdx.x; item < wave_kinds * chunks * groups; item += blockDim.x) {
    const unsigned group = item % groups, chunk = item / groups % chunks;
    const unsigned kind = item / groups / chunks;
    unsigned column[4];  // NOLINT(*-avoid-c-arrays): registers
    for (unsigned i = 0; i < 4; ++i) column[i] = std::min(group + i * groups, task.rows() - 1);
    const Real* const own = folded + kind * table.folded * task.row_pitch();
    const auto columns    = [&](unsigned x) {
      Row<Real, 4> row;
      for (unsigned i = 0; i < 4; ++i) row.at[i] = own[x * task.row_pitch() + column[i]];
      return row;
    };
    KindSums<Real, 4> total;
    total.template take<true>(table.folded, waves + (kind * chunks + chunk) * wave_pitch,
                              wave_kinds * chunks * wave_pitch, columns);
    for (unsigned i = 0; i < 4; ++i) {
      Real* const to = sums + column[i] * table.rows;
      if (kind == 2 && chunk == 0) to[0] = table.weight_zero * total.mean.at[i];
      for (unsigned j = 0; j < 4; ++j) {
        const unsigned r = 4 * (4 * chunk + j) + 1 + kind;
        if (r < table.rows) to[r] = total.wave[j].at[i];
      }
    }
  }
}

/// Pairs pairs of frequencies of axis 0 to a thread.
template <unsigned Pairs, real Real>
__global__ void __launch_bounds__(512)
    analyze_planes(PlaneTask<Real> task, AnalysisLayout layout, const Real* field, Real* sums_out,
                   Complex<Real>* modes) {
  Real* const shared = shared_memory<Real>();
  Real *const waves = shared + layout.waves, *const folded = shared + layout.folded;
  Real *const first = shared + layout.first, *const second = shared + layout.second;
  const DftTable<Real>& table = task.first;
  const unsigned pitch        = task.pitch();
  const unsigned items        = wave_kinds * layout.chunks * task.groups;
  for (unsigned begin = 0; begin < items; begin += blockDim.x) {
    const unsigned item  = begin + threadIdx.x;
    const unsigned group = item % task.groups, chunk = item / task.groups % layout.chunks;
    const unsigned kind = item / task.groups / layout.chunks;
    KindSums<Real, Pairs> total;
    for (unsigned x = 0; x < table.folded; x += layout.slab) {
      const unsigned places = std::min(layout.slab, table.folded - x);
      __syncthreads();
      load_waves<Pairs>(table, layout.chunks, x, places, waves);
      load_folded(task, field, x, places, layout.slab, folded);
      __syncthreads();
      if (item >= items) continue;
      const Real* const own  = folded + kind * layout.slab * pitch + 4 * group;
      const auto columns     = [&](unsigned place) { return load_quad(own + place * pitch); };
      const Real* const from = waves + (kind * layout.chunks + chunk) * wave_pitch;
      const unsigned step    = wave_kinds * layout.chunks * wave_pitch;
      if (kind == 2 && chunk == 0)
        total.template take<true>(places, from, step, columns);
      else
        total.template take<false>(places, from, step, columns);
    }
    __syncthreads();
    if (item >= items) continue;
    if (kind == 2 && chunk == 0) store_quad(first + 4 * group, table.weight_zero * total.mean);
    for (unsigned j = 0; j < Pairs; ++j) {
      const unsigned r = 4 * (Pairs * chunk + j) + 1 + kind;
      if (r < table.rows) store_quad(first + r * pitch + 4 * group, total.wave[j]);
    }
  }
  const std::size_t plane = std::size_t{blockIdx.x} * task.together;
  const auto planes       = static_cast<unsigned>(
      task.planes - plane < task.together ? task.planes - plane : task.together);
  modes += plane * task.map.mode_outer_step;
  if (task.kind == PlaneKind::line) {
    __syncthreads();
    return write_line_modes(task, planes, first, modes);
  }
  load_waves<4>(task.second, layout.second_chunks, 0, task.second.folded, waves);
  __syncthreads();
  fold_rows(task, first, second);
  __syncthreads();
  analyze_rows(task, layout.second_chunks, waves, second, shared + layout.sums);
  __syncthreads();
  if (task.kind == PlaneKind::modes) return write_modes(task, planes, shared + layout.sums, modes);
  const std::size_t size = std::size_t{table.rows} * task.second.rows;
  for (unsigned i = threadIdx.x; i < size * planes; i += blockDim.x)
    sums_out[plane * size + i] = shared[layout.sums + i];
}

}  // namespace detail

}  // namespace nop::cuda
