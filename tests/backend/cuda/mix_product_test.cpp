// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/mix_product.cuh>
#include <nop/backend/cuda/mix_tile.cuh>
#include <nop/backend/cuda/runtime.cuh>

#include "support/cuda.hpp"
#include "support/device_array.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::mix_product_test {

using nop::cuda::detail::mix_threads;
using nop::cuda::detail::MixGrid;
using nop::cuda::detail::MixMatrix;
using nop::cuda::detail::MixPlace;
using nop::cuda::detail::MixTile;

/// y = r + w u, field by field, each block with one tile.
template <class Real>
__global__ void multiply_tiles(MixGrid grid, MixMatrix<Real> w, const Real* u, const Real* r,
                               Real* y) {
  auto* const places = nop::cuda::shared_memory<MixPlace>();
  Real* const slice  = reinterpret_cast<Real*>(places + grid.tile());
  Real* const rows   = slice + nop::cuda::detail::slice_size<Real>(grid);
  MixTile<Real> tile(grid, places);
  tile.move_to(blockIdx.x);
  tile.load(u, w.columns, rows);
  nop::cuda::detail::multiply_mix_tile(
      tile, w, rows, slice, [&](unsigned c, auto& sums) { tile.read(r, w.rows, c, 1, sums); },
      [&](unsigned c, auto& sums) { tile.write(sums, y, w.rows, c); });
}

template <class Real>
class Product {
 public:
  Product(std::size_t batch, std::size_t rows, std::size_t columns, std::size_t points)
      : batch_(batch),
        rows_(rows),
        columns_(columns),
        points_(points),
        w_(random_values<Real>(rows * columns, 1)),
        u_(random_values<Real>(batch * columns * points, 2)),
        r_(random_values<Real>(batch * rows * points, 3)) {}

  /// The matrix lies in memory as it is, or as its transpose.
  [[nodiscard]] std::vector<Real> ours(unsigned across_log, bool transposed) const {
    std::vector<Real> lies = w_;
    for (std::size_t i = 0; transposed && i < w_.size(); ++i)
      lies[i % columns_ * rows_ + i / columns_] = w_[i];
    const DeviceArray<Real> w(lies), u(u_), r(r_);
    DeviceArray<Real> y(r_.size(), std::numeric_limits<Real>::quiet_NaN());
    const MixGrid grid{points_, batch_ * points_, across_log, points_ % 4 == 0};
    const auto rows = static_cast<unsigned>(rows_), columns = static_cast<unsigned>(columns_);
    const std::size_t bytes =
        grid.tile() * sizeof(MixPlace) + (nop::cuda::detail::slice_size<Real>(grid) +
                                          std::size_t{nop::cuda::detail::whole_fours(columns)} *
                                              nop::cuda::detail::pitch_of<Real>(grid)) *
                                             sizeof(Real);
    nop::cuda::launch(
        {nop::cuda::count(grid.tiles()), mix_threads, bytes}, multiply_tiles<Real>, grid,
        MixMatrix<Real>{w.data(), rows, columns, transposed ? 1 : columns, transposed ? rows : 1},
        u.data(), r.data(), y.data());
    return y.values();
  }

  [[nodiscard]] std::vector<double> by_definition() const {
    std::vector<double> y(r_.begin(), r_.end());
    for (std::size_t s = 0; s < batch_; ++s)
      for (std::size_t o = 0; o < rows_; ++o)
        for (std::size_t i = 0; i < columns_; ++i)
          for (std::size_t p = 0; p < points_; ++p)
            y[(s * rows_ + o) * points_ + p] +=
                double{w_[o * columns_ + i]} * double{u_[(s * columns_ + i) * points_ + p]};
    return y;
  }

 private:
  std::size_t batch_, rows_, columns_, points_;
  std::vector<Real> w_, u_, r_;
};

template <class Real>
void check(const Product<Real>& product) {
  const auto expected = product.by_definition();
  for (const unsigned across_log : {3U, 4U, 5U})
    for (const bool transposed : {false, true}) {
      CAPTURE(across_log);
      CAPTURE(transposed);
      CHECK(worst_error(product.ours(across_log, transposed), expected) < rounding<Real>);
    }
}

TEST_CASE_TEMPLATE("products of a matrix and tiles agree with plain loops", Real, float, double) {
  for (const std::size_t rows : {1U, 5U, 33U, 64U, 131U})
    for (const std::size_t columns : {1U, 4U, 18U, 67U}) {
      CAPTURE(rows);
      CAPTURE(columns);
      check(Product<Real>(2, rows, columns, 21));
    }
  check(Product<Real>(3, 9, 40, 36));
  check(Product<Real>(1, 256, 100, 128));
  if (!emulated) check(Product<Real>(5, 200, 100, 1000));
}

TEST_CASE_TEMPLATE("a product has the same bits every time, whichever way the matrix lies", Real,
                   float, double) {
  const Product<Real> product(2, 70, 50, emulated ? 37 : 5000);
  for (const unsigned across_log : {3U, 4U, 5U}) {
    const auto once = product.ours(across_log, false);
    CHECK(product.ours(across_log, false) == once);
    CHECK(product.ours(across_log, true) == once);
  }
}

}  // namespace nop::test::mix_product_test
