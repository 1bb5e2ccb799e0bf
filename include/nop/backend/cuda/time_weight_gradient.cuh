// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/complex.cuh>
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/time_points.cuh>
#include <nop/backend/cuda/time_waves.cuh>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

/// \file
/// The gradient by the weight of a temporal convolution block, a sum over the points of all
/// samples: in parts that do not depend on the device, and these in their order.

namespace nop::cuda::time_mixing {

/// dR_io(k) = weight(k) sum_p G_o conj(X_i), with X and G the coefficients of two fields.
template <real Real>
struct WeightSum {
  TimeBox box;
  Steps<const Real> x, g;
  std::size_t chunks;   ///< of points that a part consists of
  Complex<Real>* sums;  ///< [parts, frequencies, channels in, channels out]
  std::size_t size;     ///< of one part's
};

/// A block's part: threads in 16 rows, of `Size` channels in each, and 16 columns, of `Size`
/// channels out, and the points four packets at a time.
template <real Real, unsigned Size, class Group_>
class WeightSumTile {
  using Group = Group_;

 public:
  static constexpr unsigned channels = 16 * Size, depth = 4 * lanes<Real>;

  static std::size_t shared_bytes(std::size_t steps) {
    return (4 * Group::rows * rows + Group::rows * steps) * sizeof(Real);
  }

  __device__ WeightSumTile(const WeightSum<Real>& sum, const Group& group)
      : sum_(sum),
        group_(group),
        tiles_((sum.box.channels + channels - 1) / channels),
        part_(blockIdx.x / (tiles_ * tiles_)),
        first_in_(blockIdx.x / tiles_ % tiles_ * channels),
        first_out_(blockIdx.x % tiles_ * channels),
        coefficients_(shared_memory<Real>()),
        waves_(coefficients_ + 4 * Group::rows * rows) {}

  __device__ void run() {
    write_waves(group_, waves_);
    const std::size_t first = part_ * sum_.chunks * depth;
    const std::size_t all   = first < sum_.box.count ? sum_.box.count - first : 0;
    const std::size_t here  = (all + depth - 1) / depth;
    const std::size_t count = here < sum_.chunks ? here : sum_.chunks;
    Place<Real> place(sum_.box, first + threadIdx.x % 4 * lanes<Real>);
    __syncthreads();
    if (count > 0) fill(place, 0);
    __syncthreads();
    for (std::size_t chunk = 0; chunk < count; ++chunk) {
      if (chunk + 1 < count) {
        place.advance(sum_.box, depth);
        fill(place, (chunk + 1) % 2);
      }
      multiply(chunk % 2);
      __syncthreads();
    }
    write();
  }

 private:
  using Channels = Packet<Real, Size>;
  /// With a gap that spreads a column over the banks.
  static constexpr unsigned pitch = channels + 4, rows = depth * pitch;

  /// Coefficients of both fields at `depth` points, to one of two places.
  __device__ void fill(const Place<Real>& place, std::size_t half) {
    Real* const out = coefficients_ + half * 2 * Group::rows * rows;
    analyse(place, sum_.x, first_in_, out);
    analyse(place, sum_.g, first_out_, out + Group::rows * rows);
  }

  /// The points of a channel become a column.
  __device__ void analyse(const Place<Real>& place, const Steps<const Real>& field,
                          std::size_t first, Real* out) {
    const TimeBox& box = sum_.box;
    if (threadIdx.x >= 4 * channels) return;
    const unsigned here   = threadIdx.x / 4;
    const bool is_nothing = first + here >= box.channels || place.is_empty();
    std::array<Points<Real>, Group::rows> sums{};
#pragma unroll 4
    for (std::size_t t = is_nothing ? box.steps : field.from; t < box.steps; ++t) {
      const Points<Real> x = place.load(box, field, t, first + here);
#pragma unroll
      for (unsigned r = 0; r < Group::rows; ++r)
#pragma unroll
        for (unsigned l = 0; l < lanes<Real>; ++l) sums[r][l] += waves_[r * box.steps + t] * x[l];
    }
#pragma unroll
    for (unsigned r = 0; r < Group::rows; ++r)
#pragma unroll
      for (unsigned l = 0; l < lanes<Real>; ++l)
        out[r * rows + (threadIdx.x % 4 * lanes<Real> + l) * pitch + here] = sums[r][l];
  }

  __device__ void multiply(std::size_t half) {
    const Real* const x = coefficients_ + half * 2 * Group::rows * rows + threadIdx.x / 16 * Size;
    const Real* const g =
        coefficients_ + (half * 2 + 1) * Group::rows * rows + threadIdx.x % 16 * Size;
#pragma unroll 4
    for (unsigned p = 0; p < depth; ++p) {
#pragma unroll
      for (unsigned f = 0; f < Group::count; ++f) {
        const unsigned r = Group::first_row(f);
        const auto x_re = at(x, r, p), g_re = at(g, r, p);
        add(r, x_re, g_re);
        if (Group::is_real(f)) continue;
        const auto x_im = at(x, r + 1, p), g_im = at(g, r + 1, p);
        add(r, x_im, g_im);
        add(r + 1, x_re, g_im);
        subtract(r + 1, x_im, g_re);
      }
    }
  }
  static __device__ Channels at(const Real* coefficients, unsigned r, unsigned p) {
    return *reinterpret_cast<const Channels*>(coefficients + r * rows + p * pitch);
  }
  __device__ void add(unsigned r, const Channels& x, const Channels& g) {
#pragma unroll
    for (unsigned i = 0; i < Size; ++i)
#pragma unroll
      for (unsigned o = 0; o < Size; ++o) sums_[r][i][o] += x[i] * g[o];
  }
  __device__ void subtract(unsigned r, const Channels& x, const Channels& g) {
#pragma unroll
    for (unsigned i = 0; i < Size; ++i)
#pragma unroll
      for (unsigned o = 0; o < Size; ++o) sums_[r][i][o] -= x[i] * g[o];
  }

  __device__ void write() const {
    const std::size_t size = sum_.box.channels;
#pragma unroll
    for (unsigned f = 0; f < Group::count; ++f)
#pragma unroll
      for (unsigned i = 0; i < Size; ++i)
#pragma unroll
        for (unsigned o = 0; o < Size; ++o) {
          const std::size_t in = first_in_ + threadIdx.x / 16 * Size + i;
          const std::size_t to = first_out_ + threadIdx.x % 16 * Size + o;
          if (in >= size || to >= size) continue;
          const unsigned r    = Group::first_row(f);
          Complex<Real> total = sums_[r][i][o];
          if (!Group::is_real(f)) total.im = sums_[r + 1][i][o];
          sum_.sums[part_ * sum_.size + (group_.frequency(f) * size + in) * size + to] =
              group_.template weight<Real>(r) * total;
        }
  }

  const WeightSum<Real>& sum_;
  const Group& group_;
  std::size_t tiles_, part_, first_in_, first_out_;
  Real* coefficients_;  ///< [2, of x and of g, rows, points, channels and a gap]
  Real* waves_;         ///< [rows, steps]
  std::array<std::array<Channels, Size>, Group::rows> sums_{};
};

template <class Tile, class Real, class Group>
__global__ void __launch_bounds__(block_threads, Group::rows <= 3 ? 2 : 1)
    weight_sum_kernel(WeightSum<Real> sum, Group group) {
  Tile(sum, group).run();
}

/// out[i] = sum over the parts of in[part, i], one after the other.
template <class Element>
__global__ void add_parts_kernel(const Element* in, std::size_t parts, std::size_t size,
                                 Element* out) {
  const std::size_t i = blockIdx.x * std::size_t(blockDim.x) + threadIdx.x;
  if (i >= size) return;
  Element total = in[i];
#pragma unroll 8
  for (std::size_t part = 1; part < parts; ++part) total += in[part * size + i];
  out[i] = total;
}

/// Parts of the points, so that some hundreds of blocks have work, none of them little.
inline std::size_t weight_sum_parts(std::size_t chunks, std::size_t tiles) {
  constexpr std::size_t blocks = 264, fewest_chunks = 8;
  return std::max<std::size_t>(1,
                               std::min(parts_of(blocks, tiles * tiles), chunks / fewest_chunks));
}

template <unsigned Size, real Real>
void sum_weights(WeightSum<Real> sum, std::size_t modes, Complex<Real>* dweight) {
  using Any                = WeightSumTile<Real, Size, Group<1, 0>>;
  const std::size_t tiles  = parts_of(sum.box.channels, Any::channels);
  const std::size_t chunks = parts_of(sum.box.count, Any::depth);
  sum.chunks               = parts_of(chunks, weight_sum_parts(chunks, tiles));
  const std::size_t parts  = chunks == 0 ? 1 : parts_of(chunks, sum.chunks);
  sum.size                 = modes * sum.box.channels * sum.box.channels;
  const Scratch<Complex<Real>> scratch(parts > 1 ? parts * sum.size : 0);
  sum.sums = parts > 1 ? scratch.data() : dweight;
  for_each_group(sum.box.steps, modes, [&](const auto& group) {
    using Group = std::remove_cvref_t<decltype(group)>;
    using Tile  = WeightSumTile<Real, Size, Group>;
    launch({count(tiles * tiles * parts), block_threads, Tile::shared_bytes(sum.box.steps)},
           weight_sum_kernel<Tile, Real, Group>, sum, group);
  });
  if (parts > 1)
    launch({count(parts_of(sum.size, block_threads)), block_threads},
           add_parts_kernel<Complex<Real>>, scratch.data(), parts, sum.size, dweight);
}

/// dR, [modes, channels in, channels out], from x and the gradient g by K x.
template <real Real>
void weight_gradient(const TimeBox& box, const Steps<const Real>& x, const Steps<const Real>& g,
                     std::size_t modes, Complex<Real>* dweight) {
  const WeightSum<Real> sum{box, x, g, 0, nullptr, 0};
  if (box.channels <= 32)
    sum_weights<2>(sum, modes, dweight);
  else
    sum_weights<4>(sum, modes, dweight);
}

}  // namespace nop::cuda::time_mixing
