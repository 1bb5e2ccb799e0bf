// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/simd.hpp>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <type_traits>

namespace nop::cpu::detail {

/// A register of 128 bits, in which zipping means the same on every processor.
template <real Real>
inline constexpr std::size_t small_lanes = 16 / sizeof(Real);
template <real Real>
using SmallBatch = xsimd::make_sized_batch_t<Real, small_lanes<Real>>;

/// A square block of `small_lanes` rows, transposed.
template <real Real>
void transpose_block(const Real* in, std::size_t in_step, Real* out, std::size_t out_step) {
  using B = SmallBatch<Real>;
  if constexpr (std::is_void_v<B>) {
    for (std::size_t r = 0; r < small_lanes<Real>; ++r)
      for (std::size_t c = 0; c < small_lanes<Real>; ++c)
        out[c * out_step + r] = in[r * in_step + c];
  } else if constexpr (small_lanes<Real> == 4) {
    const B a = B::load_unaligned(in), b = B::load_unaligned(in + in_step),
            c = B::load_unaligned(in + 2 * in_step), d = B::load_unaligned(in + 3 * in_step);
    const B ac_lo = zip_lo(a, c), ac_hi = zip_hi(a, c);
    const B bd_lo = zip_lo(b, d), bd_hi = zip_hi(b, d);
    zip_lo(ac_lo, bd_lo).store_unaligned(out);
    zip_hi(ac_lo, bd_lo).store_unaligned(out + out_step);
    zip_lo(ac_hi, bd_hi).store_unaligned(out + 2 * out_step);
    zip_hi(ac_hi, bd_hi).store_unaligned(out + 3 * out_step);
  } else {
    const B a = B::load_unaligned(in), b = B::load_unaligned(in + in_step);
    zip_lo(a, b).store_unaligned(out);
    zip_hi(a, b).store_unaligned(out + out_step);
  }
}

/// out[r] = the sum of row r of a square with as many rows and columns as a register has lanes.
template <real Real>
void sum_rows(const Real* in, Real* out) {
  constexpr std::size_t width = lanes<Real>, block = small_lanes<Real>;
  using B = SmallBatch<Real>;
  if constexpr (std::is_void_v<B>) {
    for (std::size_t r = 0; r < width; ++r)
      out[r] = std::accumulate(in + r * width, in + (r + 1) * width, Real(0));
  } else {
    for (std::size_t r = 0; r < width; r += block) {
      const auto row = [&](std::size_t s) {
        B sum = B::load_unaligned(in + (r + s) * width);
        for (std::size_t c = block; c < width; c += block)
          sum += B::load_unaligned(in + (r + s) * width + c);
        return sum;
      };
      const auto halves = [](const B& a, const B& b) { return zip_lo(a, b) + zip_hi(a, b); };
      if constexpr (block == 4)
        halves(halves(row(0), row(2)), halves(row(1), row(3))).store_unaligned(out + r);
      else
        halves(row(0), row(1)).store_unaligned(out + r);
    }
  }
}

/// out[c * out_step + r] = in[r * in_step + c] for r < rows, c < columns. Goes from square to
/// square of a cache line's side, and within one along the lines that are further apart, so that no
/// such line is left half read or half written: a power of two apart they push each other out of
/// the cache. What sticks out of whole blocks goes number by number.
template <real Real>
void transpose(std::size_t rows, std::size_t columns, const Real* in, std::size_t in_step,
               Real* out, std::size_t out_step) {
  constexpr std::size_t block = small_lanes<Real>, square = 64 / sizeof(Real);
  const std::size_t whole_rows    = rows / block * block;
  const std::size_t whole_columns = columns / block * block;
  const auto move                 = [&](std::size_t r, std::size_t c) {
    transpose_block(in + r * in_step + c, in_step, out + c * out_step + r, out_step);
  };
  for (std::size_t r0 = 0; r0 < whole_rows; r0 += square)
    for (std::size_t c0 = 0; c0 < whole_columns; c0 += square) {
      const std::size_t r1 = std::min(r0 + square, whole_rows);
      const std::size_t c1 = std::min(c0 + square, whole_columns);
      if (in_step >= out_step)
        for (std::size_t r = r0; r < r1; r += block)
          for (std::size_t c = c0; c < c1; c += block) move(r, c);
      else
        for (std::size_t c = c0; c < c1; c += block)
          for (std::size_t r = r0; r < r1; r += block) move(r, c);
    }
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = r < whole_rows ? whole_columns : 0; c < columns; ++c)
      out[c * out_step + r] = in[r * in_step + c];
}

}  // namespace nop::cpu::detail
