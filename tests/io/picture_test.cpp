// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/picture.hpp>

#include "hostile.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace nop::test::picture_test {
namespace {

/// The colours that the panel in the upper left corner shows: with no titles, it starts at the
/// margin and every value is a square.
Rgb shown(const Canvas& canvas, std::size_t row, std::size_t column, std::size_t cell) {
  const auto start = static_cast<std::size_t>(2 * detail::panel_margin);
  return canvas.pixel(start + column * cell + cell / 2, start + row * cell + cell / 2);
}

TEST_CASE("a panel shows its values between its least and greatest, the first row on top") {
  const auto canvas = draw_panels({.panels = {{.values = {0, 1, 2, 3}, .height = 2, .width = 2}}});
  CHECK(shown(canvas, 0, 0, 200) == colour_at(ColourMap::viridis, 0));
  CHECK(shown(canvas, 0, 1, 200) == colour_at(ColourMap::viridis, 1 / 3.0));
  CHECK(shown(canvas, 1, 0, 200) == colour_at(ColourMap::viridis, 2 / 3.0));
  CHECK(shown(canvas, 1, 1, 200) == colour_at(ColourMap::viridis, 1));
}

TEST_CASE("balance has its white at 0, and given limits count") {
  const auto centred = draw_panels(
      {.panels = {
           {.values = {-1, 0, 4, 2}, .height = 2, .width = 2, .colours = ColourMap::balance}}});
  CHECK(shown(centred, 0, 1, 200) == colour_at(ColourMap::balance, 0.5));
  CHECK(shown(centred, 0, 0, 200) == colour_at(ColourMap::balance, 3 / 8.0));
  const auto limited = draw_panels(
      {.panels = {{.values = {-1, 0, 4, 2}, .height = 2, .width = 2, .limits = Limits{0, 2}}}});
  CHECK(shown(limited, 0, 0, 200) == colour_at(ColourMap::viridis, 0));
  CHECK(shown(limited, 1, 0, 200) == colour_at(ColourMap::viridis, 1));
  CHECK(shown(limited, 1, 1, 200) == colour_at(ColourMap::viridis, 1));
}

TEST_CASE("values that are not finite do not spoil the others") {
  const double infinity = std::numeric_limits<double>::infinity();
  const auto canvas     = draw_panels(
      {.panels = {{.values = {std::nan(""), infinity, 0, 1}, .height = 2, .width = 2}}});
  CHECK(shown(canvas, 0, 0, 200) == Rgb{205, 205, 205});
  CHECK(shown(canvas, 0, 1, 200) == colour_at(ColourMap::viridis, 1));
  CHECK(shown(canvas, 1, 0, 200) == colour_at(ColourMap::viridis, 0));
}

TEST_CASE("constant fields, fields of no numbers and extreme numbers are drawn") {
  const double largest = std::numeric_limits<double>::max();
  for (const double value : {0.0, 3.5, -1e-300, std::nan(""), largest})
    for (const auto map : {ColourMap::viridis, ColourMap::balance, ColourMap::gray})
      CHECK_NOTHROW(draw_panels({.panels = {{.values  = std::vector<double>(4, value),
                                             .height  = 2,
                                             .width   = 2,
                                             .colours = map}}}));
  CHECK_NOTHROW(
      draw_panels({.panels = {{.values = {-largest, largest}, .height = 1, .width = 2}}}));
}

TEST_CASE("a field finer than the screen is averaged") {
  std::vector<double> values(1600 * 2);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = i % 2 == 0 ? 0 : 1;
  const auto canvas = draw_panels({.panels = {{.values = values, .height = 2, .width = 1600}}});
  CHECK(canvas.width() < 1100);
  CHECK(canvas.pixel(100, 50) == colour_at(ColourMap::viridis, 0.5));
}

TEST_CASE("panels stand in columns and rows, whatever their sizes") {
  const Panel small{.title = "small", .values = {1, 2}, .height = 1, .width = 2};
  const Panel large{.values = std::vector<double>(900, 1.0), .height = 30, .width = 30};
  const auto one  = draw_panels({.columns = 3, .panels = {large}});
  const auto row  = draw_panels({.columns = 3, .panels = {large, large, large}});
  const auto rows = draw_panels({.columns = 3, .panels = {large, small, large, small}});
  CHECK(row.height() == one.height());
  CHECK(row.width() > 2 * one.width());
  CHECK(rows.height() > row.height());
}

TEST_CASE("a long title makes the picture wider") {
  const Panel panel{.values = {1}, .height = 1, .width = 1};
  const auto plain = draw_panels({.title = "short", .panels = {panel}});
  const auto wide  = draw_panels({.title = std::string(200, 'w'), .panels = {panel}});
  CHECK(wide.width() > plain.width());
  CHECK(wide.height() == plain.height());
}

TEST_CASE("panels that do not fit their values are refused") {
  CHECK_THROWS_AS(draw_panels({}), PreconditionError);
  CHECK_THROWS_AS(draw_panels({.columns = 0, .panels = {{}}}), PreconditionError);
  CHECK_THROWS_AS(draw_panels({.panels = {{.height = 0, .width = 0}}}), PreconditionError);
  CHECK_THROWS_WITH_AS(
      draw_panels({.panels = {{.title = "u", .values = {1, 2, 3}, .height = 2, .width = 2}}}),
      "draw_panels: 'u' has 3 values for 2 rows of 2", PreconditionError);
  CHECK_THROWS_AS(
      draw_panels({.panels = {{.values = {1}, .height = 1, .width = 1, .limits = Limits{2, 1}}}}),
      PreconditionError);
}

TEST_CASE("panels are written as a PNG") {
  const test::TemporaryFolder folder;
  write_panels(folder / "x.png", {.panels = {{.values = {1}, .height = 1, .width = 1}}});
  CHECK(test::text_of(read_file(folder / "x.png")).starts_with("\x89PNG"));
}

}  // namespace
}  // namespace nop::test::picture_test
