// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/scatter_plot.hpp>

#include "hostile.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace nop::test::scatter_plot_test {
namespace {

/// The colour in the picture where a point of a panel should be.
Rgb colour_of(const Canvas& canvas, const ScatterPlot& plot, std::size_t panel, double x,
              double y) {
  const Point place =
      detail::scatter_place(detail::scatter_box(plot, panel), detail::scatter_limits(plot), x, y);
  return canvas.pixel(static_cast<std::size_t>(std::floor(2 * place.x)),
                      static_cast<std::size_t>(std::floor(2 * place.y)));
}

TEST_CASE("every point is a dot at its place, in the colour of its group") {
  const ScatterPlot plot{
      .columns = 2,
      .limits  = Limits{-2, 2},
      .panels  = {{"a", {-1.5, 0.5, 1.5}, {0.3, 1.2, -1.7}, {0, 1, 2}}, {"b", {1.5}, {1.7}}, {}}};
  const auto canvas = draw_scatter_plot(plot);
  CHECK(colour_of(canvas, plot, 0, -1.5, 0.3) == distinct_colour(0));
  CHECK(colour_of(canvas, plot, 0, 0.5, 1.2) == distinct_colour(1));
  CHECK(colour_of(canvas, plot, 0, 1.5, -1.7) == distinct_colour(2));
  CHECK(colour_of(canvas, plot, 1, 1.5, 1.7) == distinct_colour(0));
  for (std::size_t panel = 0; panel < 3; ++panel)
    CHECK(colour_of(canvas, plot, panel, -1.5, -1.7) == Rgb{255, 255, 255});
  CHECK(colour_of(canvas, plot, 2, 1.5, 1.7) == Rgb{255, 255, 255});
}

TEST_CASE("an axis goes to the right, the other one up, and both are as long") {
  const ScatterPlot plot{.panels = {{"a", {0, 4}, {1, 5}}}};
  const auto limits = detail::scatter_limits(plot);
  CHECK(limits == Limits{0, 5});
  const Box box = detail::scatter_box(plot, 0);
  CHECK(box.width == box.height);
  const Point low  = detail::scatter_place(box, limits, 0, 0);
  const Point high = detail::scatter_place(box, limits, 5, 5);
  CHECK(low.x == doctest::Approx(box.left));
  CHECK(low.y == doctest::Approx(box.bottom()));
  CHECK(high.x == doctest::Approx(box.right()));
  CHECK(high.y == doctest::Approx(box.top));
}

TEST_CASE("points beyond the limits, or that are no numbers, leave nothing") {
  const double infinity = std::numeric_limits<double>::infinity();
  const ScatterPlot plot{.limits = Limits{-1, 1},
                         .panels = {{"a",
                                     {3, 0.3, std::nan(""), infinity, -1e300},
                                     {0.3, -3, 0.3, 0.3, 1e300},
                                     {0, 0, 0, 0, 0}}}};
  auto empty       = plot;
  empty.panels[0]  = {.title = "a"};
  const auto drawn = draw_scatter_plot(plot), blank = draw_scatter_plot(empty);
  std::size_t different = 0;
  for (std::size_t y = 0; y < drawn.height(); ++y)
    for (std::size_t x = 0; x < drawn.width(); ++x)
      different += drawn.pixel(x, y) != blank.pixel(x, y);
  CHECK(different == 0);
  CHECK_NOTHROW(draw_scatter_plot({.panels = plot.panels}));
}

TEST_CASE("panels have places of their own, inside of the picture") {
  const ScatterPlot plot{.title = "t", .columns = 3, .panels = std::vector<ScatterPanel>(7)};
  const auto canvas = draw_scatter_plot(plot);
  for (std::size_t i = 0; i < 7; ++i) {
    const Box box = detail::scatter_box(plot, i);
    CHECK(2 * box.right() < static_cast<double>(canvas.width()));
    CHECK(2 * box.bottom() < static_cast<double>(canvas.height()));
    for (std::size_t j = 0; j < i; ++j) {
      const Box other = detail::scatter_box(plot, j);
      CHECK((other.right() < box.left || box.right() < other.left || other.bottom() < box.top));
    }
  }
}

TEST_CASE("points that do not fit each other are refused") {
  CHECK_THROWS_WITH_AS(draw_scatter_plot({}),
                       "draw_scatter_plot: expected a panel and columns, got 0 and 1",
                       PreconditionError);
  CHECK_THROWS_WITH_AS(draw_scatter_plot({.panels = {{"a", {1, 2}, {1, 2}, {0}}}}),
                       "draw_scatter_plot: expected as many x, y and groups, got 2, 2 and 1 of 'a'",
                       PreconditionError);
  CHECK_THROWS_WITH_AS(draw_scatter_plot({.limits = Limits{1, 1}, .panels = {{}}}),
                       "draw_scatter_plot: expected finite limits in order, got 1 and 1",
                       PreconditionError);
}

TEST_CASE("points are written as a PNG") {
  const test::TemporaryFolder folder;
  write_scatter_plot(folder / "x.png", {.title = "points", .panels = {{"a", {1, 2}, {3, 4}}}});
  CHECK(test::text_of(read_file(folder / "x.png")).starts_with("\x89PNG"));
}

}  // namespace
}  // namespace nop::test::scatter_plot_test
