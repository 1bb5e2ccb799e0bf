// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/real_dft.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace nop::test::real_dft_test {

using nop::cpu::RealDft;
using nop::cpu::RealDftKey;

namespace {

/// The matrix from its definition: cosines of 0 ... m/2, then sines of 1 ... m/2, with weights.
double entry(const RealDftKey& key, std::size_t row, std::size_t x) {
  const std::size_t highest = key.modes / 2, k = row <= highest ? row : row - highest;
  const double n = static_cast<double>(key.points);
  double weight  = 1;
  if (key.weight == ModeWeight::coefficient)
    weight = (key.half && 2 * k == key.points) ? 0.5 / n : 1 / n;
  if (key.weight == ModeWeight::multiplicity && key.half && k > 0) weight = 2;
  const double angle = 2 * std::numbers::pi * static_cast<double>(k) * static_cast<double>(x) / n;
  return weight * (row <= highest ? std::cos(angle) : std::sin(angle));
}

template <class Real>
void check(const RealDftKey& key) {
  CAPTURE(key.points);
  CAPTURE(key.modes);
  constexpr std::size_t width = RealDft<Real>::width;
  // Steps larger than the width, as within a plane.
  const std::size_t points = key.points, rows = key.rows(), step = width + 3;
  const RealDft<Real> dft(key);
  const auto x = random_values<Real>(points * step, 1);
  const auto y = random_values<Real>(rows * step, 2);
  std::vector<Real> mx(rows * step), mty(points * step), work(dft.workspace());
  std::vector<Real> expected_mx(mx), expected_mty(mty);
  dft.analyze(x.data(), step, mx.data(), step, {x.data(), step});
  dft.synthesize(y.data(), step, mty.data(), step, {mty.data(), step}, work.data());
  for (std::size_t c = 0; c < width; ++c) {
    for (std::size_t r = 0; r < rows; ++r) {
      double sum = 0;
      for (std::size_t p = 0; p < points; ++p)
        sum += entry(key, r, p) * static_cast<double>(x[p * step + c]);
      expected_mx[r * step + c] = static_cast<Real>(sum);
    }
    for (std::size_t p = 0; p < points; ++p) {
      double sum = 0;
      for (std::size_t r = 0; r < rows; ++r)
        sum += entry(key, r, p) * static_cast<double>(y[r * step + c]);
      expected_mty[p * step + c] = static_cast<Real>(sum);
    }
  }
  CHECK(worst_error(mx, expected_mx) < nop::test::rounding<Real>);
  CHECK(worst_error(mty, expected_mty) < nop::test::rounding<Real>);
}

}  // namespace

TEST_CASE_TEMPLATE("a folded product is the product with the matrix of cosines and sines", Real,
                   float, double) {
  for (const bool half : {false, true})
    for (const auto weight : {ModeWeight::coefficient, ModeWeight::multiplicity})
      for (const std::size_t n : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 9U, 12U, 16U, 31U, 34U, 64U, 97U})
        for (std::size_t m = 0; m <= n; m += n > 12 ? 7 : 1) {
          check<Real>({n, m, half, weight});
        }
}

TEST_CASE("the sine of the grid's Nyquist frequency is zero") {
  const RealDft<double> dft({8, 8, false, ModeWeight::coefficient});
  constexpr std::size_t width = RealDft<double>::width;
  const auto x                = random_values<double>(8 * width, 1);
  std::vector<double> out(9 * width);
  dft.analyze(x.data(), width, out.data(), width, {x.data(), width});
  for (std::size_t c = 0; c < width; ++c) CHECK(std::abs(out[8 * width + c]) < 1e-16);
}

}  // namespace nop::test::real_dft_test
