// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/division.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/strided_box.cuh>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

/// \file
/// Strided copies between arrays of which different axes are next to each other: tile by tile,
/// through shared memory, so that both sides are read and written in long runs.

namespace nop::cuda {

namespace detail {

inline constexpr unsigned tile_elements     = 1024;
inline constexpr unsigned transpose_threads = 128;

/// An axis of the plane that is transposed, in tiles of 2^log2 elements.
struct TiledAxis {
  std::uint32_t extent, in_step, out_step, log2;
  Divisor tiles;

  /// Elements of the tile that begins here.
  [[nodiscard]] __device__ std::uint32_t elements(std::uint32_t begin) const {
    return std::min(extent - begin, 1U << log2);
  }
};

/// In the tile the axis along which `in` lies is the faster one; a column more per row spreads what
/// is read across it over the banks of the memory.
template <std::size_t Bytes, std::size_t Rank>
__global__ void __launch_bounds__(transpose_threads)
    transpose_kernel(StridedBox<Rank> planes, TiledAxis fast_in, TiledAxis fast_out,
                     const Word<Bytes>* __restrict__ in, Word<Bytes>* __restrict__ out) {
  __shared__ Word<Bytes> tile[tile_elements + transpose_threads];  // NOLINT(*-avoid-c-arrays)
  constexpr unsigned each     = tile_elements / transpose_threads;
  const auto a                = fast_in.tiles.divide(blockIdx.x);
  const auto b                = fast_out.tiles.divide(a.quotient);
  const auto plane            = planes.offsets(std::array{b.quotient});
  const std::uint32_t a_begin = a.remainder << fast_in.log2, b_begin = b.remainder << fast_out.log2;
  const std::uint32_t side = 1U << fast_in.log2, row = side + 1, thread = threadIdx.x;
  {
    const std::uint32_t at = thread & (side - 1), first = thread >> fast_in.log2;
    const std::uint32_t stride = transpose_threads >> fast_in.log2;
    const Word<Bytes>* from    = in + plane.in[0] + std::uint64_t{a_begin + at} * fast_in.in_step +
                              std::uint64_t{b_begin + first} * fast_out.in_step;
    const std::uint64_t next = std::uint64_t{stride} * fast_out.in_step;
    const std::uint32_t end  = a_begin + at < fast_in.extent ? fast_out.elements(b_begin) : 0;
    std::array<Word<Bytes>, each> words;
#pragma unroll
    for (unsigned k = 0; k < each; ++k, from += next)
      if (first + k * stride < end) words[k] = *from;
#pragma unroll
    for (unsigned k = 0; k < each; ++k)
      if (first + k * stride < end) tile[(first + k * stride) * row + at] = words[k];
  }
  __syncthreads();
  const std::uint32_t at = thread & ((1U << fast_out.log2) - 1), first = thread >> fast_out.log2;
  const std::uint32_t stride = transpose_threads >> fast_out.log2;
  Word<Bytes>* to = out + plane.out[0] + std::uint64_t{a_begin + first} * fast_in.out_step +
                    std::uint64_t{b_begin + at} * fast_out.out_step;
  const std::uint64_t next = std::uint64_t{stride} * fast_in.out_step;
  const std::uint32_t end  = b_begin + at < fast_out.extent ? fast_in.elements(a_begin) : 0;
#pragma unroll
  for (unsigned k = 0; k < each; ++k, to += next)
    if (first + k * stride < end) *to = tile[at * row + first + k * stride];
}

}  // namespace detail

/// The sides of the tiles in which a plane is transposed, as powers of two: as long as the block at
/// most, and their product what a tile holds, unless the plane is too small.
struct TransposeTile {
  constexpr TransposeTile(std::size_t fast_in_extent, std::size_t fast_out_extent) {
    constexpr unsigned area    = std::bit_width(detail::tile_elements) - 1;
    constexpr unsigned longest = std::bit_width(detail::transpose_threads) - 1;
    const auto in_bits         = static_cast<unsigned>(std::bit_width(fast_in_extent - 1));
    const auto out_bits        = static_cast<unsigned>(std::bit_width(fast_out_extent - 1));
    fast_out                   = std::min({out_bits, area - std::min(in_bits, area / 2), longest});
    fast_in                    = std::min({in_bits, area - fast_out, longest});
  }
  /// Does it keep a block busy?
  [[nodiscard]] constexpr bool is_worthwhile() const {
    return fast_in + fast_out + 3 >= static_cast<unsigned>(std::bit_width(detail::tile_elements));
  }
  unsigned fast_in, fast_out;
};

/// Copies a box whose `fast_in` axis is the one along which the elements of `in` are closest to
/// each other, `fast_out` those of `out`.
template <std::size_t Bytes, std::size_t Rank>
void transpose(Shape<Rank> extents, const Word<Bytes>* in, const Shape<Rank>& in_step,
               Word<Bytes>* out, const Shape<Rank>& out_step, std::size_t fast_in,
               std::size_t fast_out) {
  const TransposeTile tile(extents[fast_in], extents[fast_out]);
  const auto tiled = [&](std::size_t axis, unsigned log2) {
    return detail::TiledAxis{count(extents[axis]), count(in_step[axis]), count(out_step[axis]),
                             log2, Divisor(parts_of(extents[axis], std::size_t{1} << log2))};
  };
  const auto a = tiled(fast_in, tile.fast_in), b = tiled(fast_out, tile.fast_out);
  const std::size_t tiles = parts_of(extents[fast_in], std::size_t{1} << tile.fast_in) *
                            parts_of(extents[fast_out], std::size_t{1} << tile.fast_out);
  extents[fast_in] = extents[fast_out] = 1;
  launch({count(element_count(extents) * tiles), detail::transpose_threads},
         detail::transpose_kernel<Bytes, Rank>, StridedBox<Rank>(extents, in_step, out_step), a, b,
         in, out);
}

}  // namespace nop::cuda
