// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/group_norm.cuh>
#include <nop/backend/cuda/vector.cuh>
#include <nop/core/normalization.hpp>
#include <nop/core/scalar.hpp>

#include <cstddef>

/// \file
/// The sums that the gradients of a normalization consist of: over pieces of a row, over rows, and
/// over the rows of a channel in all results, each in a fixed order.

namespace nop::cuda::detail {

/// The sums of h and of h n over some points of one channel of one result, where h = dy sigma'.
template <real Real>
struct alignas(2 * sizeof(Real)) SlopeSums {
  Real of_one, of_n;
};

/// What is kept of a pullback between kernels; null: not wanted.
template <real Real>
struct NormPull {
  const Real *x, *dy;
  Real* dx                          = nullptr;
  Real* modulation                  = nullptr;
  const PartMoments<Real>* of_parts = nullptr;
  SlopeSums<Real>* of_pieces        = nullptr;  ///< [batch, groups, pieces, times]
  SlopeSums<Real>* of_rows          = nullptr;  ///< [batch x times, channels]
};

/// The sums over pieces and over rows, and what follows for the modulation.
template <real Real>
__device__ SlopeSums<Real> sum_row(const GroupCut& cut, const Normalization<Real>& norm,
                                   const NormPull<Real>& pull, const SlopeSums<Real>* of_pieces,
                                   std::size_t result, unsigned channel) {
  SlopeSums<Real> sums{0, 0};
  for (unsigned piece = 0; piece < cut.pieces; ++piece) {
    sums.of_one += of_pieces[piece * cut.times].of_one;
    sums.of_n += of_pieces[piece * cut.times].of_n;
  }
  if (pull.of_rows != nullptr) pull.of_rows[result * cut.channels + channel] = sums;
  if (pull.modulation != nullptr) {
    Real* const told   = pull.modulation + result * 2 * cut.channels + channel;
    told[0]            = norm.weight[channel] * sums.of_n + norm.bias[channel] * sums.of_one;
    told[cut.channels] = sums.of_one;
  }
  return sums;
}

/// dn = sum factor h over the results of a piece, whose x is given; calls `add(time, sums)` with
/// the lane's sums of each.
template <class Function, unsigned Size, real Real, class Add>
__device__ void pull_piece(const GroupCut& cut, const Normalization<Real>& norm, const Real* dy,
                           const GroupPart& part, const GroupMoments<Real>& moments,
                           unsigned channel, unsigned point, unsigned points,
                           LaneOfPiece<Real, Size>& x, LaneOfPiece<Real, Size>& dn,
                           const Add& add) {
  for (unsigned time = 0; time < cut.times; ++time) {
    const std::size_t result = part.sample * cut.times + time;
    const Affine<Real> a(norm, cut, result, channel);
    SlopeSums<Real> sums{0, 0};
    LaneOfPiece<Real, Size> g;
    g.read(dy + (result * cut.channels + channel) * cut.points + point, part.lane, points);
#pragma unroll
    for (unsigned i = 0; i < norm_loads; ++i) {
      if ((i * 32 + part.lane) * Size >= points) continue;
#pragma unroll
      for (unsigned k = 0; k < Size; ++k) {
        const Real n = (x.part[i].part[k] - moments.mean) * moments.inverse;
        const Real h = g.part[i].part[k] * Function::at(a.factor * n + a.offset).slope;
        sums.of_one += h;
        sums.of_n += h * n;
        dn.part[i].part[k] = (time == 0 ? Real(0) : dn.part[i].part[k]) + a.factor * h;
      }
    }
    add(time, sums);
  }
}

/// The sums over the pieces of a part of a group.
template <class Function, unsigned Size, real Real>
__global__ void __launch_bounds__(norm_threads)
    sum_pieces_of_part(const __grid_constant__ GroupCut cut,
                       const __grid_constant__ Normalization<Real> norm,
                       const __grid_constant__ NormPull<Real> pull) {
  const GroupPart part(cut);
  const GroupMoments<Real> moments(merged(cut, pull.of_parts), norm.epsilon);
  LaneOfPiece<Real, Size> x, dn;
  part.for_each_piece(
      cut, [&](unsigned channel, unsigned point, unsigned points, unsigned, unsigned piece) {
        const std::size_t row = part.sample * cut.channels + channel;
        x.read(pull.x + row * cut.points + point, part.lane, points);
        SlopeSums<Real>* const to =
            pull.of_pieces +
            ((part.sample * cut.channels + part.first) * cut.pieces + piece) * cut.times;
        pull_piece<Function>(cut, norm, pull.dy, part, moments, channel, point, points, x, dn,
                             [&](unsigned time, const SlopeSums<Real>& sums) {
                               const Real one = sum_over_warp(sums.of_one),
                                          n   = sum_over_warp(sums.of_n);
                               if (part.lane == 0) to[time] = {one, n};
                             });
      });
}

/// The sums over all rows, from those over their pieces.
template <real Real>
__global__ void sum_rows_of_groups(const __grid_constant__ GroupCut cut,
                                   const __grid_constant__ Normalization<Real> norm,
                                   const __grid_constant__ NormPull<Real> pull, std::size_t rows) {
  const std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= rows) return;
  const std::size_t result = i / cut.channels, sample = result / cut.times;
  const unsigned channel = static_cast<unsigned>(i % cut.channels);
  sum_row(cut, norm, pull,
          pull.of_pieces + (sample * cut.channels + channel) * cut.pieces * cut.times +
              result % cut.times,
          result, channel);
}

/// The gradients by weight and bias, from the sums over the rows of all results: 32 channels for a
/// block, whose rows of threads take turns with the results.
inline constexpr unsigned summing_rows = 16;
template <real Real>
__global__ void __launch_bounds__(32 * summing_rows)
    pull_affine(const __grid_constant__ GroupCut cut,
                const __grid_constant__ Normalization<Real> norm, std::size_t results,
                const SlopeSums<Real>* of_rows, Real* dweight, Real* dbias) {
  __shared__ double by_weight[summing_rows][32], by_bias[summing_rows][32];  // NOLINT
  const unsigned channel = blockIdx.x * 32 + threadIdx.x;
  const Real* const told = norm.modulation != nullptr ? norm.modulation + channel : nullptr;
  double weight = 0, bias = 0;
  if (channel < cut.channels)
#pragma unroll 4
    for (std::size_t r = threadIdx.y; r < results; r += summing_rows) {
      const auto sums      = of_rows[r * cut.channels + channel];
      const Real modulated = told != nullptr ? 1 + told[r * 2 * cut.channels] : Real(1);
      weight += modulated * sums.of_n;
      bias += modulated * sums.of_one;
    }
  by_weight[threadIdx.y][threadIdx.x] = weight;
  by_bias[threadIdx.y][threadIdx.x]   = bias;
  __syncthreads();
  if (threadIdx.y != 0 || channel >= cut.channels) return;
  for (unsigned row = 1; row < summing_rows; ++row) {
    weight += by_weight[row][threadIdx.x];
    bias += by_bias[row][threadIdx.x];
  }
  if (dweight != nullptr) dweight[channel] = static_cast<Real>(weight);
  if (dbias != nullptr) dbias[channel] = static_cast<Real>(bias);
}

}  // namespace nop::cuda::detail
