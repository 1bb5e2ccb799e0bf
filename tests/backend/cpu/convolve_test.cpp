// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/convolve.hpp>

#include "support/naive_convolution.hpp"
#include "support/random_field.hpp"
#include "support/threads.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::convolve_test {
namespace {

template <class Real, std::size_t Dim>
std::vector<Real> result(const ConvolutionSize<Dim>& size, bool biased) {
  const auto x      = random_values<Real>(size.batch * size.in * size.points(), 1);
  const auto weight = random_values<Real>(size.taps() * size.in * size.out, 2);
  const auto bias   = random_values<Real>(size.out, 3);
  std::vector<Real> y(size.batch * size.out * size.points());
  nop::cpu::convolve(size, x.data(), weight.data(), biased ? bias.data() : nullptr, y.data());
  return y;
}

template <class Real, std::size_t Dim>
void check(const ConvolutionSize<Dim>& size) {
  CAPTURE(size.grid);
  CAPTURE(size.kernel);
  const auto x      = random_values<double>(size.batch * size.in * size.points(), 1);
  const auto weight = random_values<double>(size.taps() * size.in * size.out, 2);
  const auto bias   = random_values<double>(size.out, 3);
  std::vector<double> expected(size.batch * size.out * size.points());
  for (const bool biased : {false, true}) {
    naive_convolve(size, x.data(), weight.data(), biased ? bias.data() : nullptr, expected.data());
    CHECK(worst_error(result<Real>(size, biased), expected) < rounding<Real>);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("kernels of any number of points on grids of any number", Real, float, double) {
  for (const std::size_t points : {1U, 2U, 7U, 40U, 700U})
    for (const std::size_t kernel : {1U, 2U, 3U, 4U, 9U})
      check<Real, 1>({2, 3, 2, {points}, {kernel}});
  check<Real, 2>({2, 3, 2, {5, 6}, {3, 3}});
  check<Real, 2>({3, 3, 5, {6, 5}, {4, 1}});
  check<Real, 2>({1, 2, 2, {1, 33}, {9, 2}});
  check<Real, 3>({2, 3, 2, {3, 4, 5}, {3, 2, 4}});
  check<Real, 4>({2, 3, 2, {3, 2, 2, 3}, {2, 3, 1, 3}});
}

TEST_CASE_TEMPLATE("channels of any number, and bands of a grid that is cut", Real, float, double) {
  for (const std::size_t out : {1U, 2U, 13U, 14U, 15U, 29U, 64U})
    check<Real, 2>({2, 5, out, {4, 9}, {3, 3}});
  check<Real, 2>({1, 17, 20, {70, 33}, {4, 5}});
  check<Real, 1>({1, 64, 64, {3000}, {3}});
  check<Real, 3>({1, 16, 16, {9, 17, 11}, {3, 3, 3}});
}

TEST_CASE("a convolution of no samples has no result") {
  CHECK(result<float, 2>({0, 3, 2, {4, 5}, {3, 3}}, true).empty());
}

TEST_CASE("a convolution has the same bits on any number of threads") {
  CHECK(same_on_any_threads([] { return result<float, 2>({5, 32, 32, {14, 14}, {3, 3}}, true); }));
}

}  // namespace nop::test::convolve_test
