// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/colour_map.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <tuple>

namespace nop::test::colour_map_test {
namespace {

/// How light a colour looks, from 0 to 100 (CIE L*).
double lightness(Rgb colour) {
  const auto linear = [](std::uint8_t part) {
    const double value = part / 255.0;
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  };
  const double light =
      0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue);
  return light > 0.008856 ? 116 * std::cbrt(light) - 16 : 903.3 * light;
}

TEST_CASE("the maps begin, end and pass where they are known to") {
  CHECK(colour_at(ColourMap::viridis, 0) == Rgb{68, 1, 84});
  CHECK(colour_at(ColourMap::viridis, 0.5) == Rgb{33, 144, 140});
  CHECK(colour_at(ColourMap::viridis, 1) == Rgb{253, 231, 37});
  CHECK(colour_at(ColourMap::balance, 0.5) == Rgb{245, 245, 245});
  CHECK(colour_at(ColourMap::gray, 0.5) == Rgb{128, 128, 128});
}

TEST_CASE("viridis is evenly lighter from end to end") {
  for (int i = 1; i <= 100; ++i) {
    const double step = lightness(colour_at(ColourMap::viridis, i / 100.0)) -
                        lightness(colour_at(ColourMap::viridis, (i - 1) / 100.0));
    CHECK(step > 0.3);
    CHECK(step < 1.3);
  }
}

TEST_CASE("balance is equally light on both sides of white") {
  for (int i = 0; i < 50; ++i) {
    const Rgb left  = colour_at(ColourMap::balance, i / 100.0);
    const Rgb right = colour_at(ColourMap::balance, 1 - i / 100.0);
    CHECK(std::abs(lightness(left) - lightness(right)) < 6);
    CHECK(left.blue > left.red);
    CHECK(right.red > right.blue);
  }
}

TEST_CASE("what lies beyond a map takes its end, and what is no number is gray") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(colour_at(ColourMap::viridis, -3) == colour_at(ColourMap::viridis, 0));
  CHECK(colour_at(ColourMap::viridis, infinity) == colour_at(ColourMap::viridis, 1));
  CHECK(colour_at(ColourMap::viridis, -infinity) == colour_at(ColourMap::viridis, 0));
  CHECK(colour_at(ColourMap::viridis, std::nan("")) == Rgb{205, 205, 205});
}

TEST_CASE("eight lines have eight colours") {
  std::set<std::tuple<int, int, int>> colours;
  for (std::size_t i = 0; i < 16; ++i) {
    const Rgb colour = distinct_colour(i);
    colours.emplace(colour.red, colour.green, colour.blue);
  }
  CHECK(colours.size() == 8);
}

}  // namespace
}  // namespace nop::test::colour_map_test
