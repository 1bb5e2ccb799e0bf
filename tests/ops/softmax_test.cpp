// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/softmax.hpp>

#include "support/layer_battery.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::softmax_test {

TEST_CASE_TEMPLATE("softmax is the exponentials over their sum, along the last axis", Real, float,
                   double) {
  for (const std::size_t columns : {1U, 2U, 3U, 7U, 16U, 49U, 300U}) {
    CAPTURE(columns);
    const auto x = random_field<Real>(Shape{2, 3, columns}, 1);
    std::vector<double> expected;
    for (const Real value : x.to_host()) expected.push_back(std::exp(static_cast<double>(value)));
    for (std::size_t row = 0; row < 6; ++row) {
      double total = 0;
      for (std::size_t i = 0; i < columns; ++i) total += expected[row * columns + i];
      for (std::size_t i = 0; i < columns; ++i) expected[row * columns + i] /= total;
    }
    const auto y = softmax(x);
    CHECK(y.shape() == x.shape());
    CHECK(nop::test::worst_error(y.to_host(), expected) < nop::test::rounding<Real>);
  }
}

TEST_CASE("softmax has right gradients") {
  for (const std::size_t columns : {1U, 2U, 5U, 9U})
    nop::test::check_function(softmax, random_field(Shape{2, 3, columns}, 1));
}

TEST_CASE("softmax of numbers beyond those with an exponential is what it should be") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto y              = softmax(nop::test::field_of<double>(
      Shape{3, 3}, {1e6, 1e6, 0, -1e6, -1e6, -1e6 + std::log(2.0), 3, -infinity, 3}));
  CHECK(nop::test::worst_error(y.to_host(),
                               std::vector{0.5, 0.5, 0.0, 0.25, 0.25, 0.5, 0.5, 0.0, 0.5}) < 1e-9);
  const auto none = softmax(nop::test::field_of<double>(Shape{1, 3}, {1, std::nan(""), 3}));
  for (const double value : none.to_host()) CHECK(std::isnan(value));
}

TEST_CASE("softmax refuses an empty axis, and works on any backend") {
  CHECK_THROWS_WITH_AS(softmax(nop::Tensor<float, 2, nop::Cpu>({2, 0})),
                       "softmax: expected at least one number along the last axis, got a field of "
                       "shape [2, 0]",
                       nop::PreconditionError);
  CHECK(softmax(nop::Tensor<float, 2, nop::Cpu>({0, 3})).size() == 0);
  const Shape shape{4, 7};
  const auto toy = nop::test::random_tensor<double, nop::test::ToyBackend>(shape, 1);
  CHECK(nop::test::worst_error(softmax(toy).to_host(), softmax(random_field(shape, 1)).to_host()) <
        1e-14);
}

}  // namespace nop::test::softmax_test
