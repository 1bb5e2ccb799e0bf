// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/axes.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>

namespace nop::test::axes_test {

using Complex = std::complex<double>;

TEST_CASE("a crop is the box that was asked for") {
  const auto x = random_field(Shape{2, 3, 5, 6});
  const auto y = nop::crop(x, {0, 1, 2, 1}, {2, 2, 3, 4});
  CHECK(y.shape() == Shape<4>{2, 2, 3, 4});
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t c = 0; c < 2; ++c)
      for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 4; ++j)
          CHECK(y.view()(b, c, i, j) == x.view()(b, c + 1, i + 2, j + 1));
}

TEST_CASE("a pad holds the field where it was put and zeros elsewhere") {
  const auto x = random_field(Shape{2, 3, 2});
  const auto y = nop::pad(x, {1, 0, 2}, {4, 3, 5});
  CHECK(y.shape() == Shape<3>{4, 3, 5});
  for (std::size_t a = 0; a < 4; ++a)
    for (std::size_t b = 0; b < 3; ++b)
      for (std::size_t c = 0; c < 5; ++c) {
        const bool inside = a >= 1 && a < 3 && c >= 2 && c < 4;
        CHECK(y.view()(a, b, c) == (inside ? x.view()(a - 1, b, c - 2) : 0));
      }
}

TEST_CASE_TEMPLATE("a crop undoes a pad", Element, float, double, std::complex<float>, Complex) {
  const auto x = random_field<Element>(Shape{2, 1, 3, 4});
  const auto y = nop::crop(nop::pad(x, {0, 2, 1, 3}, {2, 4, 5, 7}), {0, 2, 1, 3}, x.shape());
  CHECK(y.to_host() == x.to_host());
}

TEST_CASE("boxes of no extent are empty, at the end of an axis too") {
  const auto x = random_field(Shape{2, 3});
  CHECK(nop::crop(x, {2, 3}, {0, 0}).size() == 0);
  CHECK(nop::crop(x, {1, 3}, {1, 0}).shape() == Shape<2>{1, 0});
  const nop::Tensor<double, 2, nop::Cpu> none({0, 3});
  const auto zeros = nop::pad(none, {1, 0}, {1, 3}).to_host();
  CHECK(zeros == std::vector<double>(3));
}

TEST_CASE("channels are put one behind the other") {
  const auto a = random_field(Shape{2, 1, 3, 2}, 1), b = random_field(Shape{2, 2, 3, 2}, 2);
  const auto y = nop::concat_channels(a, b);
  CHECK(y.shape() == Shape<4>{2, 3, 3, 2});
  CHECK(nop::crop(y, {}, a.shape()).to_host() == a.to_host());
  CHECK(nop::crop(y, {0, 1, 0, 0}, b.shape()).to_host() == b.to_host());
}

TEST_CASE("a reshape keeps the order of the elements") {
  const auto x = random_field(Shape{2, 3, 4});
  const auto y = nop::reshape(x, Shape{6, 4});
  CHECK(y.shape() == Shape<2>{6, 4});
  CHECK(y.to_host() == x.to_host());
}

TEST_CASE("a reshape of somebody else's memory is a copy") {
  double memory[] = {1, 2, 3, 4};
  const auto y    = nop::reshape(nop::view(memory, {2, 2}), Shape{4});
  memory[0]       = 5;
  CHECK(y.to_host() == std::vector<double>{1, 2, 3, 4});
}

TEST_CASE_TEMPLATE("a product along an axis is that of a matrix and every line", Element, float,
                   double, std::complex<float>, Complex) {
  const auto x      = random_field<Element>(Shape{2, 3, 4, 5}, 1);
  const auto host   = x.view();
  const auto matrix = random_field<Element>(Shape{6, 4}, 2);
  const auto y      = nop::axis_product(x, matrix, 2);
  CHECK(y.shape() == Shape<4>{2, 3, 6, 5});
  std::vector<Element> expected;
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t r = 0; r < 6; ++r)
        for (std::size_t j = 0; j < 5; ++j) {
          Element total{};
          for (std::size_t n = 0; n < 4; ++n) total += matrix.view()(r, n) * host(b, c, n, j);
          expected.push_back(total);
        }
  CHECK(nop::test::worst_error(y.to_host(), expected) < nop::test::rounding<Element>);
}

TEST_CASE_TEMPLATE("a product along the last axis is that of a matrix and every line", Element,
                   float, double, std::complex<float>, Complex) {
  const auto x      = random_field<Element>(Shape{2, 3, 5}, 1);
  const auto matrix = random_field<Element>(Shape{4, 5}, 2);
  std::vector<Element> expected;
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t r = 0; r < 4; ++r) {
        Element total{};
        for (std::size_t n = 0; n < 5; ++n) total += matrix.view()(r, n) * x.view()(b, c, n);
        expected.push_back(total);
      }
  const auto y = nop::axis_product(x, matrix, 2);
  CHECK(y.shape() == Shape<3>{2, 3, 4});
  CHECK(nop::test::worst_error(y.to_host(), expected) < nop::test::rounding<Element>);
}

TEST_CASE("a product with the unit matrix changes nothing along any axis") {
  const auto x = random_field(Shape{2, 3, 4});
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::size_t n = x.extent(axis);
    std::vector<double> unit(n * n);
    for (std::size_t i = 0; i < n; ++i) unit[i * n + i] = 1;
    CHECK(nop::axis_product(x, nop::test::field_of(Shape{n, n}, unit), axis).to_host() ==
          x.to_host());
  }
}

TEST_CASE_TEMPLATE("a product along any axis sums over that axis", Element, double, Complex) {
  const auto x     = random_field<Element>(Shape{3, 4, 5}, 1);
  const auto value = x.to_host();
  for (std::size_t axis = 0; axis < 3; ++axis) {
    CAPTURE(axis);
    const std::size_t n = x.extent(axis), inner = element_count(x.shape(), axis + 1);
    const auto matrix = random_field<Element>(Shape<2>{2, n}, 2);
    auto shape        = x.shape();
    shape[axis]       = 2;
    std::vector<Element> expected(element_count(shape));
    for (std::size_t i = 0; i < expected.size(); ++i)
      for (std::size_t k = 0; k < n; ++k)
        expected[i] +=
            matrix.view()(i / inner % 2, k) * value[(i / inner / 2 * n + k) * inner + i % inner];
    const auto y = nop::axis_product(x, matrix, axis);
    CHECK(y.shape() == shape);
    CHECK(nop::test::worst_error(y.to_host(), expected) < 1e-14);
    const nop::Parameter<Element, 2, nop::Cpu> trained(matrix);
    CHECK(nop::axis_product(x, trained, axis).to_host() == y.to_host());
    const auto product = [axis](const auto& u, const auto& m) {
      return nop::axis_product(u, m, axis);
    };
    check_gradients(product, x, matrix);
    nop::test::check_ways_to_call(product, x, matrix);
    nop::test::check_adjoint([&](const auto& u) { return product(u, matrix); }, x);
    nop::test::check_adjoint([&](const auto& m) { return product(x, m); }, matrix);
  }
}

TEST_CASE_TEMPLATE("axis ops are linear, with the adjoint as their pullback", Element, double,
                   Complex) {
  const auto x       = random_field<Element>(Shape{2, 3, 4, 5}, 1);
  const auto matrix  = random_field<Element>(Shape{3, 4}, 2);
  const auto more    = random_field<Element>(Shape{2, 2, 4, 5}, 3);
  const auto cropped = [](const auto& u) {
    return nop::crop(u, {0, 1, 2, 1}, {u.extent(0), 2, 2, 3});
  };
  const auto padded = [](const auto& u) {
    return nop::pad(u, {0, 1, 0, 2}, {u.extent(0), 5, 4, 8});
  };
  const auto reshaped = [](const auto& u) { return nop::reshape(u, Shape{u.extent(0), 60UL}); };
  const auto product  = [&](const auto& u) { return nop::axis_product(u, matrix, 2); };
  const auto wide     = random_field<Element>(Shape{3, 5}, 4);
  const auto last     = [&](const auto& u) { return nop::axis_product(u, wide, 3); };
  check_linear_function(cropped, x);
  check_linear_function(padded, x);
  check_linear_function(reshaped, x);
  check_linear_function(product, x);
  check_linear_function(last, x);
  check_gradients(nop::concat_channels, x, more);
  nop::test::check_ways_to_call(nop::concat_channels, x, more);
}

TEST_CASE("axis ops refuse what does not fit") {
  const nop::Tensor<float, 3, nop::Cpu> x({2, 3, 4}), y({2, 3, 5});
  const nop::Tensor<float, 2, nop::Cpu> matrix({3, 3});
  CHECK_THROWS_WITH_AS(nop::crop(x, {0, 1, 0}, {2, 3, 4}),
                       "crop: expected a box inside [2, 3, 4], got [2, 3, 4] from [0, 1, 0]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(nop::pad(x, {0, 0, 1}, {2, 3, 4}),
                       "pad: expected room for [2, 3, 4] at [0, 0, 1], got [2, 3, 4]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(nop::concat_channels(x, y),
                       "concat_channels: expected batch and grid of [2, 3, 4], got [2, 3, 5]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(
      nop::reshape(x, Shape{5, 5}),
      "Tensor::reshaped: expected a shape of 24 elements like [2, 3, 4], got [5, 5]",
      nop::PreconditionError);
  CHECK_THROWS_WITH_AS(
      nop::axis_product(x, matrix, 2),
      "axis_product: expected a matrix of 4 columns for axis 2 of [2, 3, 4], got [3, 3]",
      nop::PreconditionError);
  CHECK_THROWS_AS(nop::axis_product(x, matrix, 3), nop::PreconditionError);
}

TEST_CASE("a box whose end would overflow is refused") {
  const nop::Tensor<float, 1, nop::Cpu> x({4});
  const std::size_t huge = ~std::size_t{0};
  CHECK_THROWS_AS(nop::crop(x, {2}, {huge}), nop::PreconditionError);
  CHECK_THROWS_AS(nop::crop(x, {huge}, {2}), nop::PreconditionError);
  CHECK_THROWS_AS(nop::pad(x, {huge}, {4}), nop::PreconditionError);
}

}  // namespace nop::test::axes_test
