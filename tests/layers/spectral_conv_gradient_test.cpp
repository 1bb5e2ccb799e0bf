// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/spectral_conv.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>

namespace nop::test::spectral_conv_gradient_test {

using Complex = std::complex<double>;
template <std::size_t Dim, class Element>
using Layer = nop::SpectralConv<Dim, Cpu, Element>;

namespace {

template <class Element, std::size_t Dim>
Layer<Dim, Element> layer(const Shape<Dim>& modes, bool bias) {
  Rng rng(1);
  return {{.in_channels = 2, .out_channels = 2, .modes = modes, .bias = bias}, rng};
}

/// A convolution that answers on a grid of its own.
template <std::size_t Dim, class Element>
struct Resampled {
  Layer<Dim, Element> convolution;
  Shape<Dim> grid;
  template <class Field>
  auto operator()(const Field& x) const {
    return convolution(x, grid);
  }
  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("convolution", self.convolution);
  }
};

template <class Element, std::size_t Dim>
void check(const Shape<Dim>& grid, const Shape<Dim>& modes) {
  CAPTURE(grid);
  CAPTURE(modes);
  const auto x     = random_field<Element>(joined(Shape<2>{2, 2}, grid));
  const auto plain = layer<Element>(modes, false);
  nop::test::check_function(layer<Element>(modes, true), x);
  nop::test::check_ways_to_call(plain, x);
  nop::test::check_adjoint(plain, x);
  nop::test::check_translation(plain, x);
}

template <class Element, std::size_t Dim>
void check_to(const Shape<Dim>& grid, const Shape<Dim>& modes, const Shape<Dim>& output_grid) {
  CAPTURE(grid);
  CAPTURE(modes);
  CAPTURE(output_grid);
  const auto x = random_field<Element>(joined(Shape<2>{2, 2}, grid));
  nop::test::check_gradients(Resampled<Dim, Element>{layer<Element>(modes, true), output_grid}, x);
  nop::test::check_adjoint(Resampled<Dim, Element>{layer<Element>(modes, false), output_grid}, x);
}

}  // namespace

TEST_CASE("a convolution of one axis passes the battery") {
  for (const std::size_t n : {1U, 4U, 5U, 8U})
    for (const std::size_t m : {1U, 4U, 5U, 7U}) check<double>(Shape{n}, Shape{m});
}

TEST_CASE("a convolution of more axes passes the battery") {
  check<double>(Shape{5, 4}, Shape{4, 3});
  check<double>(Shape{4, 5}, Shape{5, 6});
  check<double>(Shape{3, 4, 5}, Shape{2, 5, 3});
  check<double>(Shape{3, 2, 3, 4}, Shape{2, 3, 2, 3});
}

TEST_CASE("a convolution of complex fields passes the battery") {
  check<Complex>(Shape{5}, Shape{4});
  check<Complex>(Shape{6}, Shape{7});
  check<Complex>(Shape{4, 5}, Shape{3, 4});
}

TEST_CASE("a convolution that answers on another grid has right gradients") {
  for (const std::size_t to : {3U, 4U, 9U, 12U}) {
    check_to<double>(Shape{6}, Shape{5}, Shape{to});
    check_to<double>(Shape{5}, Shape{8}, Shape{to});
  }
  check_to<double>(Shape{4, 5}, Shape{4, 4}, Shape{3, 8});
  check_to<Complex>(Shape{5}, Shape{6}, Shape{8});
}

TEST_CASE("a convolution in float agrees with one in double") {
  Rng rng(2);
  nop::test::check_precisions(
      layer<double>(Shape{6, 5}, true),
      Layer<2, float>({.in_channels = 2, .out_channels = 2, .modes = {6, 5}}, rng),
      random_field(Shape{2, 2, 13, 16}));
}

}  // namespace nop::test::spectral_conv_gradient_test
