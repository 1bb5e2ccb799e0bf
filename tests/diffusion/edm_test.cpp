// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/error.hpp>
#include <nop/diffusion/edm.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>

namespace nop::test::edm_test {

TEST_CASE("a network of EDM sees and says numbers of variance 1") {
  const double s = 0.7;
  for (const double ratio : {0.002, 0.3, 1.0, 80.0}) {
    CAPTURE(ratio);
    const NoiseLevel at{.time = 0.5, .lambda = -std::log(ratio)};
    const auto c = EdmPreconditioning::at(at, s);
    CHECK(c.in * c.in * (s * s + ratio * ratio) == doctest::Approx(1).epsilon(1e-13));
    // x_0 - skip y, with y = x_0 + ratio eps, is what F has to say, times out.
    const double target = std::pow((1 - c.skip) * s, 2) + std::pow(c.skip * ratio, 2);
    CHECK(target / (c.out * c.out) == doctest::Approx(1).epsilon(1e-12));
    CHECK(c.weight * c.out * c.out == doctest::Approx(1).epsilon(1e-14));
    CHECK(c.noise == doctest::Approx(std::log(ratio) / 4).epsilon(1e-13));
  }
  CHECK_THROWS_WITH_AS(EdmPreconditioning::at({.time = 0.5, .lambda = 0}, 0),
                       "EdmPreconditioning: expected a positive deviation, got 0",
                       nop::PreconditionError);
}

TEST_CASE("the logarithm of the noise that EDM is trained with is N(-1.2, 1.2^2)") {
  const nop::RandomStream stream(1, 0);
  double sum = 0, squares = 0;
  constexpr std::size_t count = 20000;
  for (std::size_t i = 0; i < count; ++i) {
    const double log_ratio = -EdmPreconditioning::draw_lambda(stream, i);
    sum += log_ratio / count;
    squares += log_ratio * log_ratio / count;
  }
  CHECK(sum == doctest::Approx(-1.2).epsilon(0.03));
  CHECK(squares - sum * sum == doctest::Approx(1.44).epsilon(0.03));
}

}  // namespace nop::test::edm_test
