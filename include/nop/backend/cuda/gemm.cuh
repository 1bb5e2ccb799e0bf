// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/cublas.cuh>
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/mode_outer_product.cuh>
#include <nop/backend/cuda/mode_product.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/tile_product.cuh>
#include <nop/backend/cuda/vector.cuh>
#include <nop/core/operand.hpp>
#include <nop/core/scalar.hpp>

#include <cstddef>

/// \file
/// Products of matrices: which of the kernels, or cuBLAS, is asked.

namespace nop::cuda {

/// Who computes a product: the one that is likely to be fastest, or for comparison the one that is
/// named here, where it can. The sums of `tiles` are of any layout.
enum class ProductEngine { automatic, cublas, modes, outer, tiles };

namespace detail {

/// The batch of a sum as one matrix each with a longer depth, if that is how they lie.
template <class Element>
bool joins(const ProductSize& size, const Matrices<const Element>& m, bool left) {
  const bool along_rows = (m.form == Form::plain) == left;  // is the depth along the rows?
  return m.batch_step == size.depth * (along_rows ? 1 : m.row_step);
}

template <class Element>
bool can(ProductEngine engine, const ProductSize& size, const Matrices<const Element>& a,
         const Matrices<const Element>& b, const Matrices<Element>& c) {
  const bool apart = size.batch == 1 || c.batch_step != 0;
  switch (engine) {
    case ProductEngine::cublas:
      return cublas_can(size, a, b, c);
    case ProductEngine::modes:
      return complex<Element> && apart && a.form == Form::plain && small_matrices(size, a, b, c);
    case ProductEngine::outer:
      return complex<Element> && apart && a.form == Form::adjoint && b.form == Form::plain &&
             small_matrices(size, a, b, c);
    default:
      return true;
  }
}

/// The rule. What it compares with is counted, in bytes and multiplications, for an H200:
/// - A small result, of a depth that goes on through the batch or is long, leaves a device without
///   work unless the depth is cut; that is what `tiles` does.
/// - With up to 32 rows a complex product per mode is bound by reading the right factors, or not
/// far
///   from it. cuBLAS's tiles have 32 rows or more, which would be mostly empty.
/// - With a depth of up to 32, likewise, it is bound by writing the results.
template <class Element>
ProductEngine likely_best(const ProductSize& size, const Matrices<const Element>& a,
                          const Matrices<const Element>& b, const Matrices<Element>& c) {
  constexpr std::size_t few      = 32;   // rows, or terms
  constexpr std::size_t many     = 32;   // matrices, for a block each to be worth it
  constexpr std::size_t room     = 132;  // blocks of a device
  constexpr std::size_t long_sum = 8192;
  const auto able                = [&](ProductEngine engine) { return can(engine, size, a, b, c); };
  if (size.batch > 1 && c.batch_step == 0) {
    const bool joined = joins(size, a, true) && joins(size, b, false);
    const bool large  = result_tiles(size) >= room && (joined || size.depth >= 256);
    return large && able(ProductEngine::cublas) ? ProductEngine::cublas : ProductEngine::tiles;
  }
  if (size.batch == 1 && size.depth >= long_sum && result_tiles(size) <= 4)
    return ProductEngine::tiles;
  if (size.batch >= many && size.depth <= few && able(ProductEngine::outer))
    return ProductEngine::outer;
  if (size.batch >= many && size.rows <= few && able(ProductEngine::modes))
    return ProductEngine::modes;
  return able(ProductEngine::cublas) ? ProductEngine::cublas : ProductEngine::tiles;
}

/// The sum over the batch, by one product if the factors lie so, else by one after another.
template <class Element>
void sum_by_cublas(ProductSize size, Matrices<const Element> a, Matrices<const Element> b,
                   const Matrices<Element>& c, Update update) {
  if (joins(size, a, true) && joins(size, b, false)) {
    size.depth *= size.batch;
    size.batch = 1;
    return multiply_by_cublas(size, a, b, c, update);
  }
  const std::size_t batch = size.batch;
  size.batch              = 1;
  for (std::size_t n = 0; n < batch; ++n) {
    multiply_by_cublas(size, a, b, c, n == 0 ? update : Update::add);
    a.data += a.batch_step;
    b.data += b.batch_step;
  }
}

/// A product with nothing to add up is zero.
template <class Element>
__global__ void clear_rows(std::size_t rows, std::size_t columns, std::size_t count,
                           Matrices<Element> c) {
  const std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const std::size_t row                                                     = i / columns;
  c.data[row / rows * c.batch_step + row % rows * c.row_step + i % columns] = Element(0);
}

}  // namespace detail

/// c = a b, or c += a b, for a batch of row-major matrices. With `c.batch_step == 0` and a batch of
/// more than one, the products are added up, in an order that only their layout and sizes decide.
template <class Element>
void multiply(const ProductSize& size, const Matrices<const Element>& a,
              const Matrices<const Element>& b, const Matrices<Element>& c, Update update,
              ProductEngine engine = ProductEngine::automatic) {
  if (size.rows * size.columns == 0) return;
  if (size.batch * size.depth == 0) {
    if (update == Update::add) return;
    const std::size_t all = (c.batch_step == 0 ? 1 : size.batch) * size.rows * size.columns;
    return launch({{count(parts_of(all, 256))}, {256}}, detail::clear_rows<on_device<Element>>,
                  size.rows, size.columns, all, as_on_device(c));
  }
  if (engine == ProductEngine::automatic || !detail::can(engine, size, a, b, c))
    engine = detail::likely_best(size, a, b, c);
  switch (engine) {
    case ProductEngine::modes:
      if constexpr (complex<Element>) multiply_modes(size, a, b, c, update);
      return;
    case ProductEngine::outer:
      if constexpr (complex<Element>) multiply_outer(size, a, b, c, update);
      return;
    case ProductEngine::tiles:
      return multiply_by_tiles(size, a, b, c, update);
    default:
      if (c.batch_step == 0)
        detail::sum_by_cublas(size, a, b, c, update);
      else
        multiply_by_cublas(size, a, b, c, update);
  }
}

}  // namespace nop::cuda
