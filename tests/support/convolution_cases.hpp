// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/convolution_size.hpp>

#include "backend_array.hpp"
#include "naive_convolution.hpp"
#include "random_field.hpp"
#include "tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

/// \file
/// What the convolutions of every backend have to do, and their gradients.

namespace nop::test {

/// Random operands of a convolution, on the host.
template <class Real, std::size_t Dim>
struct ConvolutionOperands {
  ConvolutionSize<Dim> size;
  std::vector<Real> x, weight, bias, dy;

  explicit ConvolutionOperands(const ConvolutionSize<Dim>& of)
      : size(of),
        x(random_values<Real>(size.batch * size.in * size.points(), 1)),
        weight(random_values<Real>(size.taps() * size.in * size.out, 2)),
        bias(random_values<Real>(size.out, 3)),
        dy(random_values<Real>(size.batch * size.out * size.points(), 3)) {}
};

/// The gradients by x and by the weight, or NaN where they are not wanted.
template <class Real>
struct ConvolutionGradients {
  std::vector<Real> by_x, by_weight;

  bool operator==(const ConvolutionGradients&) const = default;
};

/// The result of a backend, in memory that held no numbers.
template <class Backend, class Real, std::size_t Dim>
std::vector<Real> convolved(const ConvolutionSize<Dim>& size, bool biased) {
  using Array = BackendArray<Backend, Real>;
  const ConvolutionOperands<Real, Dim> all(size);
  const Array x(all.x), weight(all.weight), bias(all.bias);
  Array y(all.dy.size(), std::numeric_limits<Real>::quiet_NaN());
  Backend::convolve(size, x.data(), weight.data(), biased ? bias.data() : nullptr, y.data());
  return y.values();
}

template <class Backend, class Real, std::size_t Dim>
ConvolutionGradients<Real> convolution_gradients(const ConvolutionSize<Dim>& size,
                                                 bool wants_x = true, bool wants_weight = true) {
  using Array            = BackendArray<Backend, Real>;
  constexpr Real nothing = std::numeric_limits<Real>::quiet_NaN();
  const ConvolutionOperands<Real, Dim> all(size);
  const Array x(all.x), weight(all.weight), dy(all.dy);
  Array dx(all.x.size(), nothing), dweight(all.weight.size(), nothing);
  Backend::pull_convolve(size, x.data(), weight.data(), dy.data(), wants_x ? dx.data() : nullptr,
                         wants_weight ? dweight.data() : nullptr);
  return {dx.values(), dweight.values()};
}

template <std::size_t Dim>
ConvolutionGradients<double> naive_convolution_gradients(const ConvolutionSize<Dim>& size) {
  const ConvolutionOperands<double, Dim> all(size);
  auto dx = all.x, dweight = all.weight;
  naive_pull_convolve(size, all.x.data(), all.weight.data(), all.dy.data(), dx.data(),
                      dweight.data());
  return {dx, dweight};
}

/// In this precision against the definition in double.
template <class Backend, class Real, std::size_t Dim>
void check_convolution(const ConvolutionSize<Dim>& size) {
  CAPTURE(size.batch);
  CAPTURE(size.in);
  CAPTURE(size.out);
  CAPTURE(size.grid);
  CAPTURE(size.kernel);
  const ConvolutionOperands<double, Dim> all(size);
  auto expected = all.dy;
  for (const bool biased : {false, true}) {
    naive_convolve(size, all.x.data(), all.weight.data(), biased ? all.bias.data() : nullptr,
                   expected.data());
    CHECK(worst_error(convolved<Backend, Real>(size, biased), expected) < rounding<Real>);
  }
}

/// The same for its gradients.
template <class Backend, class Real, std::size_t Dim>
void check_convolution_gradients(const ConvolutionSize<Dim>& size) {
  CAPTURE(size.batch);
  CAPTURE(size.in);
  CAPTURE(size.out);
  CAPTURE(size.grid);
  CAPTURE(size.kernel);
  const auto got      = convolution_gradients<Backend, Real>(size);
  const auto expected = naive_convolution_gradients(size);
  CHECK(worst_error(got.by_x, expected.by_x) < rounding<Real>);
  CHECK(worst_error(got.by_weight, expected.by_weight) < rounding<Real>);
}

/// Calls `check(size)` for kernels of any number of points on grids of any number, up to `longest`.
void for_each_kernel(std::size_t longest, const auto& check) {
  for (const std::size_t points :
       {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{40}, longest})
    for (const std::size_t kernel : {1U, 2U, 3U, 4U, 9U})
      check(ConvolutionSize<1>{2, 3, 2, {points}, {kernel}});
  check(ConvolutionSize<2>{2, 3, 2, {5, 6}, {3, 3}});
  check(ConvolutionSize<2>{3, 3, 5, {6, 5}, {4, 1}});
  check(ConvolutionSize<2>{1, 2, 2, {1, 33}, {9, 2}});
  check(ConvolutionSize<3>{2, 3, 2, {3, 4, 5}, {3, 2, 4}});
  check(ConvolutionSize<4>{2, 3, 2, {3, 2, 2, 3}, {2, 3, 1, 3}});
}

/// Only the gradients that are asked for are computed; of no samples they are zero.
template <class Backend>
void check_wanted_convolution_gradients() {
  const ConvolutionSize<2> size{2, 3, 4, {5, 6}, {3, 3}};
  const auto is_nan    = [](double value) { return value != value; };
  const auto expected  = naive_convolution_gradients(size);
  const auto by_x      = convolution_gradients<Backend, double>(size, true, false);
  const auto by_weight = convolution_gradients<Backend, double>(size, false, true);
  CHECK(worst_error(by_x.by_x, expected.by_x) < rounding<double>);
  CHECK(std::all_of(by_x.by_weight.begin(), by_x.by_weight.end(), is_nan));
  CHECK(std::all_of(by_weight.by_x.begin(), by_weight.by_x.end(), is_nan));
  CHECK(worst_error(by_weight.by_weight, expected.by_weight) < rounding<double>);
  const ConvolutionSize<1> none{0, 2, 2, {4}, {3}};
  for (const double value : convolution_gradients<Backend, double>(none).by_weight)
    CHECK(value == 0);
}

}  // namespace nop::test
