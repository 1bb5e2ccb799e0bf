// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/pull_convolve.hpp>

#include "support/naive_convolution.hpp"
#include "support/random_field.hpp"
#include "support/threads.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::pull_convolve_test {
namespace {

/// The gradients by x and by the weight.
template <class Real, std::size_t Dim, class Pull>
std::vector<std::vector<Real>> gradients(const ConvolutionSize<Dim>& size, const Pull& pull) {
  const auto x      = random_values<Real>(size.batch * size.in * size.points(), 1);
  const auto weight = random_values<Real>(size.taps() * size.in * size.out, 2);
  const auto dy     = random_values<Real>(size.batch * size.out * size.points(), 3);
  auto dx = x, dweight = weight;
  pull(size, x.data(), weight.data(), dy.data(), dx.data(), dweight.data());
  return {dx, dweight};
}
constexpr auto ours  = [](const auto&... arguments) { nop::cpu::pull_convolve(arguments...); };
constexpr auto naive = [](const auto&... arguments) { naive_pull_convolve(arguments...); };

template <class Real, std::size_t Dim>
void check(const ConvolutionSize<Dim>& size) {
  CAPTURE(size.grid);
  CAPTURE(size.kernel);
  const auto got = gradients<Real>(size, ours), expected = gradients<Real>(size, naive);
  CHECK(worst_error(got[0], expected[0]) < rounding<Real>);
  CHECK(worst_error(got[1], expected[1]) < rounding<Real>);
}

}  // namespace

TEST_CASE_TEMPLATE("gradients for kernels of any number of points on grids of any number", Real,
                   float, double) {
  for (const std::size_t points : {1U, 2U, 7U, 40U, 700U})
    for (const std::size_t kernel : {1U, 2U, 3U, 4U, 9U})
      check<Real, 1>({2, 3, 2, {points}, {kernel}});
  check<Real, 2>({2, 3, 2, {5, 6}, {3, 3}});
  check<Real, 2>({3, 3, 5, {6, 5}, {4, 1}});
  check<Real, 3>({2, 3, 2, {3, 4, 5}, {3, 2, 4}});
  check<Real, 4>({2, 3, 2, {3, 2, 2, 3}, {2, 3, 1, 3}});
}

TEST_CASE_TEMPLATE("gradients for channels of any number, and for bands of a grid", Real, float,
                   double) {
  for (const std::size_t channels : {1U, 13U, 16U, 17U, 33U}) {
    check<Real, 2>({2, channels, 5, {4, 9}, {3, 3}});
    check<Real, 2>({2, 5, channels, {4, 9}, {3, 3}});
  }
  check<Real, 2>({3, 17, 20, {40, 33}, {4, 5}});
}

TEST_CASE("only the gradients that are asked for are computed; of no samples they are zero") {
  const ConvolutionSize<2> size{2, 3, 4, {5, 6}, {3, 3}};
  const auto expected = gradients<double>(size, naive);
  const auto without  = [&](bool by_x) {
    return gradients<double>(
        size, [by_x](const auto& s, auto* x, auto* w, auto* dy, auto* dx, auto* dweight) {
          nop::cpu::pull_convolve(s, x, w, dy, by_x ? dx : nullptr, by_x ? nullptr : dweight);
        });
  };
  CHECK(worst_error(without(true)[0], expected[0]) < rounding<double>);
  CHECK(worst_error(without(false)[1], expected[1]) < rounding<double>);
  const auto of_none = gradients<double>(ConvolutionSize<1>{0, 2, 2, {4}, {3}}, ours);
  for (const double value : of_none[1]) CHECK(value == 0);
}

TEST_CASE("gradients of a convolution have the same bits on any number of threads") {
  CHECK(same_on_any_threads(
      [] { return gradients<float>(ConvolutionSize<2>{23, 8, 9, {14, 14}, {3, 3}}, ours); }));
}

}  // namespace nop::test::pull_convolve_test
