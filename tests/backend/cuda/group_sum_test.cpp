// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/group_sum.cuh>
#include <nop/backend/cuda/runtime.cuh>

#include "support/device_array.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::group_sum_test {

namespace {

template <bool Rows, class Element>
__global__ void sums(const Element* in, Element* out) {
  const unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  const Element sum =
      Rows ? nop::cuda::sum_over_row(in[thread]) : nop::cuda::sum_over_column(in[thread]);
  if (Rows && threadIdx.x == 0) out[threadIdx.y] = sum;
  if (!Rows && threadIdx.y == 0) out[threadIdx.z * blockDim.x + threadIdx.x] = sum;
}

}  // namespace

TEST_CASE_TEMPLATE("rows of threads of any length add up", T, float, double, std::complex<float>,
                   std::complex<double>) {
  const auto values = random_values<T>(256, 1);
  const DeviceArray<T> x(values);
  for (std::size_t across = 1; across <= 256; across *= 2) {
    CAPTURE(across);
    const std::size_t rows = 256 / across;
    DeviceArray<T> got(rows, T(-1));
    nop::cuda::launch({1, {nop::cuda::count(across), nop::cuda::count(rows)}},
                      sums<true, nop::cuda::on_device<T>>, nop::cuda::as_on_device(x.data()),
                      nop::cuda::as_on_device(got.data()));
    std::vector<T> expected(rows);
    for (std::size_t i = 0; i < 256; ++i) expected[i / across] += values[i];
    CHECK(worst_error(got.values(), expected) < rounding<T>);
  }
}

TEST_CASE_TEMPLATE("columns of threads of any length add up", T, float, double,
                   std::complex<double>) {
  const auto values = random_values<T>(256, 1);
  const DeviceArray<T> x(values);
  for (std::size_t across = 1; across <= 256; across *= 2)
    for (std::size_t down = 1; across * down <= 256; down *= 2) {
      CAPTURE(across);
      CAPTURE(down);
      const std::size_t deep = std::min<std::size_t>(64, 256 / (across * down));
      DeviceArray<T> got(deep * across, T(-1));
      nop::cuda::launch(
          {1, {nop::cuda::count(across), nop::cuda::count(down), nop::cuda::count(deep)}},
          sums<false, nop::cuda::on_device<T>>, nop::cuda::as_on_device(x.data()),
          nop::cuda::as_on_device(got.data()));
      std::vector<T> expected(deep * across);
      for (std::size_t i = 0; i < deep * down * across; ++i)
        expected[i / (across * down) * across + i % across] += values[i];
      CHECK(worst_error(got.values(), expected) < rounding<T>);
    }
}

}  // namespace nop::test::group_sum_test
