// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/tap_tile.cuh>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::tap_tile_test {

/// Brings slices of a and b, [terms, rows] and [terms, columns], into shared memory.
template <class Size>
struct PlainSource {
  using Real = typename Size::Real;
  const Real *a, *b;
  unsigned thread, slice = 0;

  __device__ void fetch() { ++slice; }
  __device__ void place(Real* to_a, Real* to_b) const {
    for (unsigned i = thread; i < Size::depth * Size::rows; i += Size::threads)
      to_a[i / Size::rows * Size::row_pitch + i % Size::rows] =
          a[(slice - 1) * Size::depth * Size::rows + i];
    for (unsigned i = thread; i < Size::depth * Size::columns; i += Size::threads)
      to_b[i / Size::columns * Size::column_pitch + i % Size::columns] =
          b[(slice - 1) * Size::depth * Size::columns + i];
  }
};

template <class Size>
__global__ void product(unsigned slices, const typename Size::Real* a, const typename Size::Real* b,
                        typename Size::Real* c) {
  __shared__ nop::cuda::detail::TapSlices<Size> shared;
  PlainSource<Size> source{a, b, threadIdx.x};
  nop::cuda::detail::TapTile<Size> tile(threadIdx.x);
  nop::cuda::detail::add_slices(slices, source, shared, tile);
  for (unsigned i = 0; i < Size::thread_rows; ++i)
    for (unsigned k = 0; k < Size::thread_columns; ++k)
      c[tile.row(i) * Size::columns + tile.column(k)] = tile.at(i, k);
}

template <class Size>
void check() {
  using Real = typename Size::Real;
  for (const unsigned slices : {0U, 1U, 2U, 5U}) {
    const std::size_t terms = slices * Size::depth;
    const auto a            = random_values<Real>(terms * Size::rows, 1);
    const auto b            = random_values<Real>(terms * Size::columns, 2);
    std::vector<Real> c(Size::rows * Size::columns), expected(c.size());
    for (std::size_t k = 0; k < terms; ++k)
      for (std::size_t i = 0; i < c.size(); ++i)
        expected[i] +=
            a[k * Size::rows + i / Size::columns] * b[k * Size::columns + i % Size::columns];
    const nop::cuda::Scratch<Real> on_a(a.size()), on_b(b.size()), on_c(c.size());
    nop::cuda::copy_from_host(a.data(), on_a.data(), a.size());
    nop::cuda::copy_from_host(b.data(), on_b.data(), b.size());
    nop::cuda::launch({1, Size::threads}, product<Size>, slices, on_a.data(), on_b.data(),
                      on_c.data());
    nop::cuda::copy_to_host(on_c.data(), c.data(), c.size());
    CHECK(worst_error(c, expected) < rounding<Real>);
  }
}

TEST_CASE_TEMPLATE("a block's threads have all of a tile of a product between them", Real, float,
                   double) {
  check<nop::cuda::detail::TapTileSize<Real, 128, 64, 8, 8, 8>>();
  check<nop::cuda::detail::TapTileSize<Real, 128, 8, 4, 4, 2>>();
  check<nop::cuda::detail::TapTileSize<Real, 8, 64, 8, 1, 4>>();
  check<nop::cuda::detail::TapTileSize<Real, 64, 8, 8, 4, 1>>();
}

}  // namespace nop::test::tap_tile_test
