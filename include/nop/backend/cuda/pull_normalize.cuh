// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/group_norm.cuh>
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/norm_sums.cuh>
#include <nop/backend/cuda/normalize.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/shared_memory.cuh>
#include <nop/backend/cuda/vector.cuh>
#include <nop/core/activation.hpp>
#include <nop/core/normalization.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>

#include <cstddef>

namespace nop::cuda {

namespace detail {

/// dx = (dn - mean(dn) - n mean(dn n)) inverse for a piece, by the means.
template <unsigned Size, real Real>
__device__ void write_gradient(const GroupPart& part, const GroupMoments<Real>& moments, Real level,
                               Real slope, unsigned points, const LaneOfPiece<Real, Size>& x,
                               LaneOfPiece<Real, Size>& dn, Real* to) {
#pragma unroll
  for (unsigned i = 0; i < norm_loads; ++i) {
    const unsigned place = (i * 32 + part.lane) * Size;
    if (place >= points) continue;
    Vector<Real, Size> values;
#pragma unroll
    for (unsigned k = 0; k < Size; ++k) {
      const Real n   = (x.part[i].part[k] - moments.mean) * moments.inverse;
      values.part[k] = (dn.part[i].part[k] - level - n * slope) * moments.inverse;
    }
    write_vector(to + place, values);
  }
}

/// The room in a block's memory for the points of its part, such that what follows begins at a
/// vector.
template <real Real>
__host__ __device__ std::size_t held_points(const GroupCut& cut) {
  return (std::size_t{cut.taken} * cut.piece + in_16_bytes<Real> - 1) / in_16_bytes<Real> *
         in_16_bytes<Real>;
}

/// All of a group at once: x is read once, dn stays in the block's memory, [x, dn, sums of pieces].
template <class Function, unsigned Size, real Real>
__global__ void __launch_bounds__(norm_threads)
    pull_whole_group(const __grid_constant__ GroupCut cut,
                     const __grid_constant__ Normalization<Real> norm,
                     const __grid_constant__ NormPull<Real> pull) {
  Real* const held      = shared_memory<Real>();
  Real* const held_dn   = held + held_points<Real>(cut);
  auto* const of_pieces = reinterpret_cast<SlopeSums<Real>*>(held_dn + held_points<Real>(cut));
  const GroupPart part(cut);
  const auto all = hold<Size>(cut, part, pull.x, held);
  const GroupMoments<Real> moments(all, norm.epsilon);
  LaneOfPiece<Real, Size> x, dn;
  part.for_each_piece(
      cut, [&](unsigned channel, unsigned point, unsigned points, unsigned at, unsigned piece) {
        x.read(held + at, part.lane, points);
        pull_piece<Function>(cut, norm, pull.dy, part, moments, channel, point, points, x, dn,
                             [&](unsigned time, const SlopeSums<Real>& sums) {
                               const Real one = sum_over_warp(sums.of_one),
                                          n   = sum_over_warp(sums.of_n);
                               if (part.lane == 0) of_pieces[piece * cut.times + time] = {one, n};
                             });
        dn.for_each(part.lane, points,
                    [&](const auto& v, unsigned place) { write_vector(held_dn + at + place, v); });
      });
  __syncthreads();
  Real level = 0, slope = 0;
  for (unsigned i = threadIdx.x; i < cut.each * cut.times; i += blockDim.x) {
    const unsigned row = i / cut.times, time = i % cut.times;
    const std::size_t result = part.sample * cut.times + time;
    const auto sums = sum_row(cut, norm, pull, of_pieces + row * cut.pieces * cut.times + time,
                              result, part.first + row);
    const Affine<Real> a(norm, cut, result, part.first + row);
    level += a.factor * sums.of_one;
    slope += a.factor * sums.of_n;
  }
  if (pull.dx == nullptr) return;
  level = sum_over_block(level) / all.count;
  slope = sum_over_block(slope) / all.count;
  part.for_each_piece(
      cut, [&](unsigned channel, unsigned point, unsigned points, unsigned at, unsigned) {
        x.read(held + at, part.lane, points);
        dn.read(held_dn + at, part.lane, points);
        write_gradient(part, moments, level, slope, points, x, dn,
                       pull.dx + (part.sample * cut.channels + channel) * cut.points + point);
      });
}

/// The gradient by x of a part of a group, from the sums over its rows.
template <class Function, unsigned Size, real Real>
__global__ void __launch_bounds__(norm_threads)
    pull_part_of_group(const __grid_constant__ GroupCut cut,
                       const __grid_constant__ Normalization<Real> norm,
                       const __grid_constant__ NormPull<Real> pull) {
  const GroupPart part(cut);
  const auto all = merged(cut, pull.of_parts);
  const GroupMoments<Real> moments(all, norm.epsilon);
  Real level = 0, slope = 0;
  for (unsigned i = threadIdx.x; i < cut.each * cut.times; i += blockDim.x) {
    const std::size_t result = part.sample * cut.times + i / cut.each;
    const unsigned channel   = part.first + i % cut.each;
    const auto sums          = pull.of_rows[result * cut.channels + channel];
    const Affine<Real> a(norm, cut, result, channel);
    level += a.factor * sums.of_one;
    slope += a.factor * sums.of_n;
  }
  level = sum_over_block(level) / all.count;
  slope = sum_over_block(slope) / all.count;
  LaneOfPiece<Real, Size> x, dn;
  part.for_each_piece(
      cut, [&](unsigned channel, unsigned point, unsigned points, unsigned, unsigned) {
        const std::size_t place = (part.sample * cut.channels + channel) * cut.points + point;
        x.read(pull.x + place, part.lane, points);
        pull_piece<Function>(cut, norm, pull.dy, part, moments, channel, point, points, x, dn,
                             [](unsigned, const SlopeSums<Real>&) {});
        write_gradient(part, moments, level, slope, points, x, dn, pull.dx + place);
      });
}

template <unsigned Size, real Real>
void pull_in_vectors(const Shape<3>& box, const Normalization<Real>& norm, NormPull<Real> pull) {
  GroupCut cut(box, norm.groups, norm.times, Size);
  const std::size_t whole_bytes = 2 * held_points<Real>(cut) * sizeof(Real) +
                                  cut.group_pieces() * norm.times * sizeof(SlopeSums<Real>);
  const auto start = [&](std::size_t bytes, auto kernel) {
    launch({count(cut.blocks), cut.warps * 32, bytes}, kernel, cut, norm, pull);
  };
  if (whole_bytes <= whole_group_bytes)
    return with_function(norm.activation, [&]<class Function>(Function) {
      start(whole_bytes, pull_whole_group<Function, Size, Real>);
    });
  cut.set_parts(parts_of(cut.part_points() * sizeof(Real), part_of_group_bytes), box[0]);
  const std::size_t rows = box[0] * norm.times * box[1];
  const Scratch<PartMoments<Real>> of_parts(cut.blocks);
  const Scratch<SlopeSums<Real>> of_pieces(rows * cut.pieces);
  find_moments<Size>(cut, pull.x, of_parts.data());
  pull.of_parts  = of_parts.data();
  pull.of_pieces = of_pieces.data();
  with_function(norm.activation, [&]<class Function>(Function) {
    start(0, sum_pieces_of_part<Function, Size, Real>);
    launch({count(parts_of(rows, 256)), 256}, sum_rows_of_groups<Real>, cut, norm, pull, rows);
    if (pull.dx != nullptr) start(0, pull_part_of_group<Function, Size, Real>);
  });
}

}  // namespace detail

/// The gradients by x, where dx is not null, and by those operands that have a place in `gradient`,
/// of a loss whose gradient by the result of `normalize` is dy. A group that has room in a block's
/// memory is read once, with its dy.
template <real Real>
void pull_normalize(const Shape<3>& box, const Real* x, const Normalization<Real>& norm,
                    const Real* dy, Real* dx, const NormalizationGradient<Real>& gradient) {
  const std::size_t rows = element_count(box) == 0 ? 0 : box[0] * norm.times * box[1];
  const Scratch<detail::SlopeSums<Real>> of_rows(rows);
  if (rows > 0)
    detail::with_vector_size<Real>(
        box[2],
        [&](auto size) {
          detail::pull_in_vectors<size()>(box, norm,
                                          detail::NormPull<Real>{.x          = x,
                                                                 .dy         = dy,
                                                                 .dx         = dx,
                                                                 .modulation = gradient.modulation,
                                                                 .of_rows    = of_rows.data()});
        },
        x, dy, dx);
  if (gradient.weight == nullptr && gradient.bias == nullptr) return;
  launch({count(parts_of(box[1], 32)), {32, detail::summing_rows}}, detail::pull_affine<Real>,
         detail::GroupCut(box, norm.groups, norm.times, 1), norm, rows / box[1], of_rows.data(),
         gradient.weight, gradient.bias);
}

}  // namespace nop::cuda
