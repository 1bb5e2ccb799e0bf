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

/// \file
/// Planes of a real field from their modes, see plane_layout.cuh: axis 1 in shared memory, then
/// axis 0 place by place of its fold, straight into the field.

namespace nop::cuda {

namespace detail {

/// How the shared memory of a block is divided, in numbers.
struct SynthesisLayout {
  unsigned threads;
  bool keeps_waves;                                    ///< is there room for those of axis 0?
  std::size_t waves, second_waves, modes, sums, rows;  ///< where each begins
  std::size_t total;
};

/// Places places of the fold from `begin` on, of four columns; `row(r)` is a row of the sums.
template <unsigned Places, real Real, class RowOf>
__device__ void add_waves(const DftTable<Real>& table, const Waves<Real>* waves, unsigned begin,
                          const RowOf& row, Folded<Real, 4> (&total)[Places]) {
  const Row<Real, 4> mean = table.weight_zero * row(0U);
  for (unsigned place = 0; place < Places; ++place) {
    total[place]       = {};
    total[place].at[2] = mean;
  }
  for (unsigned j = 0; 4 * j + 1 < table.rows; ++j) {
    Folded<Real, 4> rows = {};
#pragma unroll
    for (unsigned kind = 0; kind < wave_kinds; ++kind)
      if (4 * j + 1 + kind < table.rows) rows.at[kind] = row(4 * j + 1 + kind);
#pragma unroll
    for (unsigned place = 0; place < Places; ++place) {
      const unsigned x         = std::min(begin + place, table.folded - 1);
      const Waves<Real> factor = waves[x * table.pairs + j];
#pragma unroll
      for (unsigned kind = 0; kind < wave_kinds; ++kind)
        total[place].at[kind].add(factor.at[kind], rows.at[kind]);
    }
  }
}

/// Calls `write(point, row)` for the points that are folded to x.
template <real Real, class Write>
__device__ void unfold_points(const Folded<Real, 4>& folded, unsigned x, unsigned n,
                              const Write& write) {
  if (n % 2 == 0) {
    const auto u = unfold<true>(folded);
    for (unsigned which = 0; which < 4; ++which)
      write(Points<true>::point(which, x, n), u.at[which]);
  } else {
    const auto u = unfold<false>(folded);
    for (unsigned which = 0; which < 2; ++which)
      write(Points<false>::point(which, x, n), u.at[which]);
  }
}

/// The modes of a block's planes, `[plane][modes]`.
template <real Real>
__device__ void read_modes(const PlaneTask<Real>& task, unsigned planes, const Complex<Real>* modes,
                           Complex<Real>* own) {
  const unsigned count = task.modes(), stored = task.map.axis[1].stored;
  for (unsigned i = threadIdx.x; i < count * planes; i += blockDim.x) {
    const bool first     = task.map.modes_first;
    const unsigned plane = first ? i % planes : i / count, mode = first ? i / planes : i % count;
    own[plane * count + mode] =
        modes[mode / stored * task.map.axis[0].mode_step +
              mode % stored * task.map.axis[1].mode_step + plane * task.map.mode_outer_step];
  }
}

/// The sums that modes make, `[row of axis 1][plane, row of axis 0]`.
template <real Real>
__device__ void separate_planes(const PlaneTask<Real>& task, unsigned planes,
                                const Complex<Real>* modes, Real* sums) {
  auto map              = task.map;
  map.axis[0].mode_step = map.axis[1].stored;
  map.axis[1].mode_step = 1;
  const unsigned size   = task.first.rows * task.second.rows;
  for (unsigned i = threadIdx.x; i < size * planes; i += blockDim.x) {
    const unsigned plane = i / size, rest = i - plane * size;
    const unsigned row[2] = {rest / task.second.rows, rest % task.second.rows};  // NOLINT
    sums[row[1] * task.row_pitch() + plane * task.first.rows + row[0]] =
        separated(map, row, modes + plane * task.modes()).re;
  }
}

/// Axis 1: `[row of axis 1][plane, row of axis 0]` to `[row of axis 0][plane, y]`.
template <real Real>
__device__ void synthesize_rows(const PlaneTask<Real>& task, const Waves<Real>* waves,
                                const Real* sums, Real* rows) {
  constexpr unsigned places   = 2;
  const DftTable<Real>& table = task.second;
  const unsigned groups       = (task.rows() + 3) / 4;
  const unsigned tiles        = (table.folded + places - 1) / places;
  for (unsigned item = threadIdx.x; item < groups * tiles; item += blockDim.x) {
    const unsigned group = item % groups, begin = item / groups * places;
    unsigned column[4];  // NOLINT(*-avoid-c-arrays): registers
    Real* to[4];         // NOLINT(*-avoid-c-arrays): registers
    for (unsigned i = 0; i < 4; ++i) {
      column[i]            = std::min(group + i * groups, task.rows() - 1);
      const unsigned plane = column[i] / task.first.rows;
      to[i] = rows + (column[i] - plane * task.first.rows) * task.pitch() + plane * table.points;
    }
    Folded<Real, 4> total[places];  // NOLINT(*-avoid-c-arrays): registers
    add_waves(
        table, waves, begin,
        [&](unsigned r) {
          Row<Real, 4> row;
          for (unsigned i = 0; i < 4; ++i) row.at[i] = sums[r * task.row_pitch() + column[i]];
          return row;
        },
        total);
    for (unsigned place = 0; place < places && begin + place < table.folded; ++place)
      unfold_points(total[place], begin + place, table.points,
                    [&](unsigned point, const Row<Real, 4>& row) {
                      for (unsigned i = 0; i < 4; ++i) to[i][point] = row.at[i];
                    });
  }
}

/// The same of a line: its modes to `[row][plane, y]`.
template <real Real>
__device__ void turn_line_modes(const PlaneTask<Real>& task, unsigned planes,
                                const Complex<Real>* modes, Real* rows) {
  const unsigned width = task.width(), count = task.modes() * width;
  for (unsigned i = threadIdx.x; i < count * planes; i += blockDim.x) {
    const unsigned plane = i / count, rest = i - plane * count, k = rest / width;
    const unsigned y         = rest - k * width;
    const Complex<Real> turn = modes[plane * task.modes() + k] * conj(task.waves[rest]);
    Real* const to           = rows + plane * width + y;
    to[(k == 0 ? 0 : 2 * k - 1) * task.pitch()] = turn.re;
    if (k > 0) to[2 * k * task.pitch()] = -turn.im;
  }
}

/// The most threads of a block, such that there can be two of them.
inline constexpr unsigned synthesis_threads = 288;

template <real Real>
__global__ void __launch_bounds__(synthesis_threads, sizeof(Real) == sizeof(float) ? 2 : 1)
    synthesize_planes(PlaneTask<Real> task, SynthesisLayout layout, const Real* sums_in,
                      const Complex<Real>* modes, Real* field) {
  constexpr unsigned places = 4;
  Real* const shared        = shared_memory<Real>();
  Real *const sums = shared + layout.sums, *const rows = shared + layout.rows;
  auto* const own             = reinterpret_cast<Complex<Real>*>(shared + layout.modes);
  auto* const second_waves    = reinterpret_cast<Waves<Real>*>(shared + layout.second_waves);
  const DftTable<Real>& table = task.first;
  const Waves<Real>* waves    = table.waves;
  if (layout.keeps_waves) {
    auto* const kept = reinterpret_cast<Waves<Real>*>(shared + layout.waves);
    for (unsigned i = threadIdx.x; i < table.folded * table.pairs; i += blockDim.x)
      kept[i] = table.waves[i];
    waves = kept;
  }
  const std::size_t plane = std::size_t{blockIdx.x} * task.together;
  const auto planes       = static_cast<unsigned>(
      task.planes - plane < task.together ? task.planes - plane : task.together);
  if (task.kind != PlaneKind::sums)
    read_modes(task, planes, modes + plane * task.map.mode_outer_step, own);
  if (task.kind == PlaneKind::line) {
    __syncthreads();
    turn_line_modes(task, planes, own, rows);
  } else {
    for (unsigned i = threadIdx.x; i < task.second.folded * task.second.pairs; i += blockDim.x)
      second_waves[i] = task.second.waves[i];
    if (task.kind == PlaneKind::modes) {
      __syncthreads();
      separate_planes(task, planes, own, sums);
    } else {
      const unsigned size = table.rows * task.second.rows;
      for (unsigned i = threadIdx.x; i < size * planes; i += blockDim.x)
        sums[i % task.second.rows * task.row_pitch() + i / task.second.rows] =
            sums_in[plane * size + i];
    }
    __syncthreads();
    synthesize_rows(task, second_waves, sums, rows);
  }
  __syncthreads();
  const unsigned tiles = (table.folded + places - 1) / places;
  const unsigned side = std::min(blockDim.x, task.groups), beside = blockDim.x / side;
  if (threadIdx.x >= side * beside) return;
  for (unsigned group = threadIdx.x % side; group < task.groups; group += side) {
    const FieldColumns<Real> columns(task, field, group);
    for (unsigned tile = threadIdx.x / side; tile < tiles; tile += beside) {
      Folded<Real, 4> total[places];  // NOLINT(*-avoid-c-arrays): registers
      add_waves(
          table, waves, tile * places,
          [&](unsigned r) { return load_quad(rows + r * task.pitch() + 4 * group); }, total);
#pragma unroll
      for (unsigned place = 0; place < places; ++place)
        if (tile * places + place < table.folded)
          unfold_points(total[place], tile * places + place, table.points,
                        [&](unsigned x, const Row<Real, 4>& row) {
                          columns.write(std::size_t{x} * task.width(), row);
                        });
    }
  }
}

}  // namespace detail

}  // namespace nop::cuda
