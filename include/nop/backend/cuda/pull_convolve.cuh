// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/convolve.cuh>
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/tap_tile.cuh>
#include <nop/backend/cuda/vector.cuh>
#include <nop/core/convolution_size.hpp>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <cstddef>

namespace nop::cuda {

namespace detail {

/// The gradient by a weight: a tile for each tap and each few channels of x and of the result.
struct WeightGradientTask {
  Taps taps;
  unsigned in, out;
  bool vectors      = false;  ///< is the gradient written in vectors?
  unsigned in_tiles = 0, out_tiles = 0;
  std::size_t all;       ///< points of all samples
  std::size_t each = 0;  ///< of them for each block along y, which has its own gradient
};

/// What a block multiplies: a slice is a few points of a sample, one after the other, of dy, and of
/// x those that the tap reaches from them.
template <class Size>
class WeightGradientSource {
  using Real                      = typename Size::Real;
  static constexpr unsigned apart = Size::threads / Size::depth;  ///< between channels of a thread
  static constexpr unsigned of_x  = (Size::rows - 1) / apart + 1;
  static constexpr unsigned of_dy = (Size::columns - 1) / apart + 1;
  static_assert(Size::threads % Size::depth == 0);

 public:
  __device__ WeightGradientSource(const WeightGradientTask& task, unsigned thread, unsigned tap,
                                  unsigned first_in, unsigned first_out, std::size_t begin,
                                  std::size_t end, const Real* x, const Real* dy)
      : task_(task),
        term_(thread % Size::depth),
        channel_(thread / Size::depth),
        in_(first_in + channel_),
        out_(first_out + channel_),
        sample_((begin + term_) / task.taps.points),
        at_(begin + term_),
        end_(end),
        x_(x),
        dy_(dy) {
    const Taps& taps = task.taps;
    point_           = static_cast<unsigned>((begin + term_) % taps.points);
    unsigned p       = point_;
#pragma unroll
    for (unsigned a = 4; a-- > 0; p /= taps.grid[a], tap /= taps.kernel[a]) {
      place_[a] = p % taps.grid[a];
      reach_[a] = tap % taps.kernel[a] - taps.left[a];
    }
  }

  __device__ void fetch() {
    const Taps& taps    = task_.taps;
    const bool is_point = at_ < end_;
    bool is_inside      = is_point;
    unsigned from       = 0;
#pragma unroll
    for (unsigned a = 0; a < 4; ++a) {  // before the beginning unsigned numbers are the largest
      const unsigned place = place_[a] + reach_[a];
      is_inside            = is_inside && place < taps.grid[a];
      from                 = from * taps.grid[a] + place;
    }
    const Real* x          = x_ + (sample_ * task_.in + in_) * taps.points + from;
    const Real* dy         = dy_ + (sample_ * task_.out + out_) * taps.points + point_;
    const std::size_t step = std::size_t{apart} * taps.points;
#pragma unroll
    for (unsigned i = 0; i < of_x; ++i, x += step)
      of_x_[i] = is_inside && in_ + i * apart < task_.in ? __ldg(x) : Real(0);
#pragma unroll
    for (unsigned i = 0; i < of_dy; ++i, dy += step)
      of_dy_[i] = is_point && out_ + i * apart < task_.out ? __ldg(dy) : Real(0);
    advance();
  }

  __device__ void place(Real* a, Real* b) const {
#pragma unroll
    for (unsigned i = 0; i < of_x; ++i)
      if (channel_ + i * apart < Size::rows)
        a[term_ * Size::row_pitch + channel_ + i * apart] = of_x_[i];
#pragma unroll
    for (unsigned i = 0; i < of_dy; ++i)
      if (channel_ + i * apart < Size::columns)
        b[term_ * Size::column_pitch + channel_ + i * apart] = of_dy_[i];
  }

 private:
  __device__ void advance() {
    const auto& grid = task_.taps.grid;
    at_ += Size::depth;
    point_ += Size::depth;
    place_[3] += Size::depth;
    while (place_[3] >= grid[3]) {
      place_[3] -= grid[3];
      if (++place_[2] < grid[2]) continue;
      place_[2] = 0;
      if (++place_[1] < grid[1]) continue;
      place_[1] = 0;
      if (++place_[0] < grid[0]) continue;
      place_[0] = 0;
      ++sample_;
      point_ -= task_.taps.points;
    }
  }

  const WeightGradientTask& task_;
  unsigned term_, channel_, in_, out_, point_;
  std::size_t sample_, at_, end_;
  unsigned place_[4], reach_[4];  // NOLINT: registers
  const Real *x_, *dy_;
  Real of_x_[of_x], of_dy_[of_dy];  // NOLINT: registers
};

/// dw_toi = sum_p dy_o(p) x_i(p + t - left) as a product over the points of all samples: rows are
/// the channels of x, columns those of dy.
template <class Size>
__global__ void __launch_bounds__(Size::threads)
    pull_taps(const __grid_constant__ WeightGradientTask task,
              const typename Size::Real* __restrict__ x, const typename Size::Real* __restrict__ dy,
              typename Size::Real* __restrict__ dweight) {
  using Real              = typename Size::Real;
  using Tile              = TapTile<Size>;
  constexpr unsigned size = Tile::row_vector;
  __shared__ TapSlices<Size> slices;
  const unsigned first_in  = blockIdx.x % task.in_tiles * Size::rows;
  const unsigned first_out = blockIdx.x / task.in_tiles % task.out_tiles * Size::columns;
  const unsigned tap       = blockIdx.x / task.in_tiles / task.out_tiles;
  const std::size_t begin  = blockIdx.y * task.each;
  const std::size_t end    = begin + task.each < task.all ? begin + task.each : task.all;
  WeightGradientSource<Size> source(task, threadIdx.x, tap, first_in, first_out, begin, end, x, dy);
  Tile tile(threadIdx.x);
  add_slices(static_cast<unsigned>((end - begin + Size::depth - 1) / Size::depth), source, slices,
             tile);

  dweight += (std::size_t{blockIdx.y} * task.taps.count + tap) * task.out * task.in;
#pragma unroll
  for (unsigned c = 0; c < Size::thread_columns; ++c) {
    const unsigned o = first_out + tile.column(c);
    if (o >= task.out) continue;
#pragma unroll
    for (unsigned r = 0; r < Size::thread_rows; ++r) {
      const unsigned i = first_in + tile.row(r);
      Real* const to   = dweight + std::size_t{o} * task.in + i;
      if ((task.vectors && r % size != 0) || i >= task.in) continue;
      if (task.vectors) {
        Vector<Real, size> values;
#pragma unroll
        for (unsigned k = 0; k < size; ++k) values.part[k] = tile.at(r / size * size + k, c);
        write_vector(to, values);
      } else {
        *to = tile.at(r, c);
      }
    }
  }
}

template <class Size, real Real>
void pull_weight_in_tiles(WeightGradientTask task, const Real* x, const Real* dy, Real* dweight) {
  task.in_tiles            = count(parts_of(task.in, Size::rows));
  task.out_tiles           = count(parts_of(task.out, Size::columns));
  const std::size_t tiles  = std::size_t{task.in_tiles} * task.out_tiles * task.taps.count;
  const std::size_t result = std::size_t{task.in} * task.out * task.taps.count;
  // Blocks enough for four at a time on each processor, of some slices at least.
  const std::size_t wanted       = parts_of(4 * device().multiprocessors, tiles);
  const std::size_t slices       = parts_of(task.all, Size::depth);
  const std::size_t parts_wanted = std::clamp<std::size_t>(slices / 16, 1, wanted);
  task.each               = std::max<std::size_t>(parts_of(slices, parts_wanted), 1) * Size::depth;
  const std::size_t parts = std::max<std::size_t>(parts_of(task.all, task.each), 1);
  const Launch how{{count(tiles), count(parts)}, Size::threads};
  task.vectors = has_vectors(dweight, task.in);
  if (parts == 1) return launch(how, pull_taps<Size>, task, x, dy, dweight);
  const Scratch<Real> partial(parts * result);
  task.vectors = has_vectors(partial.data(), task.in);
  launch(how, pull_taps<Size>, task, x, dy, partial.data());
  launch({count(parts_of(result, 256)), 256}, sum_of_parts<Real>, result, count(parts),
         partial.data(), static_cast<const Real*>(nullptr), std::size_t{1}, std::size_t{1},
         dweight);
}

template <real Real>
void pull_weight(const WeightGradientTask& task, const Real* x, const Real* dy, Real* dweight) {
  constexpr unsigned wide = sizeof(Real) == sizeof(float) ? 8 : 4;  // columns of a thread
  if (task.in <= 8)
    pull_weight_in_tiles<TapTileSize<Real, 8, 64, 8, 1, 4>>(task, x, dy, dweight);
  else if (task.out <= 8)
    pull_weight_in_tiles<TapTileSize<Real, 64, 8, 8, 4, 1>>(task, x, dy, dweight);
  else if (task.in <= 32 || task.out <= 32)
    pull_weight_in_tiles<TapTileSize<Real, 32, 32, 8, 4, 4>>(task, x, dy, dweight);
  else if (task.in <= 64)
    pull_weight_in_tiles<TapTileSize<Real, 64, 64, 8, 8, 4>>(task, x, dy, dweight);
  else
    pull_weight_in_tiles<TapTileSize<Real, 128, 64, 8, 8, wide>>(task, x, dy, dweight);
}

}  // namespace detail

/// The gradients by x and by the weight, each where it has a place, of a loss whose gradient by the
/// result of `convolve` is dy. That by x is a convolution of dy with the adjoint weight. The other
/// is a sum over all points in a fixed number of parts, which are added up in order.
template <std::size_t Dim, real Real>
void pull_convolve(const ConvolutionSize<Dim>& size, const Real* x, const Real* weight,
                   const Real* dy, Real* dx, Real* dweight) {
  const detail::Taps taps(size);
  const unsigned in = count(size.in), out = count(size.out);
  if (dx != nullptr) {
    detail::ConvolutionTask task{.taps = taps, .in = out, .out = in, .adjoint = true};
    for (std::size_t a = 0; a < 4; ++a) task.taps.left[a] = taps.kernel[a] - 1 - taps.left[a];
    detail::convolve_batch(task, size.batch, dy, weight, static_cast<const Real*>(nullptr), dx);
  }
  if (dweight != nullptr)
    detail::pull_weight({.taps = taps, .in = in, .out = out, .all = size.batch * size.points()}, x,
                        dy, dweight);
}

}  // namespace nop::cuda
