// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/transpose.cuh>

#include "support/cuda.hpp"
#include "support/device_array.hpp"
#include "support/random_field.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::cuda::transpose_test {

using nop::cuda::TransposeTile;
using nop::cuda::Word;

TEST_CASE("tiles are square, unless a side of the plane is short") {
  CHECK(TransposeTile(100, 100).fast_in == 5);
  CHECK(TransposeTile(100, 100).fast_out == 5);
  CHECK(TransposeTile(1000, 5).fast_in == 7);
  CHECK(TransposeTile(1000, 5).fast_out == 3);
  CHECK(TransposeTile(2, 1000).fast_in == 1);
  CHECK(TransposeTile(2, 1000).fast_out == 7);
  CHECK(TransposeTile(1000, 2).is_worthwhile());
  CHECK(TransposeTile(16, 16).is_worthwhile());
  CHECK_FALSE(TransposeTile(4, 4).is_worthwhile());
}

TEST_CASE_TEMPLATE("planes of any size are transposed", T, float, double, std::complex<double>) {
  const std::size_t most = emulated ? 300 : 2000;
  for (const std::size_t rows : {2UL, 3UL, 17UL, 32UL, 33UL, 100UL, most})
    for (const std::size_t columns : {2UL, 5UL, 31UL, 64UL, 65UL, most + 1}) {
      CAPTURE(rows);
      CAPTURE(columns);
      const std::size_t plane = rows * columns, planes = 3;
      const auto values = random_values<T>(plane * planes, 1);
      const DeviceArray<T> x(values);
      DeviceArray<T> got(plane * planes + 1, T(-1));
      nop::cuda::transpose<sizeof(T), 3>(
          {planes, columns, rows}, reinterpret_cast<const Word<sizeof(T)>*>(x.data()),
          {plane, 1, columns}, reinterpret_cast<Word<sizeof(T)>*>(got.data()), {plane, rows, 1}, 1,
          2);
      std::vector<T> expected(plane * planes + 1, T(-1));
      for (std::size_t p = 0; p < planes; ++p)
        for (std::size_t r = 0; r < rows; ++r)
          for (std::size_t c = 0; c < columns; ++c)
            expected[p * plane + c * rows + r] = values[p * plane + r * columns + c];
      CHECK(got.values() == expected);
    }
}

}  // namespace nop::test::cuda::transpose_test
