// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/pull_convolve.cuh>

#include "support/cuda.hpp"
#include "support/naive_convolution.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::cuda::pull_convolve_test {
namespace {

template <class Real>
struct OnDevice {
  nop::cuda::Scratch<Real> values;
  std::size_t size;

  explicit OnDevice(const std::vector<Real>& from) : values(from.size()), size(from.size()) {
    nop::cuda::copy_from_host(from.data(), values.data(), size);
  }
  [[nodiscard]] std::vector<Real> back() const {
    std::vector<Real> to(size);
    nop::cuda::copy_to_host(values.data(), to.data(), size);
    return to;
  }
};

/// The gradients by x and by the weight, or what was there where they are not wanted.
template <class Real>
struct Gradients {
  std::vector<Real> by_x, by_weight;
};
template <class Real, std::size_t Dim>
Gradients<Real> ours(const ConvolutionSize<Dim>& size, bool want_x = true,
                     bool want_weight = true) {
  const OnDevice<Real> x(random_values<Real>(size.batch * size.in * size.points(), 1));
  const OnDevice<Real> weight(random_values<Real>(size.taps() * size.in * size.out, 2));
  const OnDevice<Real> dy(random_values<Real>(size.batch * size.out * size.points(), 3));
  const Real nothing = std::numeric_limits<Real>::quiet_NaN();
  const OnDevice<Real> dx(std::vector<Real>(x.size, nothing));
  const OnDevice<Real> dweight(std::vector<Real>(weight.size, nothing));
  nop::cuda::pull_convolve(size, x.values.data(), weight.values.data(), dy.values.data(),
                           want_x ? dx.values.data() : nullptr,
                           want_weight ? dweight.values.data() : nullptr);
  return {dx.back(), dweight.back()};
}
template <class Real, std::size_t Dim>
Gradients<Real> naive(const ConvolutionSize<Dim>& size) {
  const auto x      = random_values<Real>(size.batch * size.in * size.points(), 1);
  const auto weight = random_values<Real>(size.taps() * size.in * size.out, 2);
  const auto dy     = random_values<Real>(size.batch * size.out * size.points(), 3);
  auto dx = x, dweight = weight;
  naive_pull_convolve(size, x.data(), weight.data(), dy.data(), dx.data(), dweight.data());
  return {dx, dweight};
}

template <class Real, std::size_t Dim>
void check(const ConvolutionSize<Dim>& size) {
  CAPTURE(size.batch);
  CAPTURE(size.in);
  CAPTURE(size.out);
  CAPTURE(size.grid);
  CAPTURE(size.kernel);
  const auto got = ours<Real>(size), expected = naive<Real>(size);
  CHECK(worst_error(got.by_x, expected.by_x) < rounding<Real>);
  CHECK(worst_error(got.by_weight, expected.by_weight) < rounding<Real>);
}

bool are_untouched(const auto& values) {
  for (const auto value : values)
    if (value == value) return false;
  return true;
}

}  // namespace

TEST_CASE_TEMPLATE("gradients for kernels of any number of points on grids of any number", Real,
                   float, double) {
  for (const std::size_t points : {1U, 2U, 7U, 40U, 300U})
    for (const std::size_t kernel : {1U, 2U, 3U, 4U, 9U})
      check<Real, 1>({2, 3, 2, {points}, {kernel}});
  check<Real, 2>({2, 3, 2, {5, 6}, {3, 3}});
  check<Real, 2>({3, 3, 5, {6, 5}, {4, 1}});
  check<Real, 3>({2, 3, 2, {3, 4, 5}, {3, 2, 4}});
  check<Real, 4>({2, 3, 2, {3, 2, 2, 3}, {2, 3, 1, 3}});
}

TEST_CASE_TEMPLATE("gradients for channels of any number, fewer and more than a tile has", Real,
                   float, double) {
  for (const std::size_t channels : {1U, 8U, 9U, 17U, 33U, 70U}) {
    check<Real, 2>({2, channels, 5, {3, 5}, {3, 2}});
    check<Real, 2>({2, 5, channels, {3, 5}, {3, 2}});
    check<Real, 2>({2, channels, 36, {3, 5}, {1, 2}});
    check<Real, 2>({2, 36, channels, {3, 5}, {1, 2}});
  }
}

TEST_CASE_TEMPLATE("gradients by the weight as sums of many parts, over points of many samples",
                   Real, float, double) {
  check<Real, 2>({5, 16, 12, {7, 7}, {3, 3}});
  check<Real, 1>({300, 5, 9, {1}, {3}});
  check<Real, 2>({9, 33, 34, {5, 14}, {1, 1}});
  check<Real, 1>({1, 2, 3, {1500}, {3}});
  if (emulated) return;
  check<Real, 2>({16, 64, 64, {14, 14}, {3, 3}});
  check<Real, 2>({33, 96, 32, {28, 28}, {3, 3}});
  check<Real, 3>({2, 40, 16, {17, 18, 19}, {3, 3, 3}});
}

TEST_CASE("only the gradients that are asked for are computed; of no samples they are zero") {
  const ConvolutionSize<2> size{2, 3, 4, {5, 6}, {3, 3}};
  const auto expected = naive<double>(size);
  const auto by_x = ours<double>(size, true, false), by_weight = ours<double>(size, false, true);
  CHECK(worst_error(by_x.by_x, expected.by_x) < rounding<double>);
  CHECK(are_untouched(by_x.by_weight));
  CHECK(are_untouched(by_weight.by_x));
  CHECK(worst_error(by_weight.by_weight, expected.by_weight) < rounding<double>);
  for (const double value : ours<double>(ConvolutionSize<1>{0, 2, 2, {4}, {3}}).by_weight)
    CHECK(value == 0);
}

TEST_CASE("gradients of a convolution have the same bits every time") {
  const ConvolutionSize<2> size{23, 8, 9, {7, 7}, {3, 3}};
  const auto once = ours<float>(size), again = ours<float>(size);
  CHECK(once.by_x == again.by_x);
  CHECK(once.by_weight == again.by_weight);
}

}  // namespace nop::test::cuda::pull_convolve_test
