// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/signs.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <cstdlib>
#include <vector>

namespace nop::test::signs_test {

using nop::cpu::lanes;
using nop::cpu::detail::SignPatterns;
using Complex = std::complex<double>;

namespace {

constexpr std::size_t width = lanes<double>;

/// The coefficient of one mode as the sum over all sets of sines that defines it.
template <class Element, std::size_t Dim>
Complex coefficient(const std::vector<double>& sums, const Shape<Dim>& modes,
                    const std::vector<std::ptrdiff_t>& k, std::size_t lane) {
  constexpr std::size_t parts = nop::complex<Element> ? 2 : 1;
  Complex total;
  for (unsigned set = 0; set < (1U << Dim); ++set) {
    Complex factor  = 1;
    std::size_t row = 0;
    for (std::size_t a = 0; a < Dim; ++a) {
      const auto magnitude = static_cast<std::size_t>(std::abs(k[a]));
      const bool sine      = (set >> a & 1U) != 0;
      if (sine) factor *= k[a] == 0 ? Complex(0) : Complex(0, k[a] < 0 ? 1 : -1);
      const std::size_t at = sine && k[a] != 0 ? modes[a] / 2 + magnitude : magnitude;
      row                  = row * (2 * (modes[a] / 2) + 1) + at;
    }
    for (std::size_t part = 0; part < parts; ++part)
      total += factor * (part == 0 ? Complex(1) : Complex(0, 1)) *
               sums[(row * parts + part) * width + lane];
  }
  return total;
}

template <class Element, std::size_t Dim>
void check(const Shape<Dim>& modes) {
  CAPTURE(modes);
  constexpr std::size_t parts = nop::complex<Element> ? 2 : 1;
  const auto stored           = nop::spectrum_shape<Element>(modes);
  const SignPatterns<Element, Dim> patterns(modes);
  CHECK(patterns.lines() == element_count(stored, 0, Dim - 1));
  std::size_t rows = parts;
  for (const std::size_t m : modes) rows *= 2 * (m / 2) + 1;
  const auto sums       = nop::test::random_values<double>(rows * width, 1);
  const std::size_t row = stored[Dim - 1] * 2 * width;
  double product = 0, adjoint_product = 0;
  std::vector<double> back(sums.size());
  for (std::size_t line = 0; line < patterns.lines(); ++line) {
    std::vector<double> got(row);
    patterns.combine(sums.data(), line, got.data());
    std::vector<std::ptrdiff_t> k(Dim);
    std::size_t rest = line;
    for (std::size_t a = Dim - 1; a-- > 0; rest /= stored[a])
      k[a] = nop::lowest_frequency(modes[a]) + static_cast<std::ptrdiff_t>(rest % stored[a]);
    for (std::size_t m = 0; m < stored[Dim - 1]; ++m) {
      k[Dim - 1] = static_cast<std::ptrdiff_t>(m) +
                   (nop::real<Element> ? 0 : nop::lowest_frequency(modes[Dim - 1]));
      for (std::size_t lane = 0; lane < width; ++lane) {
        const Complex found(got[2 * m * width + lane], got[(2 * m + 1) * width + lane]);
        CHECK(std::abs(found - coefficient<Element>(sums, modes, k, lane)) < 1e-14);
      }
    }
    // The other way is the adjoint.
    const auto other = nop::test::random_values<double>(row, line + 2);
    for (std::size_t i = 0; i < row; ++i) product += got[i] * other[i];
    patterns.separate(other.data(), line, back.data());
  }
  for (std::size_t i = 0; i < back.size(); ++i) adjoint_product += back[i] * sums[i];
  CHECK(std::abs(product - adjoint_product) < 1e-10);
}

}  // namespace

TEST_CASE("coefficients of either sign are made of sums of cosines and sines") {
  for (const std::size_t m : {1U, 2U, 3U, 4U, 5U}) {
    check<double>(Shape{m});
    check<Complex>(Shape{m});
    for (const std::size_t n : {1U, 2U, 5U}) {
      check<double>(Shape{m, n});
      check<Complex>(Shape{m, n});
    }
  }
  check<double>(Shape{4, 3, 2});
  check<Complex>(Shape{3, 4, 4});
  check<double>(Shape{2, 3, 2, 4});
  check<Complex>(Shape{3, 2, 2, 3});
}

}  // namespace nop::test::signs_test
