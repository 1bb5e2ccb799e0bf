// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/dft_matrix.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/core/scalar.hpp>

/// \file
/// What one thread does with lines that are folded: Width lines at a time, all in registers.

namespace nop::cuda::detail {

/// One number of each of several lines.
template <real Real, unsigned Width>
struct Row {
  Real at[Width];  // NOLINT(*-avoid-c-arrays): registers

  __device__ Row& operator+=(const Row& b) {
    for (unsigned i = 0; i < Width; ++i) at[i] += b.at[i];
    return *this;
  }
  friend __device__ Row operator+(Row a, const Row& b) { return a += b; }
  friend __device__ Row operator-(Row a, const Row& b) {
    for (unsigned i = 0; i < Width; ++i) a.at[i] -= b.at[i];
    return a;
  }
  friend __device__ Row operator*(Real b, Row a) {
    for (unsigned i = 0; i < Width; ++i) a.at[i] *= b;
    return a;
  }
  /// *this += a b
  __device__ void add(Real a, const Row& b) {
    for (unsigned i = 0; i < Width; ++i) at[i] += a * b.at[i];
  }
};

/// The points that are folded to the place x: x, n-x, n/2-x and n/2+x, or the first two of them
/// where n is odd. At the ends of the fold some of them are the same.
template <bool Even>
struct Points {
  static constexpr unsigned count = Even ? 4 : 2;

  __device__ static unsigned point(unsigned which, unsigned x, unsigned n) {
    switch (which) {
      case 0:
        return x;
      case 1:
        return x == 0 ? 0 : n - x;
      case 2:
        return n / 2 - x;
      default:
        return n / 2 + x;
    }
  }
  /// Does every point stand there twice?
  __device__ static bool at_end(unsigned x, unsigned n) { return x == 0 || (Even && 4 * x == n); }
};

/// The same of a number of points that is known only now.
__device__ inline bool x_is_end(unsigned x, unsigned n) {
  return n % 2 == 0 ? Points<true>::at_end(x, n) : Points<false>::at_end(x, n);
}

/// The rows of the points that are folded to one place.
template <real Real, unsigned Width, bool Even>
struct Unfolded {
  Row<Real, Width> at[Points<Even>::count];  // NOLINT(*-avoid-c-arrays): registers
};

/// What each kind of wave needs of them, in the order of `Wave`; also the sums of the waves of each
/// kind, on the way back.
template <real Real, unsigned Width>
struct Folded {
  Row<Real, Width> at[wave_kinds];  // NOLINT(*-avoid-c-arrays): registers
};

template <real Real, unsigned Width>
__device__ Folded<Real, Width> fold(const Unfolded<Real, Width, true>& u) {
  const auto p = u.at[0] + u.at[1], q = u.at[2] + u.at[3];
  const auto r = u.at[0] - u.at[1], s = u.at[2] - u.at[3];
  return {{p - q, r + s, p + q, r - s}};
}
template <real Real, unsigned Width>
__device__ Folded<Real, Width> fold(const Unfolded<Real, Width, false>& u) {
  const auto p = u.at[0] + u.at[1], r = u.at[0] - u.at[1];
  return {{p, r, p, r}};
}

/// The points of what waves add up to: the transpose of `fold`.
template <bool Even, real Real, unsigned Width>
__device__ Unfolded<Real, Width, Even> unfold(const Folded<Real, Width>& f) {
  const auto cosine = f.at[2] + f.at[0], sine = f.at[3] + f.at[1];
  if constexpr (Even) {
    const auto back_cosine = f.at[2] - f.at[0], back_sine = f.at[1] - f.at[3];
    return {{cosine + sine, cosine - sine, back_cosine + back_sine, back_cosine - back_sine}};
  } else {
    return {{cosine + sine, cosine - sine}};
  }
}

/// The sums over the points of the waves of Pairs pairs of frequencies, and of the points
/// themselves.
template <real Real, unsigned Width, unsigned Pairs>
struct WaveSums {
  Folded<Real, Width> pair[Pairs] = {};  // NOLINT(*-avoid-c-arrays): registers
  Row<Real, Width> mean           = {};

  /// Adds what the points of one place contribute; `waves` are those of the pairs there.
  template <bool Even>
  __device__ void take(const Unfolded<Real, Width, Even>& u, bool at_end,
                       const Waves<Real>* waves) {
    Folded<Real, Width> folded = fold(u);
    if (at_end)  // where every point has been counted twice
      for (auto& row : folded.at) row = Real(0.5) * row;
    mean += folded.at[2];
#pragma unroll
    for (unsigned j = 0; j < Pairs; ++j) {
      const Waves<Real> wave = waves[j];
#pragma unroll
      for (unsigned kind = 0; kind < wave_kinds; ++kind)
        pair[j].at[kind].add(wave.at[kind], folded.at[kind]);
    }
  }

  /// Calls `use(r, row)` for each row: 0 is the mean, 4j+1 ... 4j+4 are those of pair j.
  template <class Use>
  __device__ void for_each(const Use& use) {
    use(0U, mean);
#pragma unroll
    for (unsigned j = 0; j < Pairs; ++j)
#pragma unroll
      for (unsigned kind = 0; kind < wave_kinds; ++kind) use(4 * j + 1 + kind, pair[j].at[kind]);
  }

  static constexpr unsigned rows = 4 * Pairs + 1;

  /// Adds up what the warps of a block have, always in the same order, for the first of them.
  /// `warps` is a power of two; `shared` has room for warps/2 times rows x Width x 32 numbers.
  __device__ void add_up(unsigned warp, unsigned warps, unsigned lane, Real* shared) {
    for (unsigned half = warps / 2; half > 0; half /= 2) {
      if (warp >= half && warp < 2 * half) {
        Real* const own = shared + (warp - half) * rows * Width * 32 + lane;
        for_each([&](unsigned r, const Row<Real, Width>& row) {
          for (unsigned i = 0; i < Width; ++i) own[(r * Width + i) * 32] = row.at[i];
        });
      }
      __syncthreads();
      if (warp < half) {
        const Real* const other = shared + warp * rows * Width * 32 + lane;
        for_each([&](unsigned r, Row<Real, Width>& row) {
          for (unsigned i = 0; i < Width; ++i) row.at[i] += other[(r * Width + i) * 32];
        });
      }
      __syncthreads();
    }
  }
};

}  // namespace nop::cuda::detail
