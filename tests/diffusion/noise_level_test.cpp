// SPDX-License-Identifier: BSD-3-Clause
#include <nop/diffusion/noise_level.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <limits>
#include <numbers>

namespace nop::test::noise_level_test {

TEST_CASE("all that a level of noise tells is told of one angle") {
  for (const double phi : {1e-6, 0.1, 0.7, 1.2, 1.57, std::numbers::pi / 2 - 1e-6}) {
    CAPTURE(phi);
    // Near pi/2 the angle itself has few digits of what is left to it.
    const double tangent = phi < 1 ? std::tan(phi) : std::sin(phi) / std::cos(phi);
    const NoiseLevel at{.time = 0.5, .lambda = -std::log(tangent)};
    const auto one = doctest::Approx(1).epsilon(1e-14);
    CHECK(at.alpha / std::cos(phi) == one);
    CHECK(at.sigma / std::sin(phi) == one);
    CHECK(at.phi() / phi == one);
    CHECK(at.noise_ratio() / tangent == one);
    CHECK(at.snr() * tangent * tangent == one);
    CHECK(at.alpha * at.alpha + at.sigma * at.sigma == doctest::Approx(1).epsilon(4e-16));
  }
}

TEST_CASE("without noise there is nothing but data, and the other way round") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const NoiseLevel clean{.time = 0, .lambda = infinity}, noise{.time = 1, .lambda = -infinity};
  CHECK(clean.alpha == 1);
  CHECK(clean.sigma == 0);
  CHECK(clean.phi() == 0);
  CHECK(noise.alpha == 0);
  CHECK(noise.sigma == 1);
}

}  // namespace nop::test::noise_level_test
