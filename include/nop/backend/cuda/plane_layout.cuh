// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/complex.cuh>
#include <nop/backend/cuda/dft_matrix.cuh>
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/signs.cuh>
#include <nop/backend/cuda/wave_sums.cuh>
#include <nop/core/band.hpp>
#include <nop/core/plan_cache.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <type_traits>
#include <vector>

/// \file
/// How a block transforms whole planes `[n0, n1]` of real numbers, so that the field is read or
/// written once and nothing else but what is kept. A block has a few planes, whose columns stand
/// side by side as if they were of one; axis 0 goes first to the modes and last to the field.
///
/// A line of n = n0 n1 points is a plane, too. With x = x0 n1 + y,
///
///     sum_x u(x) exp(-2 pi i k x / n)
///         = sum_y exp(-2 pi i k y / n) sum_x0 u(x0, y) exp(-2 pi i k x0 / n0),
///
/// where the inner sums are those of an axis of n0 points, for any k, and the outer ones few.

namespace nop::cuda {

/// What a plane's other side is.
enum class PlaneKind {
  sums,   ///< real sums `[plane, rows of axis 0, rows of axis 1]`, of a transform of more axes
  modes,  ///< the modes of both axes
  line    ///< the modes of the line that the plane is
};

/// The waves that make a line of a plane.
struct LineKey {
  std::size_t points, columns, modes;
  ModeWeight weight;
  friend constexpr auto operator<=>(const LineKey&, const LineKey&) = default;
};

/// w(k) exp(-2 pi i k y / points), [modes/2 + 1][columns], on the device; kept by PlanCache.
template <real Real>
class LineWaves {
 public:
  explicit LineWaves(const LineKey& key) {
    const DftKey axis{key.points, key.modes, true, key.weight};
    std::vector<std::complex<Real>> waves;
    for (std::size_t k = 0; k <= axis.highest(); ++k)
      for (std::size_t y = 0; y < key.columns; ++y) {
        const double weight = axis.weight_of(k);
        waves.emplace_back(static_cast<Real>(weight * DftMatrix<Real>::cosine(k * y, key.points)),
                           static_cast<Real>(-weight * DftMatrix<Real>::sine(k * y, key.points)));
      }
    data_ = static_cast<std::complex<Real>*>(allocate(waves.size() * sizeof(waves[0])));
    copy_from_host(waves.data(), data_, waves.size());
  }
  LineWaves(const LineWaves&)            = delete;
  LineWaves& operator=(const LineWaves&) = delete;
  ~LineWaves() { release(data_); }

  [[nodiscard]] const Complex<Real>* data() const { return as_on_device(data_); }

 private:
  std::complex<Real>* data_ = nullptr;
};

namespace detail {

/// What there is to be done, as kernels take it. `map` is of the modes; its sums are those of a
/// plane in shared memory.
template <real Real>
struct PlaneTask {
  PlaneKind kind;
  std::size_t planes;
  DftTable<Real> first, second;  ///< of the two axes; of a line, the second is not used
  const Complex<Real>* waves;    ///< of a line
  SignMap<2, true> map;

  unsigned together;  ///< planes of a block
  unsigned columns;   ///< of these planes, n1 each
  unsigned groups;    ///< of four columns
  bool vectors;       ///< can four columns be read and written at once?

  [[nodiscard]] __host__ __device__ constexpr unsigned width() const { return columns / together; }
  [[nodiscard]] __host__ __device__ constexpr unsigned pitch() const { return 4 * groups; }
  /// What axis 1 has for columns: the rows of axis 0 of all planes; an odd number apart.
  [[nodiscard]] __host__ __device__ constexpr unsigned rows() const {
    return together * first.rows;
  }
  [[nodiscard]] __host__ __device__ constexpr unsigned row_pitch() const { return rows() | 1U; }
  [[nodiscard]] __host__ __device__ constexpr unsigned modes() const {
    return map.axis[0].stored * map.axis[1].stored;
  }
};

/// The part of a number of numbers that makes what follows it as aligned as it began.
constexpr std::size_t aligned_count(std::size_t count) { return (count + 7) / 8 * 8; }

/// A task of `together` planes a block. For a line, `grid` and `modes` are those of axis 0 first.
template <real Real>
PlaneTask<Real> plane_task(PlaneKind kind, const FourierTransform<2>& planes,
                           std::size_t together) {
  PlaneTask<Real> task{};
  task.kind        = kind;
  task.planes      = planes.outer;
  const bool line  = kind == PlaneKind::line;
  const auto table = [](const DftKey& key) {
    return PlanCache<DftKey, DftMatrix<Real>>::get(key)->table();
  };
  const DftKey first{planes.grid[0], planes.modes[line ? 1 : 0], false,
                     line ? ModeWeight::multiplicity : planes.weight};
  task.first = table(first);
  if (line)
    task.waves =
        PlanCache<LineKey, LineWaves<Real>>::get(
            {planes.grid[0] * planes.grid[1], planes.grid[1], planes.modes[1], planes.weight})
            ->data();
  else
    task.second = table({planes.grid[1], planes.modes[1], true, planes.weight});
  FourierTransform<2> modes = planes;
  if (line) modes.modes[0] = 1;
  task.map                  = sign_map<Real>(modes);
  task.map.axis[0].sum_step = 2 * (planes.modes[1] / 2) + 1;
  task.map.axis[1].sum_step = 1;
  task.together             = count(together);
  task.columns              = count(together * planes.grid[1]);
  task.groups               = count(parts_of(task.columns, 4));
  task.vectors              = planes.grid[1] % 4 == 0;
  return task;
}

/// How many planes a block best has: enough to occupy `threads` where one plane does so `each`, but
/// no more than leave work for all of the device.
inline std::size_t planes_together(std::size_t planes, std::size_t each, std::size_t threads) {
  const std::size_t most = std::max<std::size_t>(1, planes / (2 * device().multiprocessors));
  return std::clamp<std::size_t>(threads / each, 1, std::min<std::size_t>(most, 16));
}

/// Four numbers that are read at once.
template <real Real>
struct alignas(16) Quad {
  Real at[4];  // NOLINT(*-avoid-c-arrays): registers
};

/// The quad of columns of a row, which is aligned.
template <real Real>
__device__ Row<Real, 4> load_quad(const Real* from) {
  const auto quad = *reinterpret_cast<const Quad<Real>*>(from);
  return {{quad.at[0], quad.at[1], quad.at[2], quad.at[3]}};
}
template <real Real>
__device__ void store_quad(Real* to, const Row<Real, 4>& row) {
  *reinterpret_cast<Quad<Real>*>(to) = {{row.at[0], row.at[1], row.at[2], row.at[3]}};
}

/// Four columns of a block's planes in the field, of which some may not exist.
template <class Real>
struct FieldColumns {
  using Value = std::remove_const_t<Real>;
  Real* begin[4];  // NOLINT(*-avoid-c-arrays): registers
  bool there[4];   // NOLINT(*-avoid-c-arrays): registers
  bool vectors;

  __device__ FieldColumns(const PlaneTask<Value>& task, Real* field, unsigned group)
      : vectors(task.vectors) {
    const std::size_t plane = std::size_t{blockIdx.x} * task.together, width = task.width();
    const std::size_t size = width * task.first.points;
    for (unsigned i = 0; i < 4; ++i) {
      const unsigned column = 4 * group + i, own = column / task.width();
      there[i] = column < task.columns && plane + own < task.planes;
      begin[i] = field + (there[i] ? (plane + own) * size + column - own * width : plane * size);
    }
  }
  __device__ Row<Value, 4> read(std::size_t offset) const {
    if (vectors) return load_quad<Value>(begin[0] + offset);
    Row<Value, 4> row;
    for (unsigned i = 0; i < 4; ++i) row.at[i] = begin[i][offset];
    return row;
  }
  __device__ void write(std::size_t offset, const Row<Value, 4>& row) const {
    if (vectors) {
      if (there[0]) store_quad(begin[0] + offset, row);
    } else {
      for (unsigned i = 0; i < 4; ++i)
        if (there[i]) begin[i][offset] = row.at[i];
    }
  }
};

}  // namespace detail

}  // namespace nop::cuda
