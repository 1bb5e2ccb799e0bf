// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/axes.cuh>
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/strided_box.cuh>
#include <nop/backend/cuda/transpose.cuh>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace nop::cuda {

namespace detail {

inline constexpr unsigned copy_threads = 256;
inline constexpr unsigned copied_each  = 4;

template <std::size_t Bytes, std::size_t Rank>
__global__ void __launch_bounds__(copy_threads)
    copy_kernel(StridedBox<Rank> box, std::uint32_t count, const Word<Bytes>* __restrict__ in,
                Word<Bytes>* __restrict__ out) {
  const std::uint32_t begin = blockIdx.x * (copied_each * copy_threads) + threadIdx.x;
  std::array<std::uint32_t, copied_each> index;
#pragma unroll
  for (unsigned k = 0; k < copied_each; ++k) index[k] = begin + k * copy_threads;
  const auto offsets = box.offsets(index);
  std::array<Word<Bytes>, copied_each> words;
#pragma unroll
  for (unsigned k = 0; k < copied_each; ++k)
    if (index[k] < count) words[k] = in[offsets.in[k]];
#pragma unroll
  for (unsigned k = 0; k < copied_each; ++k)
    if (index[k] < count) out[offsets.out[k]] = words[k];
}

/// A box of words between two strided arrays.
template <std::size_t Bytes, std::size_t Rank>
struct WordCopy {
  Shape<Rank> extents;
  const Word<Bytes>* in;
  Shape<Rank> in_step;
  Word<Bytes>* out;
  Shape<Rank> out_step;
};

/// Whether words twice as long can be copied.
template <std::size_t Bytes, std::size_t Rank>
bool goes_in_pairs(const WordCopy<Bytes, Rank>& job) {
  constexpr std::size_t last = Rank - 1;
  const auto is_aligned      = [](const void* data) {
    return reinterpret_cast<std::uintptr_t>(data) % (2 * Bytes) == 0;
  };
  if (job.in_step[last] != 1 || job.out_step[last] != 1 || job.extents[last] % 2 != 0) return false;
  for (std::size_t axis = 0; axis + 1 < Rank; ++axis)
    if (job.in_step[axis] % 2 != 0 || job.out_step[axis] % 2 != 0) return false;
  return is_aligned(job.in) && is_aligned(job.out);
}

/// Of the axes that are longer than 1, the one along which `in` moves least; the last where it
/// stands still.
template <std::size_t Rank>
std::size_t fastest_axis(const Shape<Rank>& extents, const Shape<Rank>& in_step) {
  std::size_t fastest = Rank - 1;
  if (in_step[fastest] == 0) return fastest;
  for (std::size_t axis = 0; axis < Rank; ++axis)
    if (extents[axis] > 1 && in_step[axis] != 0 && in_step[axis] < in_step[fastest]) fastest = axis;
  return fastest;
}

/// By kernels that take no more than `most` words each. Axes are merged, the last one is the one
/// along which `out` moves least.
template <std::size_t Bytes, std::size_t Rank>
void copy_words(std::size_t most, const WordCopy<Bytes, Rank>& job) {
  constexpr std::size_t last = Rank - 1;
  if constexpr (2 * Bytes <= longest_word)
    if (goes_in_pairs(job)) {
      const auto halved = [](Shape<Rank> step) {
        for (std::size_t axis = 0; axis + 1 < Rank; ++axis) step[axis] /= 2;
        return step;
      };
      Shape<Rank> extents = job.extents;
      extents[last] /= 2;
      return copy_words<2 * Bytes, Rank>(
          most, {extents, reinterpret_cast<const Word<2 * Bytes>*>(job.in), halved(job.in_step),
                 reinterpret_cast<Word<2 * Bytes>*>(job.out), halved(job.out_step)});
    }
  const std::size_t axis = axis_to_cut(job.extents, most, job.in_step, job.out_step);
  if (axis < Rank) {
    auto first = job, second = job;
    first.extents[axis] /= 2;
    second.extents[axis] -= first.extents[axis];
    second.in += first.extents[axis] * job.in_step[axis];
    second.out += first.extents[axis] * job.out_step[axis];
    copy_words(most, first);
    copy_words(most, second);
    return;
  }
  const std::size_t fastest = fastest_axis(job.extents, job.in_step);
  if (fastest != last && TransposeTile(job.extents[fastest], job.extents[last]).is_worthwhile())
    return transpose(job.extents, job.in, job.in_step, job.out, job.out_step, fastest, last);
  const std::size_t words = element_count(job.extents);
  launch({count(parts_of(words, copied_each * copy_threads)), copy_threads},
         copy_kernel<Bytes, Rank>, StridedBox<Rank>(job.extents, job.in_step, job.out_step),
         count(words), job.in, job.out);
}

/// Axes in the order in which `out` moves along them: the last one least.
template <std::size_t Rank>
void sort_axes(Shape<Rank>& extents, Shape<Rank>& in_step, Shape<Rank>& out_step) {
  for (std::size_t end = 1; end < Rank; ++end)
    for (std::size_t axis = end; axis > 0 && out_step[axis - 1] < out_step[axis]; --axis)
      for (Shape<Rank>* const shape : {&extents, &in_step, &out_step})
        std::swap((*shape)[axis - 1], (*shape)[axis]);
}

}  // namespace detail

/// out[sum i_a out_step_a] = in[sum i_a in_step_a] over all indices i inside `extents`. The arrays
/// are apart.
template <class Element, std::size_t Rank>
void copy_strided(Shape<Rank> extents, const Element* in, Shape<Rank> in_step, Element* out,
                  Shape<Rank> out_step) {
  constexpr std::size_t last = Rank - 1;
  if (element_count(extents) == 0) return;
  detail::sort_axes(extents, in_step, out_step);
  merge_axes(extents, in_step, out_step);
  if (element_count(extents) == extents[last] && in_step[last] == 1 && out_step[last] == 1)
    return copy(in, out, extents[last]);
  using Words = Word<sizeof(Element)>;
  detail::copy_words<sizeof(Element), Rank>(most_at_once,
                                            {extents, reinterpret_cast<const Words*>(in), in_step,
                                             reinterpret_cast<Words*>(out), out_step});
}

}  // namespace nop::cuda
