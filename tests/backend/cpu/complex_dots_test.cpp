// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/complex_dots.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::complex_dots_test {

using nop::cpu::detail::multiply_complex_dots;
using nop::cpu::detail::Strided;

namespace {

template <class Real>
void check(std::size_t rows, std::size_t depth, std::size_t columns) {
  CAPTURE(rows);
  CAPTURE(depth);
  CAPTURE(columns);
  using Complex   = std::complex<Real>;
  const auto a    = random_values<Complex>(rows * depth, 1);
  const auto b    = random_values<Complex>(depth * columns, 2);
  const auto old  = random_values<Complex>(rows * (columns + 2), 3);
  const auto part = [](const Strided<Complex>& m, std::size_t r, std::size_t c) {
    const std::complex<double> value(m.data[r * m.row + c * m.column]);
    return m.conjugate ? std::conj(value) : value;
  };
  for (const bool conjugate : {false, true})
    for (const Strided<Complex>& left :
         {Strided<Complex>{a.data(), depth, 1, conjugate}, {a.data(), 1, rows, conjugate}})
      for (const Strided<Complex>& right :
           {Strided<Complex>{b.data(), 1, depth, false}, {b.data(), 1, depth, true}})
        for (const Update update : {Update::overwrite, Update::add}) {
          auto c        = old;
          auto expected = old;
          multiply_complex_dots(rows, depth, columns, left, right, c.data(), columns + 2, update);
          for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t k = 0; k < columns; ++k) {
              std::complex<double> sum = update == Update::add ? old[r * (columns + 2) + k] : 0;
              for (std::size_t d = 0; d < depth; ++d) sum += part(left, r, d) * part(right, d, k);
              expected[r * (columns + 2) + k] = Complex(sum);
            }
          CHECK(nop::test::worst_error(c, expected) < nop::test::rounding<Real>);
        }
}

}  // namespace

TEST_CASE_TEMPLATE("complex dot products of rows are the product", Real, float, double) {
  for (const std::size_t rows : {1U, 2U, 5U})
    for (const std::size_t columns : {1U, 3U, 8U, 13U, 64U})
      for (const std::size_t depth : {1U, 2U, 7U, 8U, 33U}) check<Real>(rows, depth, columns);
}

}  // namespace nop::test::complex_dots_test
