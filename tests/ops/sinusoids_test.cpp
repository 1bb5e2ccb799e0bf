// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/sinusoids.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace nop::test::sinusoids_test {
namespace {

nop::Tensor<double, 1, nop::Cpu> frequencies() {
  return nop::test::field_of<double>(Shape{3}, {0.5, 2, -3});
}

}  // namespace

TEST_CASE_TEMPLATE("every channel becomes sines and cosines of it in turns", Real, float, double) {
  const auto w = nop::test::converted<Real>(frequencies());
  const auto x = random_field<Real>(Shape{2, 3, 5, 4});
  const auto y = nop::sinusoids(x, w);
  CHECK(y.shape() == Shape<4>{2, 18, 5, 4});
  std::vector<double> expected;
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t k = 0; k < 3; ++k)
        for (const bool sine : {true, false})
          for (std::size_t i = 0; i < 5; ++i)
            for (std::size_t j = 0; j < 4; ++j) {
              const double angle =
                  static_cast<double>(x.view()(b, c, i, j)) * frequencies().view()(k);
              expected.push_back(sine ? std::sin(angle) : std::cos(angle));
            }
  CHECK(nop::test::worst_error(y.to_host(), expected) < nop::test::rounding<Real>);
}

TEST_CASE("waves of a field pass the battery with and without a grid") {
  const auto waves = [](const auto& x) { return nop::sinusoids(x, frequencies()); };
  nop::test::check_function(waves, random_field(Shape{3, 2}));
  nop::test::check_function(waves, random_field(Shape{2, 2, 5}));
  nop::test::check_function(waves, random_field(Shape{2, 1, 3, 4}));
  nop::test::check_function(waves, random_field(Shape{2, 2, 2, 1, 3}));
  nop::test::check_function(waves, random_field(Shape{2, 1, 2, 1, 3, 2}));
}

TEST_CASE("waves of no frequency are refused, and of no points there are none") {
  CHECK_THROWS_WITH_AS(
      nop::sinusoids(random_field(Shape{1, 2, 3}), nop::Tensor<double, 1, nop::Cpu>({0})),
      "sinusoids: expected at least one frequency, got none", nop::PreconditionError);
  CHECK(nop::sinusoids(nop::Tensor<double, 3, nop::Cpu>({2, 1, 0}), frequencies()).shape() ==
        Shape<3>{2, 6, 0});
}

}  // namespace nop::test::sinusoids_test
