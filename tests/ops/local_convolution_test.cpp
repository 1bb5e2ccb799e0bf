// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/channels.hpp>
#include <nop/ops/local_convolution.hpp>

#include "support/layer_battery.hpp"
#include "support/naive_convolution.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::local_convolution_test {
namespace {

template <nop::real Element, std::size_t Dim>
void check_naive(const Shape<Dim>& grid, const Shape<Dim>& kernel) {
  CAPTURE(grid);
  CAPTURE(kernel);
  const auto x = random_field<Element>(joined(Shape<2>{2, 3}, grid), 1);
  const auto w = random_field<Element>(joined(kernel, Shape<2>{2, 3}), 2);
  const auto y = local_convolution(x, w);
  CHECK(y.shape() == with_channels(x.shape(), 2));
  auto expected = y.to_host();
  naive_convolve(ConvolutionSize<Dim>{2, 3, 2, grid, kernel}, x.data(), w.data(),
                 static_cast<const Element*>(nullptr), expected.data());
  CHECK(worst_error(y.to_host(), expected) < nop::test::rounding<Element>);
}

template <std::size_t Dim>
void check_battery(const Shape<Dim>& grid, const Shape<Dim>& kernel) {
  const auto x = random_field(joined(Shape<2>{2, 2}, grid), 1);
  const auto w = random_field(joined(kernel, Shape<2>{3, 2}), 2);
  nop::test::check_linear_function([&](const auto& u) { return local_convolution(u, w); }, x);
  nop::test::check_gradients(local_convolution, x, w);
  nop::test::check_ways_to_call(local_convolution, x, w);
  const auto b = random_field(Shape{3}, 3);
  CHECK(worst_error(local_convolution(x, w, b).to_host(),
                    nop::add_channels(local_convolution(x, w), b).to_host()) < 1e-13);
  nop::test::check_gradients(local_convolution, x, w, b);
  nop::test::check_ways_to_call(local_convolution, x, w, b);
}

}  // namespace

TEST_CASE_TEMPLATE("a local convolution is the sum over the taps inside", Element, float, double) {
  for (const std::size_t points : {1U, 2U, 7U, 40U})
    for (const std::size_t kernel : {1U, 2U, 3U, 4U, 9U})
      check_naive<Element>(Shape{points}, Shape{kernel});
  check_naive<Element>(Shape<2>{5, 6}, Shape<2>{3, 3});
  check_naive<Element>(Shape<2>{6, 5}, Shape<2>{4, 1});
  check_naive<Element>(Shape<2>{16, 33}, Shape<2>{2, 5});
  check_naive<Element>(Shape<3>{3, 4, 5}, Shape<3>{3, 2, 4});
  check_naive<Element>(Shape<4>{3, 2, 2, 3}, Shape<4>{2, 3, 1, 3});
}

TEST_CASE("a local convolution has right gradients") {
  check_battery(Shape<1>{6}, Shape<1>{3});
  check_battery(Shape<1>{5}, Shape<1>{4});
  check_battery(Shape<2>{4, 3}, Shape<2>{3, 2});
  check_battery(Shape<2>{3, 4}, Shape<2>{1, 5});
  check_battery(Shape<3>{2, 3, 2}, Shape<3>{2, 3, 3});
  check_battery(Shape<4>{2, 2, 3, 2}, Shape<4>{2, 1, 2, 3});
}

TEST_CASE("with one tap a local convolution is a mixing of channels") {
  const auto x = random_field(Shape{2, 3, 4, 5}), w = random_field(Shape{1, 1, 2, 3}, 2);
  CHECK(worst_error(local_convolution(x, w).to_host(),
                    nop::mix_channels(x, nop::reshape(w, Shape{2, 3})).to_host()) < 1e-14);
}

TEST_CASE("a kernel of central differences differentiates inside, and sees zeros outside") {
  const auto x = nop::test::field_of<double>(Shape{1, 1, 5}, {1, 4, 9, 16, 25});
  const auto w = nop::test::field_of<double>(Shape{3, 1, 1}, {-0.5, 0, 0.5});
  CHECK(local_convolution(x, w).to_host() == std::vector<double>{2, 4, 6, 8, -8});
}

TEST_CASE("a local convolution refuses other channels and what is empty") {
  using Field = nop::Tensor<double, 3, nop::Cpu>;
  CHECK_THROWS_WITH_AS(
      local_convolution(Field({1, 2, 4}), Field({3, 1, 3})),
      "local_convolution: expected a field of at least one point and a weight [kernel..., out, in] "
      "for its channels, got [1, 2, 4] and [3, 1, 3]",
      nop::PreconditionError);
  CHECK_THROWS_WITH_AS(
      local_convolution(Field({1, 2, 4}), Field({3, 1, 2}), nop::Tensor<double, 1, nop::Cpu>({2})),
      "local_convolution: expected a bias of 1 channels, got [2]", nop::PreconditionError);
  CHECK_THROWS_AS(local_convolution(Field({1, 2, 0}), Field({3, 1, 2})), nop::PreconditionError);
  CHECK_THROWS_AS(local_convolution(Field({1, 2, 4}), Field({0, 1, 2})), nop::PreconditionError);
  CHECK(local_convolution(Field({0, 2, 4}), Field({3, 1, 2})).shape() == Shape<3>{0, 1, 4});
}

}  // namespace nop::test::local_convolution_test
