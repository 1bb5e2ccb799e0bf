// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/complex.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/time_points.cuh>
#include <nop/backend/cuda/time_waves.cuh>
#include <nop/core/activation.hpp>
#include <nop/core/scalar.hpp>

#include <array>
#include <cstddef>
#include <type_traits>

/// \file
/// The product of a temporal convolution block in one pass over memory: analysis along time on the
/// way in, synthesis and what follows it on the way out.

namespace nop::cuda::time_mixing {

/// What becomes of v(t) = (K in)(t) and of what is added, r(t).
enum class Finish { keep, answer, slope };  ///< v,  r + sigma(v),  r sigma'(v)

template <real Real>
struct Product {
  TimeBox box;
  Steps<const Real> in;
  const Complex<Real>* weight;  ///< [frequencies, channels in, channels out]
  bool transposed;              ///< conj(R)^T instead of R
  Steps<const Real> added;      ///< zero before its first step
  Steps<Real> out;
  bool continues;  ///< `out` holds v of other frequencies
  Finish finish;
  Activation activation;
};

/// A block's part of the result: threads in rows, of 4 channels each, and columns, of as many
/// points as 16 bytes hold. Channels in are taken as many at a time as there are rows, so that each
/// thread reads one packet for every step.
template <real Real, unsigned ThreadRows, class Group_>
class ProductTile {
  using Group = Group_;

 public:
  static constexpr unsigned rows = ThreadRows, columns = block_threads / rows;
  static constexpr unsigned channels = 4 * rows, points = lanes<Real> * columns;
  static constexpr unsigned depth = rows;
  using Channels                  = Packet<Real, 4>;

  static std::size_t shared_bytes(std::size_t steps) {
    return 2 * Group::rows * (fields * sizeof(Points<Real>) + weights * sizeof(Channels)) +
           Group::rows * steps * sizeof(Real);
  }

  __device__ ProductTile(const Product<Real>& product, const Group& group)
      : product_(product),
        group_(group),
        channel_tiles_((product.box.channels + channels - 1) / channels),
        first_channel_(blockIdx.x % channel_tiles_ * channels),
        first_point_(blockIdx.x / channel_tiles_ * points),
        fields_(shared_memory<Points<Real>>()),
        weights_(reinterpret_cast<Channels*>(fields_ + 2 * Group::rows * fields)),
        waves_(reinterpret_cast<Real*>(weights_ + 2 * Group::rows * weights)) {}

  __device__ void run() {
    write_waves(group_, waves_);
    const Place<Real> place(product_.box, first_point_ + threadIdx.x % columns * lanes<Real>);
    __syncthreads();
    const std::size_t chunks = (product_.box.channels + depth - 1) / depth;
    fill(place, 0);
    __syncthreads();
    for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
      if (chunk + 1 < chunks) fill(place, chunk + 1);
      multiply(chunk % 2);
      __syncthreads();
    }
    finish();
  }

 private:
  static constexpr unsigned fields = depth * columns;
  /// With a gap that spreads a column over the banks.
  static constexpr unsigned weight_pitch = rows + 1, weights = depth * weight_pitch;

  /// Coefficients and weights of `depth` channels in, to one of two places.
  __device__ void fill(const Place<Real>& place, std::size_t chunk) {
    analyse(place, chunk * depth, fields_ + chunk % 2 * Group::rows * fields);
    copy_weights(chunk * depth,
                 reinterpret_cast<Real*>(weights_ + chunk % 2 * Group::rows * weights));
  }

  __device__ void analyse(const Place<Real>& place, std::size_t first, Points<Real>* out) {
    const TimeBox& box    = product_.box;
    const std::size_t in  = first + threadIdx.x / columns;
    const bool is_nothing = in >= box.channels || place.is_empty();
    std::array<Points<Real>, Group::rows> sums{};
#pragma unroll 4
    for (std::size_t t = is_nothing ? box.steps : product_.in.from; t < box.steps; ++t) {
      const Points<Real> x = place.load(box, product_.in, t, in);
#pragma unroll
      for (unsigned r = 0; r < Group::rows; ++r)
#pragma unroll
        for (unsigned l = 0; l < lanes<Real>; ++l) sums[r][l] += waves_[r * box.steps + t] * x[l];
    }
#pragma unroll
    for (unsigned r = 0; r < Group::rows; ++r) out[r * fields + threadIdx.x] = sums[r];
  }

  __device__ void copy_weights(std::size_t first, Real* out) {
    constexpr unsigned near = depth < 8 ? depth : 8;  // channels in that neighbours read
    for (unsigned i = threadIdx.x; i < depth * channels; i += block_threads) {
      const unsigned here =
          product_.transposed ? i % near + near * (i / (4 * near) % (depth / near)) : i / channels;
      const unsigned there =
          product_.transposed ? i / near % 4 + 4 * (i / (4 * depth)) : i % channels;
      const std::size_t in = first + here, to = first_channel_ + there;
      const std::size_t size = product_.box.channels;
#pragma unroll
      for (unsigned f = 0; f < Group::count; ++f) {
        Complex<Real> r = 0;
        if (in < size && to < size)
          r = product_.transposed
                  ? conj(product_.weight[(group_.frequency(f) * size + to) * size + in])
                  : product_.weight[(group_.frequency(f) * size + in) * size + to];
        Real* const place = out + (Group::first_row(f) * depth + here) * 4 * weight_pitch + there;
        place[0]          = r.re;
        if (!Group::is_real(f)) place[weights * 4] = r.im;
      }
    }
  }

  __device__ void multiply(std::size_t half) {
    const Points<Real>* const x = fields_ + half * Group::rows * fields + column();
    const Channels* const w     = weights_ + half * Group::rows * weights + row();
#pragma unroll 4
    for (unsigned i = 0; i < depth; ++i) {
#pragma unroll
      for (unsigned f = 0; f < Group::count; ++f) {
        const unsigned r     = Group::first_row(f);
        const Points<Real> s = x[r * fields + i * columns];
        const Channels b     = w[r * weights + i * weight_pitch];
        add(r, b, s);
        if (Group::is_real(f)) continue;
        const Points<Real> s_im = x[(r + 1) * fields + i * columns];
        const Channels c        = w[(r + 1) * weights + i * weight_pitch];
        add(r + 1, b, s_im);
        add(r + 1, c, s);
        subtract(r, c, s_im);
      }
    }
  }
  __device__ void add(unsigned r, const Channels& w, const Points<Real>& s) {
#pragma unroll
    for (unsigned o = 0; o < 4; ++o)
#pragma unroll
      for (unsigned l = 0; l < lanes<Real>; ++l) sums_[r][o][l] += w[o] * s[l];
  }
  __device__ void subtract(unsigned r, const Channels& w, const Points<Real>& s) {
#pragma unroll
    for (unsigned o = 0; o < 4; ++o)
#pragma unroll
      for (unsigned l = 0; l < lanes<Real>; ++l) sums_[r][o][l] -= w[o] * s[l];
  }

  __device__ void finish() {
    const TimeBox& box = product_.box;
    const Place<Real> place(box, first_point_ + column() * lanes<Real>);
    if (place.is_empty()) return;
#pragma unroll
    for (unsigned r = 0; r < Group::rows; ++r)
#pragma unroll
      for (unsigned o = 0; o < 4; ++o)
#pragma unroll
        for (unsigned l = 0; l < lanes<Real>; ++l)
          sums_[r][o][l] *= group_.template weight<Real>(r);
    for (std::size_t t = product_.out.from; t < box.steps; ++t) {
#pragma unroll
      for (unsigned o = 0; o < 4; ++o) {
        const std::size_t channel = first_channel_ + 4 * row() + o;
        if (channel < box.channels) write(place, t, channel, synthesized(t, o));
      }
    }
  }

  __device__ Points<Real> synthesized(std::size_t t, unsigned o) const {
    Points<Real> v{};
#pragma unroll
    for (unsigned r = 0; r < Group::rows; ++r)
#pragma unroll
      for (unsigned l = 0; l < lanes<Real>; ++l)
        v[l] += waves_[r * product_.box.steps + t] * sums_[r][o][l];
    return v;
  }

  __device__ void write(const Place<Real>& place, std::size_t t, std::size_t channel,
                        Points<Real> v) const {
    const TimeBox& box = product_.box;
    if (product_.continues) {
      const auto before = place.load(box, {product_.out.data, product_.out.from}, t, channel);
#pragma unroll
      for (unsigned l = 0; l < lanes<Real>; ++l) v[l] += before[l];
    }
    if (product_.finish != Finish::keep) {
      Points<Real> added{};
      if (t >= product_.added.from) added = place.load(box, product_.added, t, channel);
      with_function(product_.activation, [&]<class Function>(Function) {
#pragma unroll
        for (unsigned l = 0; l < lanes<Real>; ++l) {
          const auto sigma = Function::at(v[l]);
          v[l] =
              product_.finish == Finish::answer ? added[l] + sigma.value : added[l] * sigma.slope;
        }
      });
    }
    place.store(box, product_.out, t, channel, v);
  }

  /// In a block's result; the threads of a warp are 4 rows by 8 columns.
  [[nodiscard]] static __device__ unsigned column() {
    return threadIdx.x / 32 % (columns / 8) * 8 + threadIdx.x % 8;
  }
  [[nodiscard]] static __device__ unsigned row() {
    return threadIdx.x / 32 / (columns / 8) * 4 + threadIdx.x % 32 / 8;
  }

  const Product<Real>& product_;
  const Group& group_;
  std::size_t channel_tiles_, first_channel_, first_point_;
  Points<Real>* fields_;  ///< [2, rows, depth, columns]
  Channels* weights_;     ///< [2, rows, depth, thread rows and a gap]
  Real* waves_;           ///< [rows, steps]
  std::array<std::array<Points<Real>, 4>, Group::rows> sums_{};
};

template <class Tile, class Real, class Group>
__global__ void __launch_bounds__(block_threads, Group::rows <= 3 ? 2 : 1)
    product_kernel(Product<Real> product, Group group) {
  Tile(product, group).run();
}

template <class Tile, class Real, class Group>
void launch_product(const Product<Real>& product, const Group& group) {
  const std::size_t blocks =
      parts_of(product.box.count, Tile::points) * parts_of(product.box.channels, Tile::channels);
  launch({count(blocks), block_threads, Tile::shared_bytes(product.box.steps)},
         product_kernel<Tile, Real, Group>, product, group);
}

/// The whole product, of `modes` frequencies. A result is added up where it belongs, so that it may
/// not be any of what is read.
template <real Real>
void multiply(Product<Real> product, std::size_t modes) {
  const Finish last = product.finish;
  std::size_t done  = 0;
  for_each_group(product.box.steps, modes, [&](const auto& group) {
    using Group       = std::remove_cvref_t<decltype(group)>;
    product.continues = done > 0;
    done += Group::count;
    product.finish = done == modes ? last : Finish::keep;
    if (product.box.channels <= 48)
      launch_product<ProductTile<Real, 4, Group>>(product, group);
    else
      launch_product<ProductTile<Real, 16, Group>>(product, group);
  });
}

}  // namespace nop::cuda::time_mixing
