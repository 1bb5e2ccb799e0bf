// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/simd.hpp>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <type_traits>
#include <utility>

namespace nop::cpu::detail {

/// A register of 128 bits, in which zipping means the same on every processor.
template <real Real>
inline constexpr std::size_t small_lanes = 16 / sizeof(Real);
template <real Real>
using SmallBatch = xsimd::make_sized_batch_t<Real, small_lanes<Real>>;

/// Numbers of a and b in turn: of their first halves, or of their second ones.
template <bool Second, class B, std::size_t... Place>
[[gnu::always_inline]] inline B interleaved(const B& a, const B& b, std::index_sequence<Place...>) {
  constexpr std::size_t width = sizeof...(Place), begin = Second ? width / 2 : 0;
  return picked(a, b, std::index_sequence<(begin + Place / 2 + Place % 2 * width)...>{});
}

/// A square block of as many rows as a register of the kind `B` has lanes, transposed: by each
/// round, which deals out the rows of both halves in turn, an index of a number in the block moves
/// by one bit.
template <class B, real Real>
[[gnu::always_inline]] inline void transpose_block(const Real* in, std::size_t in_step, Real* out,
                                                   std::size_t out_step) {
  constexpr std::size_t width = B::size, half = width / 2;
  constexpr std::make_index_sequence<width> places{};
  std::array<B, width> rows;
  for (std::size_t r = 0; r < width; ++r) rows[r] = B::load_unaligned(in + r * in_step);
  for (std::size_t round = 1; round < width; round *= 2) {
    const std::array<B, width> before = rows;
    for (std::size_t r = 0; r < half; ++r) {
      rows[2 * r]     = interleaved<false>(before[r], before[r + half], places);
      rows[2 * r + 1] = interleaved<true>(before[r], before[r + half], places);
    }
  }
  for (std::size_t r = 0; r < width; ++r) rows[r].store_unaligned(out + r * out_step);
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

/// Whole blocks as large as registers of the kind `B`, in the order that leaves no line half used
/// for long: along the lines that are further apart.
template <class B, real Real>
void transpose_blocks(std::size_t rows, std::size_t columns, const Real* in, std::size_t in_step,
                      Real* out, std::size_t out_step) {
  const auto move = [&](std::size_t r, std::size_t c) {
    transpose_block<B>(in + r * in_step + c, in_step, out + c * out_step + r, out_step);
  };
  if (in_step >= out_step)
    for (std::size_t r = 0; r < rows; r += B::size)
      for (std::size_t c = 0; c < columns; c += B::size) move(r, c);
  else
    for (std::size_t c = 0; c < columns; c += B::size)
      for (std::size_t r = 0; r < rows; r += B::size) move(r, c);
}

/// out[c * out_step + r] = in[r * in_step + c] for r < rows, c < columns. Goes from square to
/// square of a cache line's side, so that no line is left half read or half written: a power of two
/// apart they push each other out of the cache. What sticks out of whole blocks goes number by
/// number.
template <real Real>
void transpose(std::size_t rows, std::size_t columns, const Real* in, std::size_t in_step,
               Real* out, std::size_t out_step) {
  std::size_t whole_rows = 0, whole_columns = 0;
  if constexpr (!std::is_void_v<SmallBatch<Real>>) {
    constexpr std::size_t block = small_lanes<Real>, square = 64 / sizeof(Real);
    whole_rows = rows / block * block, whole_columns = columns / block * block;
    for (std::size_t r = 0; r < whole_rows; r += square)
      for (std::size_t c = 0; c < whole_columns; c += square) {
        const std::size_t height = std::min(square, whole_rows - r);
        const std::size_t width  = std::min(square, whole_columns - c);
        if (height == square && width == square)
          transpose_blocks<Batch<Real>>(square, square, in + r * in_step + c, in_step,
                                        out + c * out_step + r, out_step);
        else
          transpose_blocks<SmallBatch<Real>>(height, width, in + r * in_step + c, in_step,
                                             out + c * out_step + r, out_step);
      }
  }
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = r < whole_rows ? whole_columns : 0; c < columns; ++c)
      out[c * out_step + r] = in[r * in_step + c];
}

}  // namespace nop::cpu::detail
