// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/domain_padding.hpp>
#include <nop/ops/resample.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <utility>

namespace nop::test::domain_padding_test {

TEST_CASE("the margin is the rounded fraction of the points, a half rounded to even") {
  const DomainPadding<1> quarter({0.25});
  for (const auto& [points, margin] :
       {std::pair(8U, 2U), {10U, 2U}, {5U, 1U}, {9U, 2U}, {14U, 4U}}) {
    const auto x = random_field(Shape<3>{1, 1, points});
    CHECK(quarter.padded(x).shape() == Shape<3>{1, 1, points + 2 * margin});
  }
}

TEST_CASE("each axis has its own margin, of zeros on both sides") {
  const DomainPadding<2> padding({0.5, 0.25});
  const auto x = random_field(Shape{2, 3, 4, 8});
  const auto y = padding.padded(x);
  REQUIRE(y.shape() == Shape<4>{2, 3, 8, 12});
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t i = 0; i < 8; ++i)
        for (std::size_t j = 0; j < 12; ++j) {
          const bool inside = i >= 2 && i < 6 && j >= 2 && j < 10;
          CHECK(y.view()(b, c, i, j) == (inside ? x.view()(b, c, i - 2, j - 2) : 0));
        }
  CHECK(padding.unpadded(y, {4, 8}, {4, 8}).to_host() == x.to_host());
}

TEST_CASE("at the end alone, the field stays where it is and zeros follow") {
  const DomainPadding<2> padding({0.5, 0.25}, {}, PaddingSides::end);
  const auto x = random_field(Shape{2, 3, 4, 8});
  const auto y = padding.padded(x);
  REQUIRE(y.shape() == Shape<4>{2, 3, 6, 10});
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t i = 0; i < 6; ++i)
        for (std::size_t j = 0; j < 10; ++j)
          CHECK(y.view()(b, c, i, j) == (i < 4 && j < 8 ? x.view()(b, c, i, j) : 0));
  CHECK(padding.unpadded(y, {4, 8}, {4, 8}).to_host() == x.to_host());
}

TEST_CASE("a number of points is the same on every grid of an input") {
  const DomainPadding<2> both({0, 0}, {3, 0}), end({0, 0.5}, {3, 0}, PaddingSides::end);
  for (const std::size_t n : {5U, 9U}) {
    CHECK(both.padded_grid({n, n}, {n, n}) == Shape<2>{n + 6, n});
    CHECK(end.padded_grid({n, n}, {n, n}) == Shape<2>{n + 3, n + (n == 5 ? 2 : 4)});
  }
  CHECK(end.padded_grid({6, 6}, {12, 12}) == Shape<2>{18, 18});  // of an output, the same part
}

TEST_CASE("padding of fraction zero is none") {
  CHECK(DomainPadding<2>({0, 0}).is_none());
  CHECK(!DomainPadding<2>({0, 0}, {0, 1}).is_none());
  CHECK(!DomainPadding<2>({0, 0.1}).is_none());
  const auto x = random_field(Shape{1, 1, 7});
  CHECK(DomainPadding<1>({0}).padded(x).to_host() == x.to_host());
}

TEST_CASE("padding and its removal pass the battery") {
  const DomainPadding<1> one({0.4});
  const DomainPadding<3> three({0.3, 0, 0.5});
  const DomainPadding<2> end({0.3, 0}, {0, 2}, PaddingSides::end);
  nop::test::check_linear_function([&](const auto& x) { return end.padded(x); },
                                   random_field(Shape{2, 2, 5, 3}));
  nop::test::check_linear_function([&](const auto& x) { return end.unpadded(x, {5, 3}, {5, 3}); },
                                   random_field(Shape{2, 2, 7, 5}));
  nop::test::check_linear_function([&](const auto& x) { return one.padded(x); },
                                   random_field(Shape{2, 2, 5}));
  nop::test::check_linear_function([&](const auto& x) { return one.unpadded(x, {5}, {5}); },
                                   random_field(Shape{2, 2, 9}));
  nop::test::check_linear_function([&](const auto& x) { return three.padded(x); },
                                   random_field(Shape{2, 1, 3, 2, 4}));
}

TEST_CASE("padding refuses a fraction below zero or that is no number") {
  CHECK_THROWS_WITH_AS(DomainPadding<1>({-0.5}),
                       "DomainPadding: expected a fraction of the grid of at least 0, got -0.5",
                       nop::PreconditionError);
  CHECK_THROWS_AS(DomainPadding<1>({std::nan("")}), nop::PreconditionError);
  CHECK_THROWS_AS(DomainPadding<1>({HUGE_VAL}), nop::PreconditionError);
}

TEST_CASE("padding refuses too many points, and a fraction beside them") {
  CHECK_THROWS_WITH_AS(DomainPadding<1>({0}, {1'000'001}),
                       "DomainPadding: expected at most 1000000 points, got 1000001",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(DomainPadding<2>({0, 0.5}, {1, 2}),
                       "DomainPadding: expected a fraction of the grid or a number of points, got "
                       "both 0.5 and 2 along axis 1",
                       nop::PreconditionError);
}

TEST_CASE("on another grid the margins are the same part of it") {
  const DomainPadding<2> padding({0.2, 0.1});
  CHECK(padding.padded_grid({10, 10}, {10, 10}) == Shape<2>{14, 12});
  CHECK(padding.padded_grid({10, 10}, {20, 5}) == Shape<2>{28, 5});  // 1/2 is rounded to 0
  CHECK(padding.padded_grid({10, 10}, {5, 15}) == Shape<2>{7, 19});  // 3/2 to 2
  // Waves on the padded box are the same on either grid, so points lie upon each other.
  const auto coarse = random_field(Shape{1, 1, 10, 10});
  const auto fine   = nop::resample(padding.padded(coarse), padding.padded_grid({10, 10}, {20, 20}),
                                    nop::Interpolation::trigonometric);
  const auto inside = padding.unpadded(fine, {10, 10}, {20, 20});
  CHECK(inside.shape() == Shape<4>{1, 1, 20, 20});
  for (std::size_t i = 0; i < 10; ++i)
    for (std::size_t j = 0; j < 10; ++j)
      CHECK(inside.view()(0, 0, 2 * i, 2 * j) == doctest::Approx(coarse.view()(0, 0, i, j)));
}

TEST_CASE("a grid without points is refused") {
  CHECK_THROWS_WITH_AS(nop::DomainPadding<1>({0.5}).padded(random_field(Shape{1, 1, 0})),
                       "DomainPadding: expected a grid with points, got [0]",
                       nop::PreconditionError);
}

}  // namespace nop::test::domain_padding_test
