// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/shared_memory.cuh>
#include <nop/backend/cuda/vector.cuh>
#include <nop/core/normalization.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>

/// \file
/// What the kernels of normalizations share: how groups are cut, and their moments.

namespace nop::cuda::detail {

/// How many vectors of a row a lane has at once.
inline constexpr unsigned norm_loads   = 8;
inline constexpr unsigned norm_threads = 512;  ///< at most

/// How the groups of a field are cut: rows, the points of one channel, into pieces that a warp has
/// in registers, and the pieces of all rows of a group, one after the other, into parts, for a
/// block each.
struct GroupCut {
  unsigned channels, groups, points, times;
  unsigned each;           ///< channels of a group
  unsigned pieces, piece;  ///< of a row, and their points
  unsigned parts, taken;   ///< of a group, and their pieces
  unsigned warps;          ///< of a block
  unsigned size;           ///< of a vector
  std::size_t blocks;

  GroupCut(const Shape<3>& box, std::size_t groups_, std::size_t times_, unsigned vector)
      : channels(count(box[1])),
        groups(count(groups_)),
        points(count(box[2])),
        times(count(times_)),
        each(channels / groups),
        size(vector) {
    const std::size_t vectors = box[2] / size, most = std::size_t{norm_loads} * 32;
    const std::size_t cut = std::max<std::size_t>(parts_of(vectors, most), 1);
    piece  = cut == 1 ? points : count(parts_of(parts_of(vectors, cut), 32) * 32 * size);
    pieces = count(parts_of(points, piece));
    set_parts(1, box[0]);
  }

  /// For so many samples.
  void set_parts(std::size_t count_of_parts, std::size_t batch) {
    taken  = count(parts_of(group_pieces(), count_of_parts));
    parts  = count(parts_of(group_pieces(), taken));
    warps  = count(std::min<std::size_t>(
        std::clamp<std::size_t>(parts_of(part_points() / size, 32 * 4), 1, norm_threads / 32),
        taken));
    blocks = batch * groups * parts;
  }

  [[nodiscard]] std::size_t group_pieces() const { return std::size_t{each} * pieces; }
  /// The room that a part's points take up, where a block holds them.
  [[nodiscard]] std::size_t part_points() const { return std::size_t{taken} * piece; }
};

/// The part of a group that a block has, as each of its warps sees it.
struct GroupPart {
  std::size_t sample;
  unsigned first;       ///< channel of the group
  unsigned begin, end;  ///< pieces
  unsigned warp, lane;

  __device__ explicit GroupPart(const GroupCut& cut)
      : sample(blockIdx.x / cut.parts / cut.groups),
        first(blockIdx.x / cut.parts % cut.groups * cut.each),
        begin(blockIdx.x % cut.parts * cut.taken),
        end(begin + cut.taken),
        warp(threadIdx.x / 32),
        lane(threadIdx.x % 32) {
    if (end > cut.each * cut.pieces) end = cut.each * cut.pieces;
  }

  /// Calls `use(channel, first point, points, place in a block's memory, piece of the group)` for
  /// each piece that a warp has.
  template <class Use>
  __device__ void for_each_piece(const GroupCut& cut, const Use& use) const {
    for (unsigned piece = begin + warp; piece < end; piece += cut.warps) {
      const unsigned point = piece % cut.pieces * cut.piece, left = cut.points - point;
      use(first + piece / cut.pieces, point, left < cut.piece ? left : cut.piece,
          (piece - begin) * cut.piece, piece);
    }
  }
};

/// A lane's numbers of a piece.
template <real Real, unsigned Size>
struct LaneOfPiece {
  Vector<Real, Size> part[norm_loads];  // NOLINT(*-avoid-c-arrays): registers

  /// Calls `use(vector, place in the piece)` for those there are.
  template <class Use>
  __device__ void for_each(unsigned lane, unsigned points, const Use& use) {
#pragma unroll
    for (unsigned i = 0; i < norm_loads; ++i) {
      const unsigned place = (i * 32 + lane) * Size;
      if (place < points) use(part[i], place);
    }
  }
  __device__ void read(const Real* from, unsigned lane, unsigned points) {
    for_each(lane, points, [&](auto& v, unsigned place) { v = read_vector<Size>(from + place); });
  }
};

template <class Real>
__device__ Real sum_over_warp(Real value) {
#pragma unroll
  for (int other = 16; other > 0; other /= 2) value += __shfl_xor_sync(0xFFFFFFFFU, value, other);
  return value;
}

/// The sum over all threads of a block of full warps, which all of them get.
template <class Real>
__device__ Real sum_over_block(Real value) {
  __shared__ Real of_warp[norm_threads / 32];  // NOLINT(*-avoid-c-arrays)
  value = sum_over_warp(value);
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = value;
  __syncthreads();
  value = 0;
  for (unsigned warp = 0; warp < blockDim.x / 32; ++warp) value += of_warp[warp];
  __syncthreads();  // before the next sum
  return value;
}

/// The mean of some numbers, and the sum of the squares of their distances to it.
template <real Real>
struct PartMoments {
  Real count, mean, squares;
};

/// What a group is normalized with: n = (x - mean) inverse.
template <real Real>
struct GroupMoments {
  Real mean, inverse;  ///< 1 / sqrt(variance + epsilon)

  __device__ GroupMoments(const PartMoments<Real>& all, Real epsilon)
      : mean(all.mean), inverse(Real(1) / std::sqrt(all.squares / all.count + epsilon)) {}
};

/// Brings a block's part of x to `held` and finds its moments, first the mean and then what is
/// left.
template <unsigned Size, real Real>
__device__ PartMoments<Real> hold(const GroupCut& cut, const GroupPart& part,
                                  const Real* __restrict__ x, Real* held) {
  LaneOfPiece<Real, Size> values;
  Real sum = 0, squares = 0, many = 0;
  part.for_each_piece(
      cut, [&](unsigned channel, unsigned point, unsigned points, unsigned at, unsigned) {
        const std::size_t row = part.sample * cut.channels + channel;
        values.read(x + row * cut.points + point, part.lane, points);
        values.for_each(part.lane, points, [&](const auto& v, unsigned place) {
          write_vector(held + at + place, v);
          for (unsigned k = 0; k < Size; ++k) sum += v.part[k];
          many += Size;
        });
      });
  many            = sum_over_block(many);
  const Real mean = sum_over_block(sum) / many;
  part.for_each_piece(cut, [&](unsigned, unsigned, unsigned points, unsigned at, unsigned) {
    values.read(held + at, part.lane, points);
    values.for_each(part.lane, points, [&](const auto& v, unsigned) {
      for (unsigned k = 0; k < Size; ++k) squares += (v.part[k] - mean) * (v.part[k] - mean);
    });
  });
  return {many, mean, sum_over_block(squares)};
}

/// The moments of a group from those of its parts (Chan, Golub, LeVeque 1979).
template <real Real>
__device__ PartMoments<Real> merged(const GroupCut& cut, const PartMoments<Real>* of_parts) {
  const PartMoments<Real>* const mine = of_parts + blockIdx.x / cut.parts * cut.parts;
  Real many = 0, sum = 0, squares = 0;
  for (unsigned i = threadIdx.x; i < cut.parts; i += blockDim.x) {
    many += mine[i].count;
    sum += mine[i].count * mine[i].mean;
  }
  many            = sum_over_block(many);
  const Real mean = sum_over_block(sum) / many;
  for (unsigned i = threadIdx.x; i < cut.parts; i += blockDim.x) {
    const Real apart = mine[i].mean - mean;
    squares += mine[i].squares + mine[i].count * apart * apart;
  }
  return {many, mean, sum_over_block(squares)};
}

/// The moments of each part of each group.
template <unsigned Size, real Real>
__global__ void __launch_bounds__(norm_threads)
    moments_of_parts(const __grid_constant__ GroupCut cut, const Real* __restrict__ x,
                     PartMoments<Real>* of_parts) {
  const auto moments = hold<Size>(cut, GroupPart(cut), x, shared_memory<Real>());
  if (threadIdx.x == 0) of_parts[blockIdx.x] = moments;
}

/// What is done to n: factor n + offset.
template <real Real>
struct Affine {
  Real factor, offset;
  Real modulated;  ///< 1 + scale

  __device__ Affine(const Normalization<Real>& norm, const GroupCut& cut, std::size_t result,
                    unsigned channel)
      : factor(norm.weight[channel]), offset(norm.bias[channel]), modulated(1) {
    if (norm.modulation == nullptr) return;
    const Real* const told = norm.modulation + result * 2 * cut.channels + channel;
    modulated              = 1 + told[0];
    factor                 = modulated * factor;
    offset                 = modulated * offset + told[cut.channels];
  }
};

/// Up to here a block holds a whole group, and parts of a group are as large as this.
inline constexpr std::size_t whole_group_bytes = 96U << 10U, part_of_group_bytes = 32U << 10U;

/// Calls `use` with the size of the vectors that rows at all these addresses consist of.
template <real Real, class Use, class... Rows>
void with_vector_size(std::size_t points, const Use& use, const Rows*... rows) {
  const bool all =
      (in_vectors(Matrices<const Real>{rows, points, 0}, points, in_16_bytes<Real>) && ...);
  if (all)
    use(std::integral_constant<unsigned, in_16_bytes<Real>>{});
  else
    use(std::integral_constant<unsigned, 1>{});
}

}  // namespace nop::cuda::detail
