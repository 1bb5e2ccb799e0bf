// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/map.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::map_test {

TEST_CASE("the box of a field is batch, channels and points") {
  CHECK(nop::channel_box(Shape{2, 3, 4, 5}) == Shape<3>{2, 3, 20});
  CHECK(nop::channel_box(Shape{2, 3}) == Shape<3>{2, 3, 1});
}

TEST_CASE_TEMPLATE("a mapped field holds the function of every element", Element, float, double,
                   std::complex<double>) {
  const auto a = random_field<Element>(Shape{3, 5, 7}, 1);
  const auto b = random_field<Element>(Shape{3, 5, 7}, 2);
  const auto y = nop::mapped([](auto p, auto q) { return p * p - q; }, a, b);
  CHECK(y.shape() == a.shape());
  const auto x = a.to_host(), z = b.to_host();
  std::vector<Element> expected(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) expected[i] = x[i] * x[i] - z[i];
  CHECK(nop::test::worst_error(y.to_host(), expected) < nop::test::rounding<Element>);
}

TEST_CASE("a field mapped by channel sees the value of its channel") {
  const auto x = random_field(Shape{2, 3, 4, 5}, 1);
  const auto f = random_field(Shape{3}, 2), o = random_field(Shape{3}, 3);
  const auto y = nop::mapped_by_channel([](auto v, auto p, auto q) { return v * p + q; }, x, f, o);
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = 0; j < 5; ++j)
          CHECK(y.view()(b, c, i, j) ==
                doctest::Approx(x.view()(b, c, i, j) * f.view()(c) + o.view()(c)).epsilon(1e-14));
}

TEST_CASE("a sum by channel runs over batch and points") {
  const auto x = random_field(Shape{2, 3, 4, 5}, 1), y = random_field(Shape{2, 3, 4, 5}, 2);
  const auto s = nop::summed_by_channel([](auto p, auto q) { return p * q; }, x, y);
  CHECK(s.shape() == Shape<1>{3});
  for (std::size_t c = 0; c < 3; ++c) {
    double expected = 0;
    for (std::size_t b = 0; b < 2; ++b)
      for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = 0; j < 5; ++j) expected += x.view()(b, c, i, j) * y.view()(b, c, i, j);
    CHECK(s.view()(c) == doctest::Approx(expected).epsilon(1e-12));
  }
}

}  // namespace nop::test::map_test
