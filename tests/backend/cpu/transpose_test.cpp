// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/transpose.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <numeric>
#include <vector>

namespace nop::test::transpose_test {

TEST_CASE_TEMPLATE("a matrix of any size is transposed", Real, float, double) {
  for (const std::size_t rows : {1U, 5U, 16U, 33U})
    for (const std::size_t columns : {1U, 7U, 16U, 50U}) {
      const std::size_t in_step = columns + 3, out_step = rows + 2;
      std::vector<Real> in(rows * in_step), out(columns * out_step, Real(-1)), expected = out;
      std::iota(in.begin(), in.end(), Real(0));
      for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < columns; ++c) expected[c * out_step + r] = in[r * in_step + c];
      nop::cpu::detail::transpose(rows, columns, in.data(), in_step, out.data(), out_step);
      CHECK(out == expected);
    }
}

TEST_CASE_TEMPLATE("the rows of a square of registers are summed", Real, float, double) {
  constexpr std::size_t width = nop::cpu::lanes<Real>;
  std::vector<Real> in(width * width), out(width), expected(width);
  std::iota(in.begin(), in.end(), Real(0));
  for (std::size_t r = 0; r < width; ++r)
    expected[r] =
        std::accumulate(in.begin() + static_cast<std::ptrdiff_t>(r * width),
                        in.begin() + static_cast<std::ptrdiff_t>((r + 1) * width), Real(0));
  nop::cpu::detail::sum_rows(in.data(), out.data());
  CHECK(out == expected);
}

}  // namespace nop::test::transpose_test
