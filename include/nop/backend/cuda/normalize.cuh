// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/group_norm.cuh>
#include <nop/backend/cuda/memory.cuh>
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

/// A block's part of a normalization, of a whole group where there are no moments yet.
template <class Function, unsigned Size, real Real>
__global__ void __launch_bounds__(norm_threads)
    normalize_part(const __grid_constant__ GroupCut cut,
                   const __grid_constant__ Normalization<Real> norm, const Real* __restrict__ x,
                   const PartMoments<Real>* of_parts, Real* __restrict__ y) {
  Real* const held = shared_memory<Real>();
  const GroupPart part(cut);
  const bool is_whole = of_parts == nullptr;
  const GroupMoments<Real> moments(
      is_whole ? hold<Size>(cut, part, x, held) : merged(cut, of_parts), norm.epsilon);
  part.for_each_piece(
      cut, [&](unsigned channel, unsigned point, unsigned points, unsigned at, unsigned) {
        LaneOfPiece<Real, Size> values;
        if (is_whole)
          values.read(held + at, part.lane, points);
        else
          values.read(x + (part.sample * cut.channels + channel) * cut.points + point, part.lane,
                      points);
        for (unsigned time = 0; time < cut.times; ++time) {
          const std::size_t result = part.sample * cut.times + time;
          const Affine<Real> a(norm, cut, result, channel);
          Real* const to = y + (result * cut.channels + channel) * cut.points + point;
          values.for_each(part.lane, points, [&](const auto& v, unsigned place) {
            Vector<Real, Size> to_write;
#pragma unroll
            for (unsigned k = 0; k < Size; ++k) {
              const Real n     = (v.part[k] - moments.mean) * moments.inverse;
              to_write.part[k] = Function::at(a.factor * n + a.offset).value;
            }
            write_vector(to + place, to_write);
          });
        }
      });
}

/// The moments of all parts, where there are several.
template <unsigned Size, real Real>
void find_moments(const GroupCut& cut, const Real* x, PartMoments<Real>* of_parts) {
  launch({count(cut.blocks), cut.warps * 32, cut.part_points() * sizeof(Real)},
         moments_of_parts<Size, Real>, cut, x, of_parts);
}

template <unsigned Size, real Real>
void normalize_in_vectors(const Shape<3>& box, const Real* x, const Normalization<Real>& norm,
                          Real* y) {
  GroupCut cut(box, norm.groups, norm.times, Size);
  const std::size_t bytes = cut.part_points() * sizeof(Real);
  const bool is_whole     = bytes <= whole_group_bytes;
  if (!is_whole) cut.set_parts(parts_of(bytes, part_of_group_bytes), box[0]);
  const auto start = [&](std::size_t shared, const PartMoments<Real>* of_parts) {
    with_function(norm.activation, [&]<class Function>(Function) {
      launch({count(cut.blocks), cut.warps * 32, shared}, normalize_part<Function, Size, Real>, cut,
             norm, x, of_parts, y);
    });
  };
  if (is_whole) return start(bytes, nullptr);
  const Scratch<PartMoments<Real>> of_parts(cut.blocks);
  find_moments<Size>(cut, x, of_parts.data());
  start(0, of_parts.data());
}

}  // namespace detail

/// y = sigma((1 + scale) (weight n(x) + bias) + shift), see Normalization, for a field x of the
/// extents `box`. A group that has room in a block's memory is read once; others are read once more
/// for their moments.
template <real Real>
void normalize(const Shape<3>& box, const Real* x, const Normalization<Real>& norm, Real* y) {
  if (element_count(box) == 0) return;
  detail::with_vector_size<Real>(
      box[2], [&](auto size) { detail::normalize_in_vectors<size()>(box, x, norm, y); }, x, y);
}

}  // namespace nop::cuda
