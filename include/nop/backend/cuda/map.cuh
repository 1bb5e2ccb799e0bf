// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/axes.cuh>
#include <nop/backend/cuda/complex.cuh>
#include <nop/backend/cuda/division.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/strided.cuh>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace nop::cuda {

namespace detail {

inline constexpr unsigned map_threads = 256;
/// So many blocks per multiprocessor: few enough to start quickly, enough to end together.
inline constexpr std::size_t map_blocks = 16;

/// Runs of each operand that a thread takes at once: four loads are on their way, or one each.
template <class... In>
inline constexpr unsigned runs_at_once = sizeof...(In) <= 1   ? 4
                                         : sizeof...(In) <= 3 ? 2
                                                              : 1;

/// How the rows of a box are shared: blockDim.y rows and blockDim.x times some runs make a chunk.
struct MappedRows {
  Divisor pieces;      ///< of a row
  Divisor middle;      ///< rows per outer index
  std::uint32_t rows;  ///< of the box
  std::uint32_t runs;  ///< of a row
  std::uint32_t chunk_count;
};

/// Writes f of values that are there already: `out` may be where they came from.
template <unsigned Width, std::size_t Places, class F, class Out, class... In>
__device__ void store_mapped(const F& f, const Strided<Out>& out,
                             const std::array<BoxPlace, Places>& places, const In&... in) {
  std::array<Out*, Places> data;
#pragma unroll
  for (unsigned i = 0; i < Places; ++i) data[i] = run_at<Width>(out, places[i]);
#pragma unroll
  for (unsigned i = 0; i < Places; ++i) {
    if (!places[i].is_inside) continue;
    Run<Out, Width> result;
#pragma unroll
    for (unsigned e = 0; e < Width; ++e) result.of[e] = as_element<Out>(f(in(i, e)...));
    *reinterpret_cast<Run<Out, Width>*>(data[i]) = result;
  }
}

template <unsigned Width, class F, class Out, class... In>
__global__ void __launch_bounds__(map_threads)
    map_kernel(F f, MappedRows box, Strided<Out> out, Strided<const In>... in) {
  constexpr unsigned at_once = runs_at_once<In...>;
  for (std::uint32_t chunk = blockIdx.x; chunk < box.chunk_count; chunk += gridDim.x) {
    const auto part         = box.pieces.divide(chunk);
    const std::uint32_t row = part.quotient * blockDim.y + threadIdx.y;
    if (row >= box.rows) continue;
    const auto index = box.middle.divide(row);
    std::array<BoxPlace, at_once> places;
#pragma unroll
    for (unsigned i = 0; i < at_once; ++i) {
      const std::uint32_t run = (part.remainder * at_once + i) * blockDim.x + threadIdx.x;
      places[i]               = {index.quotient, index.remainder, run, run < box.runs};
    }
    store_mapped<Width>(f, out, places, Values<In, Width, at_once>(in, places)...);
  }
}

/// By runs of `Width`, of a box that one kernel can take.
template <unsigned Width, class F, class Out, class... In>
void map_runs(const F& f, const Shape<3>& box, const Operand<Out>& out,
              const Operand<const In>&... in) {
  const std::size_t runs = box[2] / Width, rows = box[0] * box[1];
  const std::size_t across = std::min<std::size_t>(std::bit_ceil(runs), map_threads);
  const std::size_t down   = map_threads / across;
  const std::size_t pieces = parts_of(runs, across * runs_at_once<In...>);
  const std::size_t chunks = pieces * parts_of(rows, down);
  const std::size_t blocks = std::min(chunks, map_blocks * device().multiprocessors);
  const MappedRows how     = {Divisor(pieces), Divisor(box[1]), count(rows), count(runs),
                              count(chunks)};
  launch({count(blocks), {count(across), count(down)}},
         map_kernel<Width, F, on_device<Out>, on_device<In>...>, f, how, strided(out),
         strided(in)...);
}

/// The same operand from some index of an axis on.
template <class Element>
Operand<Element> operand_from(const Operand<Element>& operand, std::size_t axis,
                              std::size_t index) {
  return {operand.data + index * operand.step[axis], operand.step};
}

/// By kernels that take no more than `most` elements each.
template <class F, class Out, class... In>
void map_parts(std::size_t most, const F& f, const Shape<3>& box, const Operand<Out>& out,
               const Operand<const In>&... in) {
  const std::size_t axis = axis_to_cut(box, most, out.step, in.step...);
  if (axis < 3) {
    Shape<3> first = box, second = box;
    first[axis] /= 2;
    second[axis] -= first[axis];
    map_parts(most, f, first, out, in...);
    map_parts(most, f, second, operand_from(out, axis, first[axis]),
              operand_from(in, axis, first[axis])...);
    return;
  }
  constexpr unsigned width = elements_per_access<Out, In...>;
  if constexpr (width > 1)
    if (box[2] % width == 0 && out.step[2] == 1 && has_runs(out, width) &&
        (has_runs(in, width) && ...))
      return map_runs<width>(f, box, out, in...);
  map_runs<1>(f, box, out, in...);
}

template <class F, class Out>
__global__ void __launch_bounds__(map_threads) generate_kernel(F f, Out* out, std::size_t count) {
  constexpr unsigned at_once  = 4;
  constexpr std::size_t chunk = at_once * map_threads;
  for (std::size_t begin = blockIdx.x * chunk; begin < count; begin += gridDim.x * chunk)
#pragma unroll
    for (unsigned i = 0; i < at_once; ++i) {
      const std::size_t at = begin + i * map_threads + threadIdx.x;
      if (at < count) out[at] = as_element<Out>(f(at));
    }
}

}  // namespace detail

/// out[i] = f(i).
template <class F, class Out>
void generate(const F& f, Out* out, std::size_t count) {
  const std::size_t blocks = std::min(parts_of(count, 4 * detail::map_threads),
                                      detail::map_blocks * device().multiprocessors);
  launch({cuda::count(blocks), detail::map_threads}, detail::generate_kernel<F, on_device<Out>>, f,
         as_on_device(out), count);
}

/// out = f(in...) over a box. f gets what device code takes the elements for, and may return a real
/// or a complex number of any kind, which becomes an element of `out`. An operand may be `out`.
template <class F, class Out, class... In>
void map(const F& f, Shape<3> box, Operand<Out> out, Operand<In>... in) {
  if (element_count(box) == 0) return;
  merge_axes(box, out.step, in.step...);
  detail::map_parts(most_at_once, f, box, out, Operand<const In>{in.data, in.step}...);
}

}  // namespace nop::cuda
