// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/normalization.hpp>

#include "support/naive_normalization.hpp"
#include <doctest/doctest.h>

#include <vector>

namespace nop::test::normalization_test {

// The naive one is what other tests lean on, so it is tested by its closed form for two points m +
// d and m - d: n is r and -r for r = d / sqrt(d^2 + epsilon), and dx, which is along n, vanishes
// with epsilon.
TEST_CASE("a normalization of two points is that of its closed form") {
  const std::vector<double> x = {7, 3}, weight = {3}, bias = {5}, told = {2, 11}, dy = {1, 10};
  nop::Normalization<double> norm{1, 12, weight.data(), bias.data(), told.data()};
  const nop::Shape<3> box{1, 1, 2};
  std::vector<double> y(2), dx(2), dweight(1), dbias(1), dtold(2);
  nop::test::naive_normalize(box, x.data(), norm, y.data());
  const double r = 0.5;  // 2 / sqrt(4 + 12)
  CHECK(y[0] == doctest::Approx((1 + 2) * (3 * r + 5) + 11));
  CHECK(y[1] == doctest::Approx((1 + 2) * (-3 * r + 5) + 11));
  nop::test::naive_pull_normalize(box, x.data(), norm, dy.data(), dx.data(),
                                  {dweight.data(), dbias.data(), dtold.data()});
  CHECK(dweight[0] == doctest::Approx(3 * r * (1 - 10)));
  CHECK(dbias[0] == doctest::Approx(3 * 11));
  CHECK(dtold[0] == doctest::Approx(3 * r * (1 - 10) + 5 * 11));
  CHECK(dtold[1] == doctest::Approx(11));
  // dn = 9 {1, 10}; less its mean, 9 {-4.5, 4.5}; of which 1 - r^2 is left, over sqrt(16).
  CHECK(dx[0] == doctest::Approx(-40.5 * 0.75 / 4));
  CHECK(dx[1] == doctest::Approx(40.5 * 0.75 / 4));
}

}  // namespace nop::test::normalization_test
