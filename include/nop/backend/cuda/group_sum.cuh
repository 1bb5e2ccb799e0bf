// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/complex.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/core/scalar.hpp>

#include <algorithm>

/// \file
/// Sums over the threads of a block, always in the same order.

namespace nop::cuda {

/// The most threads that a block which sums like this may have.
inline constexpr unsigned most_summing_threads = 256;

namespace detail {

template <class Element>
__device__ Element from_other_lane(const Element& value, unsigned mask) {
  constexpr unsigned everyone = 0xFFFFFFFFU;
  if constexpr (complex<Element>)
    return {__shfl_xor_sync(everyone, value.re, static_cast<int>(mask)),
            __shfl_xor_sync(everyone, value.im, static_cast<int>(mask))};
  else
    return __shfl_xor_sync(everyone, value, static_cast<int>(mask));
}

}  // namespace detail

/// The sum over each row of threads, blockDim.x of them, a power of two; the first of the row has
/// it. The whole block has to call it, which consists of full warps.
template <class Element>
__device__ Element sum_over_row(Element value) {
  constexpr unsigned warp = 32;
  const unsigned row      = blockDim.x;
  __shared__ Element of_warp[most_summing_threads / warp];  // NOLINT(*-avoid-c-arrays)
  for (unsigned mask = std::min(row, warp) / 2; mask > 0; mask /= 2)
    value = value + detail::from_other_lane(value, mask);
  if (row <= warp) return value;
  const unsigned thread = threadIdx.y * row + threadIdx.x;
  if (thread % warp == 0) of_warp[thread / warp] = value;
  __syncthreads();
  if (threadIdx.x == 0)
    for (unsigned other = 1; other < row / warp; ++other)
      value = value + of_warp[thread / warp + other];
  return value;
}

/// The sum over each column of threads, blockDim.y of them, a power of two; the first of the column
/// has it. The whole block has to call it.
template <class Element>
__device__ Element sum_over_column(Element value) {
  if (blockDim.y == 1) return value;
  __shared__ Element of_thread[most_summing_threads];  // NOLINT(*-avoid-c-arrays)
  const unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  of_thread[thread]     = value;
  for (unsigned half = blockDim.y / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.y >= half) continue;
    value             = value + of_thread[thread + half * blockDim.x];
    of_thread[thread] = value;
  }
  return value;
}

}  // namespace nop::cuda
