// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/convolve.cuh>
#include <nop/backend/cuda/memory.cuh>

#include "support/cuda.hpp"
#include "support/naive_convolution.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::cuda::convolve_test {
namespace {

template <class Real>
struct OnDevice {
  nop::cuda::Scratch<Real> values;

  explicit OnDevice(const std::vector<Real>& from) : values(from.size()) {
    nop::cuda::copy_from_host(from.data(), values.data(), from.size());
  }
};

template <class Real, std::size_t Dim>
std::vector<Real> result(const ConvolutionSize<Dim>& size, bool biased) {
  const OnDevice<Real> x(random_values<Real>(size.batch * size.in * size.points(), 1));
  const OnDevice<Real> weight(random_values<Real>(size.taps() * size.in * size.out, 2));
  const OnDevice<Real> bias(random_values<Real>(size.out, 3));
  std::vector<Real> y(size.batch * size.out * size.points(),
                      std::numeric_limits<Real>::quiet_NaN());
  const OnDevice<Real> there(y);
  nop::cuda::convolve(size, x.values.data(), weight.values.data(),
                      biased ? bias.values.data() : nullptr, there.values.data());
  nop::cuda::copy_to_host(there.values.data(), y.data(), y.size());
  return y;
}

template <class Real, std::size_t Dim>
void check(const ConvolutionSize<Dim>& size) {
  CAPTURE(size.batch);
  CAPTURE(size.in);
  CAPTURE(size.out);
  CAPTURE(size.grid);
  CAPTURE(size.kernel);
  const auto x      = random_values<Real>(size.batch * size.in * size.points(), 1);
  const auto weight = random_values<Real>(size.taps() * size.in * size.out, 2);
  const auto bias   = random_values<Real>(size.out, 3);
  std::vector<Real> expected(size.batch * size.out * size.points());
  for (const bool biased : {false, true}) {
    naive_convolve(size, x.data(), weight.data(), biased ? bias.data() : nullptr, expected.data());
    CHECK(worst_error(result<Real>(size, biased), expected) < rounding<Real>);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("kernels of any number of points on grids of any number", Real, float, double) {
  for (const std::size_t points : {1U, 2U, 7U, 40U, 300U})
    for (const std::size_t kernel : {1U, 2U, 3U, 4U, 9U})
      check<Real, 1>({2, 3, 2, {points}, {kernel}});
  check<Real, 2>({2, 3, 2, {5, 6}, {3, 3}});
  check<Real, 2>({3, 3, 5, {6, 5}, {4, 1}});
  check<Real, 2>({1, 2, 2, {1, 33}, {9, 2}});
  check<Real, 3>({2, 3, 2, {3, 4, 5}, {3, 2, 4}});
  check<Real, 4>({2, 3, 2, {3, 2, 2, 3}, {2, 3, 1, 3}});
}

TEST_CASE_TEMPLATE("channels of any number, fewer and more than a tile has", Real, float, double) {
  for (const std::size_t in : {1U, 4U, 5U, 8U, 17U})
    for (const std::size_t out : {1U, 8U, 9U, 31U, 33U, 70U})
      check<Real, 2>({2, in, out, {4, 5}, {3, 2}});
}

TEST_CASE_TEMPLATE("tiles of points that several samples share, and sums that are cut into parts",
                   Real, float, double) {
  check<Real, 2>({5, 16, 12, {7, 7}, {3, 3}});
  check<Real, 2>({3, 40, 36, {4, 6}, {3, 3}});
  check<Real, 1>({150, 5, 9, {1}, {3}});
  check<Real, 2>({40, 6, 9, {5, 7}, {1, 1}});
  check<Real, 1>({1, 6, 34, {1500}, {3}});
  if (emulated) return;
  check<Real, 2>({16, 64, 64, {14, 14}, {3, 3}});
  check<Real, 2>({33, 32, 96, {28, 28}, {3, 3}});
  check<Real, 3>({2, 16, 40, {17, 18, 19}, {3, 3, 3}});
}

TEST_CASE("a convolution of no samples has no result") {
  CHECK(result<float, 2>({0, 3, 2, {4, 5}, {3, 3}}, true).empty());
}

TEST_CASE("a convolution has the same bits every time") {
  const ConvolutionSize<2> size{5, 32, 32, {7, 7}, {3, 3}};
  CHECK(result<float>(size, true) == result<float>(size, true));
}

}  // namespace nop::test::cuda::convolve_test
