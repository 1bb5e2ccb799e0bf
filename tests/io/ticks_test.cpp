// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/ticks.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace nop::test::ticks_test {
namespace {

constexpr double largest  = std::numeric_limits<double>::max();
constexpr double infinity = std::numeric_limits<double>::infinity();

std::string labels(const std::vector<Tick>& ticks) {
  std::string text;
  for (const Tick& tick : ticks) text += (text.empty() ? "" : " ") + tick.label;
  return text;
}

TEST_CASE("marks on a linear axis are at round numbers, with as many digits as they need") {
  CHECK(labels(linear_ticks({0, 1}, 5)) == "0 0.2 0.4 0.6 0.8 1.0");
  CHECK(labels(linear_ticks({-1, 1}, 5)) == "−1.0 −0.5 0 0.5 1.0");
  CHECK(labels(linear_ticks({0, 100}, 5)) == "0 20 40 60 80 100");
  CHECK(labels(linear_ticks({0.3, 1.05}, 4)) == "0.4 0.6 0.8 1.0");
  CHECK(labels(linear_ticks({0, 0.9}, 4)) == "0 0.25 0.50 0.75");
  CHECK(labels(linear_ticks({1000.001, 1000.003}, 4)) ==
        "1000.0010 1000.0015 1000.0020 1000.0025 1000.0030");
}

TEST_CASE("very large and very small numbers are written with a power of ten") {
  CHECK(labels(linear_ticks({0, 1e6}, 4)) == "0 2.5e5 5e5 7.5e5 1e6");
  CHECK(labels(linear_ticks({-2e-7, 2e-7}, 4)) == "−2e−7 −1e−7 0 1e−7 2e−7");
  CHECK(labels(linear_ticks({0, 2.5e-10}, 5)) == "0 5e−11 1e−10 1.5e−10 2e−10 2.5e−10");
  CHECK(labels(linear_ticks({0, 1e100}, 2)) == "0 5e99 1e100");
}

TEST_CASE("marks on a logarithmic axis are at powers of ten") {
  CHECK(labels(logarithmic_ticks({1e-3, 1e1}, 6)) == "10⁻³ 10⁻² 10⁻¹ 10⁰ 10¹");
  CHECK(labels(logarithmic_ticks({1e-12, 1}, 5)) == "10⁻¹² 10⁻⁹ 10⁻⁶ 10⁻³ 10⁰");
  CHECK(labels(logarithmic_ticks({1, 10}, 6)) == "1 2 5 10");
  CHECK(labels(logarithmic_ticks({0.9, 60}, 6)) == "1 2 5 10 20 50");
  CHECK(labels(logarithmic_ticks({2.1, 2.9}, 4)) == "2.2 2.4 2.6 2.8");
}

TEST_CASE("between the powers of ten there are small marks, but not too many") {
  CHECK(minor_ticks({1, 10}, Scale::logarithmic).size() == 10);
  CHECK(minor_ticks({1, 10}, Scale::linear).empty());
  CHECK(minor_ticks({1e-20, 1}, Scale::logarithmic).empty());
}

TEST_CASE("any limits have a modest number of marks within them") {
  for (const Limits given : {Limits{-largest, largest},
                             {0, 5e-324},
                             {1e-300, 1e-300},
                             {-3, -3},
                             {largest, largest},
                             {0, 0},
                             {1, 1 + 1e-15},
                             {infinity, -infinity},
                             {std::numeric_limits<double>::min(), largest},
                             {-1e-310, 1e-310}})
    for (const Scale scale : {Scale::linear, Scale::logarithmic}) {
      if (scale == Scale::logarithmic && given.low <= 0) continue;
      const Limits limits = widened(given, scale);
      CAPTURE(limits.low);
      CAPTURE(limits.high);
      CHECK(limits.low < limits.high);
      CHECK((std::isfinite(limits.low) && std::isfinite(limits.high)));
      const auto ticks = ticks_of(limits, scale, 5);
      CHECK(ticks.size() >= 2);
      CHECK(ticks.size() <= 12);
      for (const Tick& tick : ticks) {
        const double position = position_of(tick.value, limits, scale);
        CHECK(position > -1e-6);
        CHECK(position < 1 + 1e-6);
        CHECK(tick.label.size() < 30);
      }
    }
}

TEST_CASE("limits leave out what cannot be drawn") {
  const std::vector<double> values{3, -1, 0, infinity, std::nan(""), -infinity, 2};
  CHECK(drawable_limits(values, Scale::linear) == Limits{-1, 3});
  CHECK(drawable_limits(values, Scale::logarithmic) == Limits{2, 3});
  const Limits none = drawable_limits({}, Scale::linear);
  CHECK(none.low > none.high);
  CHECK(widened(none, Scale::linear) == Limits{0, 1});
  CHECK(widened(none, Scale::logarithmic) == Limits{1, 10});
}

TEST_CASE("a single value gets room on both sides") {
  CHECK(widened({7, 7}, Scale::linear) == Limits{6.3, 7.7});
  CHECK(widened({0, 0}, Scale::linear) == Limits{-1, 1});
  CHECK(widened({4, 4}, Scale::logarithmic) == Limits{2, 8});
}

TEST_CASE("a value has its place by difference or by ratio") {
  CHECK(position_of(3, {1, 5}, Scale::linear) == doctest::Approx(0.5));
  CHECK(position_of(10, {1, 100}, Scale::logarithmic) == doctest::Approx(0.5));
}

TEST_CASE("limits that are not in order, or not finite ratios of each other, have no ticks") {
  for (const Limits& limits : {Limits{1, 1}, Limits{2, 1}, Limits{std::nan(""), 1}})
    for (const auto scale : {Scale::linear, Scale::logarithmic})
      CHECK_THROWS_AS(ticks_of(limits, scale, 5), PreconditionError);
  CHECK_THROWS_AS(ticks_of({1, infinity}, Scale::logarithmic, 5), PreconditionError);
  CHECK_THROWS_WITH_AS(ticks_of({0, 1}, Scale::logarithmic, 5),
                       "logarithmic_ticks: expected finite positive limits, in order, got 0 and 1",
                       PreconditionError);
  CHECK_THROWS_AS(minor_ticks({0, 1}, Scale::logarithmic), PreconditionError);
}

}  // namespace
}  // namespace nop::test::ticks_test
