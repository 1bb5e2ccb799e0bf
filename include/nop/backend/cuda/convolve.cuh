// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/tap_tile.cuh>
#include <nop/backend/cuda/vector.cuh>
#include <nop/core/convolution_size.hpp>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace nop::cuda {

namespace detail {

/// A grid and a kernel of four axes, the first of which may be single points.
struct Taps {
  std::array<unsigned, 4> grid, kernel, left;
  unsigned points;  ///< of the grid, fewer than 2^31
  unsigned count;   ///< of taps

  template <std::size_t Dim>
  explicit Taps(const ConvolutionSize<Dim>& size)
      : points(cuda::count(size.points())), count(cuda::count(size.taps())) {
    static_assert(Dim <= 4);
    grid = kernel = {1, 1, 1, 1};
    left          = {};
    for (std::size_t a = 0; a < Dim; ++a) {
      grid[4 - Dim + a]   = cuda::count(size.grid[a]);
      kernel[4 - Dim + a] = cuda::count(size.kernel[a]);
      left[4 - Dim + a]   = cuda::count(size.left()[a]);
    }
  }
};

/// Some samples' convolution, or, for an adjoint, that of the gradient by their results.
struct ConvolutionTask {
  Taps taps;
  unsigned in, out;
  bool adjoint       = false;  ///< the weight is [taps backwards, in, out]
  unsigned batch     = 0;
  bool vectors       = false;  ///< is y written in vectors?
  unsigned per_tap   = 0;      ///< slices of channels
  unsigned slices    = 0;      ///< for each block along z, which has its own y
  std::size_t result = 0;      ///< numbers of a y
};

/// What a block multiplies: a slice is a few channels at one tap, of the points that the tap
/// reaches from those of the tile, and of the weight.
template <class Size>
class ConvolutionSource {
  using Real                      = typename Size::Real;
  static constexpr unsigned apart = Size::threads / Size::rows;  ///< between channels of a thread
  static constexpr unsigned of_x  = Size::depth / apart;
  static constexpr unsigned of_w  = (Size::depth * Size::columns - 1) / Size::threads + 1;
  static_assert(Size::threads % Size::rows == 0 && Size::depth % apart == 0 &&
                Size::threads % Size::depth == 0 && Size::threads % Size::columns == 0);

 public:
  __device__ ConvolutionSource(const ConvolutionTask& task, unsigned thread, unsigned point,
                               unsigned first_out, unsigned slice, const Real* x,
                               const Real* weight)
      : task_(task), row_(thread % Size::rows), term_(thread / Size::rows) {
    const Taps& taps      = task.taps;
    is_point_             = point + row_ < task.batch * taps.points;
    const unsigned sample = (point + row_) / taps.points;
    unsigned p = (point + row_) % taps.points, t = slice / task.per_tap;
    tap_     = t;
    channel_ = slice % task.per_tap * Size::depth;
#pragma unroll
    for (unsigned a = 4; a-- > 0; p /= taps.grid[a], t /= taps.kernel[a]) {
      place_[a] = p % taps.grid[a] - taps.left[a];
      at_[a]    = t % taps.kernel[a];
    }
    x_ = x + std::size_t{sample} * task.in * taps.points;
    reach();
    // The lanes go along the axis of the weight whose numbers are next to each other.
    const unsigned w_term   = task.adjoint ? thread / Size::columns : thread % Size::depth;
    const unsigned w_column = task.adjoint ? thread % Size::columns : thread / Size::depth;
    w_term_step_            = task.adjoint ? Size::threads / Size::columns : 0;
    w_column_step_          = task.adjoint ? 0 : Size::threads / Size::depth;
    w_term_                 = w_term;
    w_column_               = w_column;
    w_first_                = first_out + w_column;
    w_                      = weight;
  }

  __device__ void fetch() {
    const Taps& taps = task_.taps;
    const Real* from = x_ + std::size_t{channel_ + term_} * taps.points + offset_;
#pragma unroll
    for (unsigned i = 0; i < of_x; ++i, from += std::size_t{apart} * taps.points)
      of_x_[i] = is_inside_ && channel_ + term_ + i * apart < task_.in ? __ldg(from) : Real(0);
    const std::size_t plane = std::size_t{task_.in} * task_.out;
    const Real* of_tap      = w_ + (task_.adjoint ? taps.count - 1 - tap_ : tap_) * plane;
#pragma unroll
    for (unsigned i = 0; i < of_w; ++i) {
      const unsigned k = w_term_ + i * w_term_step_, c = channel_ + k;
      const unsigned o = w_first_ + i * w_column_step_;
      const bool has   = k < Size::depth && c < task_.in && o < task_.out;
      of_w_[i] = has ? __ldg(of_tap + (task_.adjoint ? c * task_.out + o : o * task_.in + c)) : 0;
    }
    advance();
  }

  __device__ void place(Real* a, Real* b) const {
#pragma unroll
    for (unsigned i = 0; i < of_x; ++i) a[(term_ + i * apart) * Size::row_pitch + row_] = of_x_[i];
#pragma unroll
    for (unsigned i = 0; i < of_w; ++i) {
      const unsigned k = w_term_ + i * w_term_step_, column = w_column_ + i * w_column_step_;
      if (k < Size::depth && column < Size::columns) b[k * Size::column_pitch + column] = of_w_[i];
    }
  }

 private:
  __device__ void advance() {
    channel_ += Size::depth;
    if (channel_ < task_.in) return;
    channel_ = 0;
    ++tap_;
    bool carry = true;
#pragma unroll
    for (unsigned a = 4; a-- > 0;) {
      at_[a] += carry ? 1 : 0;
      carry = at_[a] == task_.taps.kernel[a];
      if (carry) at_[a] = 0;
    }
    reach();
  }
  /// Where the tap leads to. Before the grid's beginning the unsigned numbers are the largest.
  __device__ void reach() {
    is_inside_ = is_point_;
    offset_    = 0;
#pragma unroll
    for (unsigned a = 0; a < 4; ++a) {
      const unsigned place = place_[a] + at_[a];
      is_inside_           = is_inside_ && place < task_.taps.grid[a];
      offset_              = offset_ * task_.taps.grid[a] + place;
    }
  }

  const ConvolutionTask& task_;
  unsigned row_, term_;
  unsigned w_term_, w_column_, w_term_step_, w_column_step_, w_first_;
  unsigned tap_, channel_, offset_;
  unsigned place_[4], at_[4];  // NOLINT: registers
  bool is_point_, is_inside_;
  const Real *x_, *w_;
  Real of_x_[of_x], of_w_[of_w];  // NOLINT: registers
};

/// y_o(p) = bias_o + sum_t sum_i weight_toi x_i(p + t - left) as a product over all taps and
/// channels: rows are the points of all samples, columns the channels of the result.
template <class Size>
__global__ void __launch_bounds__(Size::threads)
    convolution(const __grid_constant__ ConvolutionTask task,
                const typename Size::Real* __restrict__ x,
                const typename Size::Real* __restrict__ weight,
                const typename Size::Real* __restrict__ bias, typename Size::Real* __restrict__ y) {
  using Real              = typename Size::Real;
  using Tile              = TapTile<Size>;
  constexpr unsigned size = Tile::row_vector;
  __shared__ TapSlices<Size> slices;
  const unsigned point = blockIdx.x * Size::rows, first_out = blockIdx.y * Size::columns;
  const unsigned begin = blockIdx.z * task.slices, all_slices = task.per_tap * task.taps.count;
  const unsigned end = begin + task.slices < all_slices ? begin + task.slices : all_slices;
  ConvolutionSource<Size> source(task, threadIdx.x, point, first_out, begin, x, weight);
  Tile tile(threadIdx.x);
  add_slices(end - begin, source, slices, tile);

  const unsigned points = task.taps.points, all = task.batch * points;
  y += blockIdx.z * task.result;
  Real level[Size::thread_columns];  // NOLINT: registers
#pragma unroll
  for (unsigned c = 0; c < Size::thread_columns; ++c) {
    const unsigned o = first_out + tile.column(c);
    level[c]         = bias != nullptr && o < task.out ? bias[o] : Real(0);
  }
#pragma unroll
  for (unsigned r = 0; r < Size::thread_rows; ++r) {
    const unsigned at = point + tile.row(r);
    if ((task.vectors && r % size != 0) || at >= all) continue;
    Real* const to = y + std::size_t{at / points} * task.out * points + at % points;
#pragma unroll
    for (unsigned c = 0; c < Size::thread_columns; ++c) {
      const unsigned o = first_out + tile.column(c);
      if (o >= task.out) continue;
      if (task.vectors) {
        Vector<Real, size> values;
#pragma unroll
        for (unsigned i = 0; i < size; ++i)
          values.part[i] = tile.at(r / size * size + i, c) + level[c];
        write_vector(to + std::size_t{o} * points, values);
      } else {
        to[std::size_t{o} * points] = tile.at(r, c) + level[c];
      }
    }
  }
}

/// y_i = the sum over all parts of in_i, in order, + the bias of i's channel, where there is one.
template <real Real>
__global__ void sum_of_parts(std::size_t size, unsigned parts, const Real* __restrict__ in,
                             const Real* __restrict__ bias, std::size_t points,
                             std::size_t channels, Real* __restrict__ y) {
  const std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= size) return;
  Real total = 0;
#pragma unroll 8
  for (unsigned part = 0; part < parts; ++part) total += __ldg(in + part * size + i);
  y[i] = bias != nullptr ? total + bias[i / points % channels] : total;
}

/// Into how many parts a sum is cut so that many blocks along other axes keep the GPU busy: the
/// number with the shortest time, counted in slices. A block costs some before and after its own,
/// more where it leaves a partial sum, and so does it to add these up.
inline std::size_t parts_of_sum(std::size_t blocks, std::size_t slices) {
  const std::size_t processors = device().multiprocessors;
  if (blocks >= 2 * processors) return 1;
  std::size_t best = 1, least = SIZE_MAX;
  for (std::size_t parts = 1; parts <= std::clamp<std::size_t>(slices / 4, 1, 64); ++parts) {
    const std::size_t each = parts_of(slices, parts), cost = parts > 1 ? 14 : 8;
    const std::size_t time = parts_of(blocks * parts, processors) * (each + cost) + cost;
    if (time < least) best = parts, least = time;
  }
  return best;
}

template <class Size, real Real>
void convolve_in_tiles(ConvolutionTask task, const Real* x, const Real* weight, const Real* bias,
                       Real* y) {
  const std::size_t all   = std::size_t{task.batch} * task.taps.points;
  const std::size_t tiles = parts_of(all, Size::rows), across = parts_of(task.out, Size::columns);
  task.per_tap                 = count(parts_of(task.in, Size::depth));
  const std::size_t all_slices = std::size_t{task.per_tap} * task.taps.count;
  task.slices             = count(parts_of(all_slices, parts_of_sum(tiles * across, all_slices)));
  task.result             = all * task.out;
  const std::size_t parts = parts_of(all_slices, task.slices);
  const Launch how{{count(tiles), count(across), count(parts)}, Size::threads};
  task.vectors = has_vectors(y, task.taps.points);
  if (parts == 1) return launch(how, convolution<Size>, task, x, weight, bias, y);
  const Scratch<Real> partial(parts * task.result);
  task.vectors = has_vectors(partial.data(), task.taps.points);
  launch(how, convolution<Size>, task, x, weight, static_cast<const Real*>(nullptr),
         partial.data());
  launch({count(parts_of(task.result, 256)), 256}, sum_of_parts<Real>, task.result, count(parts),
         partial.data(), bias, std::size_t{task.taps.points}, std::size_t{task.out}, y);
}

/// Few channels have tiles of their own, so that little of the work is for channels there are not.
template <real Real>
void convolve_samples(const ConvolutionTask& task, const Real* x, const Real* weight,
                      const Real* bias, Real* y) {
  constexpr unsigned wide = sizeof(Real) == sizeof(float) ? 8 : 4;  // columns of a thread
  if (task.in <= 4 && task.out <= 8)
    convolve_in_tiles<TapTileSize<Real, 128, 8, 4, 4, 2>>(task, x, weight, bias, y);
  else if (task.in <= 4)
    convolve_in_tiles<TapTileSize<Real, 128, 64, 4, 8, wide>>(task, x, weight, bias, y);
  else if (task.out <= 8)
    convolve_in_tiles<TapTileSize<Real, 128, 8, 8, 4, 2>>(task, x, weight, bias, y);
  else if (task.out <= 32)
    convolve_in_tiles<TapTileSize<Real, 128, 32, 8, 8, 4>>(task, x, weight, bias, y);
  else
    convolve_in_tiles<TapTileSize<Real, 128, 64, 8, 8, wide>>(task, x, weight, bias, y);
}

/// So many samples at a time that 32 bits count their points.
template <real Real>
void convolve_batch(ConvolutionTask task, std::size_t batch, const Real* x, const Real* weight,
                    const Real* bias, Real* y) {
  const std::size_t points = task.taps.points;
  const std::size_t most   = std::max<std::size_t>((1U << 31U) / points, 1);
  for (std::size_t first = 0; first < batch; first += most) {
    task.batch = count(std::min(most, batch - first));
    convolve_samples(task, x + first * task.in * points, weight, bias,
                     y + first * task.out * points);
  }
}

}  // namespace detail

/// A convolution with a kernel of a few points, see ConvolutionSize; without a bias where it is
/// null. A product of matrices, of which that of the points is gathered where it is multiplied. A
/// grid has fewer than 2^31 points.
template <std::size_t Dim, real Real>
void convolve(const ConvolutionSize<Dim>& size, const Real* x, const Real* weight, const Real* bias,
              Real* y) {
  detail::convolve_batch({.taps = detail::Taps(size), .in = count(size.in), .out = count(size.out)},
                         size.batch, x, weight, bias, y);
}

}  // namespace nop::cuda
