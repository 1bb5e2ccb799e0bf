// SPDX-License-Identifier: BSD-3-Clause
#include <nop/diffusion/quadrature.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>

namespace nop::test::quadrature_test {

TEST_CASE("a rule of n nodes is exact up to degree 2 n - 1 and not beyond") {
  for (const std::size_t n : {1U, 2U, 3U, 8U, 48U}) {
    CAPTURE(n);
    const auto rule = nop::gauss_legendre(n);
    REQUIRE(rule.nodes.size() == n);
    const auto error = [&](std::size_t degree) {
      const auto power   = static_cast<double>(degree);
      const double exact = (std::pow(2, power + 1) - 1) / (power + 1);
      return rule(1, 2, [&](double x) { return std::pow(x, power); }) / exact - 1;
    };
    for (std::size_t degree = 0; degree < 2 * n; ++degree) CHECK(std::abs(error(degree)) < 1e-13);
    if (n < 4) CHECK(std::abs(error(2 * n)) > 1e-5);
  }
}

TEST_CASE("the nodes lie symmetrically, and the weights are positive") {
  const auto rule = nop::gauss_legendre(7);
  for (std::size_t i = 0; i < 7; ++i) {
    CHECK(rule.nodes[i] == doctest::Approx(-rule.nodes[6 - i]).epsilon(1e-14));
    CHECK(rule.weights[i] > 0);
  }
  CHECK(rule(0, std::acos(-1.0), [](double x) { return std::sin(x); }) ==
        doctest::Approx(2).epsilon(1e-12));
}

}  // namespace nop::test::quadrature_test
