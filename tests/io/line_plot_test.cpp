// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/line_plot.hpp>

#include "hostile.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace nop::test::line_plot_test {
namespace {

std::size_t count_pixels(const Canvas& canvas, Rgb colour) {
  std::size_t count = 0;
  for (std::size_t y = 0; y < canvas.height(); ++y)
    for (std::size_t x = 0; x < canvas.width(); ++x) count += canvas.pixel(x, y) == colour;
  return count;
}

TEST_CASE("every series leaves a line of its own colour") {
  LinePlot plot;
  for (int i = 0; i < 8; ++i) plot.series.push_back({"", {0, 1}, {i + 0.0, i + 0.5}});
  const auto canvas = draw_line_plot(plot);
  for (std::size_t i = 0; i < 8; ++i) CHECK(count_pixels(canvas, distinct_colour(i)) > 500);
}

TEST_CASE("a straight line goes through the middle of its axes") {
  for (const Scale scale : {Scale::linear, Scale::logarithmic}) {
    const LinePlot plot{.x_scale = scale, .y_scale = scale, .series = {{"", {1, 100}, {1, 100}}}};
    Canvas ruler(1, 1, 2);
    const auto placed = detail::placed(plot, ruler);
    const auto canvas = draw_line_plot(plot);
    const Box& area   = placed.area;
    CHECK(canvas.pixel(static_cast<std::size_t>(2 * area.left + area.width),
                       static_cast<std::size_t>(2 * area.top + area.height)) == distinct_colour(0));
  }
}

TEST_CASE("points without a place leave a gap, and the others stay") {
  const double infinity = std::numeric_limits<double>::infinity();
  const LinePlot plot{.y_scale = Scale::logarithmic,
                      .series  = {{"a",
                                   {1, 2, 3, 4, 5, 6, std::nan(""), 7},
                                   {1, 10, -1, 0, infinity, 5, 5, std::nan("")}}}};
  Canvas ruler(1, 1, 2);
  const auto runs = detail::runs_of(detail::placed(plot, ruler), plot.series[0]);
  REQUIRE(runs.size() == 3);
  CHECK(runs[0].size() == 2);
  CHECK(runs[1].size() == 1);
  CHECK(runs[2].empty());
  CHECK(count_pixels(draw_line_plot(plot), distinct_colour(0)) > 500);
}

TEST_CASE("nothing, single points, constants and extreme numbers are drawn") {
  const double largest = std::numeric_limits<double>::max();
  const double least   = std::numeric_limits<double>::denorm_min();
  for (const Scale scale : {Scale::linear, Scale::logarithmic})
    for (const auto& values : {std::vector<double>{},
                               {0, 0},
                               {-1},
                               {5},
                               {7, 7, 7},
                               {least, largest},
                               {largest, largest},
                               {-largest, largest},
                               {least, least},
                               {1, 1 + 1e-15},
                               {std::nan("")}}) {
      CHECK_NOTHROW(draw_line_plot({.x_scale = scale, .series = {{"a", values, values}}}));
      CHECK_NOTHROW(
          draw_line_plot({.x_scale = scale, .y_scale = scale, .series = {{"a", values, values}}}));
    }
  CHECK_NOTHROW(draw_line_plot({}));
}

TEST_CASE("the legend hides no point: it stands in a free corner, or outside") {
  std::vector<double> x, y;
  for (int i = 0; i < 100; ++i) {
    x.push_back(i);
    y.push_back(i);
  }
  const auto diagonal = draw_line_plot({.series = {{"label", x, y}}});
  CHECK(diagonal.width() == static_cast<std::size_t>(2 * detail::plot_width));
  for (int i = 0; i < 100; ++i) {
    x.push_back(i);
    y.push_back(99 - i);
  }
  const auto cross = draw_line_plot({.series = {{"label", x, y}}});
  CHECK(cross.width() > diagonal.width());
  CHECK_NOTHROW(draw_line_plot({.series = {{std::string(300, 'w'), x, y}}}));
  CHECK_NOTHROW(draw_line_plot({.series = std::vector<Series>(60, {"label", x, y})}));
}

TEST_CASE("when the colours come again, lines are dashed") {
  LinePlot plot{.series = std::vector<Series>(distinct_colours)};
  std::vector<double> x(100);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
  plot.series.push_back({"", x, x});
  const auto dashed = count_pixels(draw_line_plot(plot), distinct_colour(0));
  std::swap(plot.series.front(), plot.series.back());
  const auto solid = count_pixels(draw_line_plot(plot), distinct_colour(0));
  CHECK(dashed > solid / 4);
  CHECK(dashed < 3 * solid / 4);
}

TEST_CASE("x and y of different length are refused") {
  CHECK_THROWS_WITH_AS(draw_line_plot({.series = {{"a", {1, 2}, {1}}}}),
                       "draw_line_plot: 'a' has 2 x and 1 y", PreconditionError);
}

TEST_CASE("a plot is written as a PNG") {
  const test::TemporaryFolder folder;
  write_line_plot(folder / "x.png", {.title = "loss", .series = {{"a", {1, 2}, {3, 4}}}});
  CHECK(test::text_of(read_file(folder / "x.png")).starts_with("\x89PNG"));
}

}  // namespace
}  // namespace nop::test::line_plot_test
