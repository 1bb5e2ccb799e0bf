// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/lanes.hpp>

#include "support/random_field.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::lanes_test {

using nop::cpu::lanes;
namespace detail = nop::cpu::detail;

TEST_CASE_TEMPLATE("lines become lanes and lanes become lines", Real, float, double) {
  constexpr std::size_t width = lanes<Real>;
  for (const std::size_t points : {1U, 3U, 4U, 17U})
    for (const std::size_t step : {1U, 2U})
      for (std::size_t count = 1; count <= width; ++count) {
        const std::size_t line = points * step + 1;
        const auto memory      = random_values<Real>(width * line, 1);
        std::vector<Real> columns(points * width);
        detail::gather_lanes<Real>({memory.data(), count, line, step}, points, columns.data());
        bool right = true;
        for (std::size_t x = 0; x < points; ++x)
          for (std::size_t l = 0; l < width; ++l)
            right =
                right && columns[x * width + l] == memory[std::min(l, count - 1) * line + x * step];
        CHECK(right);

        // Back, and nothing else is touched.
        std::vector<Real> target(memory.size(), Real(7)), expected(target);
        detail::scatter_lanes<Real>(columns.data(), points, {target.data(), count, line, step});
        for (std::size_t l = 0; l < count; ++l)
          for (std::size_t x = 0; x < points; ++x)
            expected[l * line + x * step] = memory[l * line + x * step];
        CHECK(target == expected);
      }
}

TEST_CASE_TEMPLATE("parts of complex numbers are joined and split", Real, float, double) {
  constexpr std::size_t width = lanes<Real>;
  const auto re = random_values<Real>(width, 1), im = random_values<Real>(width, 2);
  for (std::size_t count = 1; count <= width; ++count)
    for (const std::size_t step : {1U, 5U}) {
      std::vector<std::complex<Real>> joined(width * step);
      detail::join_parts(re.data(), im.data(), joined.data(), count, step);
      std::vector<Real> re_back(width), im_back(width);
      detail::split_parts(joined.data(), count, step, re_back.data(), im_back.data());
      for (std::size_t l = 0; l < width; ++l) {
        CHECK(re_back[l] == re[std::min(l, count - 1)]);
        CHECK(im_back[l] == im[std::min(l, count - 1)]);
      }
    }
}

TEST_CASE_TEMPLATE("complex matrices are transposed and filled up with zeros", Real, float,
                   double) {
  using Complex = std::complex<Real>;
  for (const std::size_t rows : {1U, 2U, 5U, 8U})
    for (const std::size_t columns : {1U, 3U, 6U}) {
      const auto in = random_values<Complex>(rows * columns, 1);
      std::vector<Complex> out(columns * 9, Complex(3)), strided(out);
      detail::transpose_complex(rows, columns, in.data(), columns, 1, out.data(), 9);
      for (std::size_t k = 0; k < columns; ++k)
        for (std::size_t r = 0; r < 9; ++r)
          CHECK(out[k * 9 + r] == (r < rows ? in[r * columns + k] : Complex{}));
      detail::transpose_complex(rows, columns, out.data(), 1, 9, strided.data(), 9);
      CHECK(strided == out);
    }
}

}  // namespace nop::test::lanes_test
