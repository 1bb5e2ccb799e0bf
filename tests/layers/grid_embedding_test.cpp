// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/grid_embedding.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>

namespace nop::test::grid_embedding_test {
namespace {

template <std::size_t Dim>
GridEmbedding<Dim> unit_embedding() {
  return GridEmbedding<Dim>(nop::GridBox<Dim>{});
}

}  // namespace

TEST_CASE_TEMPLATE("the coordinates i/N follow the data, one channel per axis in their order", Real,
                   float, double) {
  const auto x = random_field<Real>(Shape{2, 2, 3, 4, 7});
  const auto y = unit_embedding<3>()(x);
  REQUIRE(y.shape() == Shape<5>{2, 5, 3, 4, 7});
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 4; ++j)
        for (std::size_t k = 0; k < 7; ++k) {
          CHECK(y.view()(b, 0, i, j, k) == x.view()(b, 0, i, j, k));
          CHECK(y.view()(b, 1, i, j, k) == x.view()(b, 1, i, j, k));
          CHECK(y.view()(b, 2, i, j, k) == static_cast<Real>(i) / 3);
          CHECK(y.view()(b, 3, i, j, k) == static_cast<Real>(j) / 4);
          CHECK(y.view()(b, 4, i, j, k) == static_cast<Real>(k) / 7);
        }
}

TEST_CASE("a grid of one point is at zero") {
  const auto y = unit_embedding<1>()(random_field(Shape{1, 1, 1}));
  CHECK(y.view()(0, 1, 0) == 0);
}

TEST_CASE("with the end included, the last point is on it") {
  const GridEmbedding<2> embedding({{0, 1}, {1, 3}}, nop::GridEnd::included);
  const auto y = embedding(random_field(Shape{1, 1, 5, 3}));
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      CHECK(y.view()(0, 1, i, j) == doctest::Approx(static_cast<double>(i) / 4));
      CHECK(y.view()(0, 2, i, j) == doctest::Approx(1 + static_cast<double>(j)));
    }
  CHECK(embedding(random_field(Shape{1, 1, 1, 1})).view()(0, 2, 0, 0) == 1);
}

TEST_CASE("an empty batch stays empty") {
  const nop::Tensor<float, 3, nop::Cpu> none({0, 1, 4});
  CHECK(unit_embedding<1>()(none).shape() == Shape<3>{0, 2, 4});
}

TEST_CASE("the grid embedding passes the battery and has no parameters") {
  nop::test::check_function(unit_embedding<1>(), random_field(Shape{2, 1, 5}));
  nop::test::check_function(unit_embedding<2>(), random_field(Shape{2, 2, 3, 4}));
  nop::test::check_function(unit_embedding<4>(), random_field(Shape{2, 1, 2, 3, 1, 2}));
  CHECK(nop::parameter_count(unit_embedding<2>()) == 0);
}

TEST_CASE("coordinates are those of the box that the grid divides") {
  const GridEmbedding<2> embedding(nop::GridBox<2>({-1, 2}, {1, 5}));
  const auto y = embedding(random_field(Shape{2, 1, 4, 3}));
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = 0; j < 3; ++j) {
        CHECK(y.view()(b, 1, i, j) == -1 + 0.5 * static_cast<double>(i));
        CHECK(y.view()(b, 2, i, j) == doctest::Approx(2 + static_cast<double>(j)));
      }
  CHECK_THROWS_WITH_AS(
      GridEmbedding<2>(nop::GridBox<2>({0, 1}, {1, 1})),
      "GridEmbedding: expected a box that begins before it ends, got one from 1 to "
      "1 along axis 1",
      nop::PreconditionError);
}

TEST_CASE("beside complex channels coordinates are real numbers") {
  using Complex = std::complex<double>;
  const auto z  = random_field<Complex>(Shape{2, 1, 4});
  const auto y  = GridEmbedding<1>{}(z).to_host();
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(y[b * 8 + i] == z.to_host()[b * 4 + i]);
      CHECK(y[b * 8 + 4 + i] == Complex(static_cast<double>(i) / 4, 0));
    }
  nop::test::check_function(GridEmbedding<2>{}, random_field<Complex>(Shape{2, 2, 3, 4}));
}

}  // namespace nop::test::grid_embedding_test
