// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/io/canvas.hpp>
#include <nop/io/colour_map.hpp>
#include <nop/io/ticks.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace nop {

/// One two-dimensional field to show: `height` rows of `width` values, the first row on top.
///
///     Panel{.title = "prediction", .values = {data, data + 256}, .height = 16, .width = 16}
struct Panel {
  std::string title          = {};
  std::vector<double> values = {};
  std::size_t height         = 0;
  std::size_t width          = 0;
  /// What the ends of the colour map mean. Without them: the least and the greatest finite value;
  /// for `balance`, as far below 0 as above.
  std::optional<Limits> limits = std::nullopt;
  ColourMap colours            = ColourMap::viridis;
};

/// Panels in rows of `columns`, e.g. a row a sample: input, truth, prediction, error.
struct PanelGrid {
  std::string title         = {};
  std::size_t columns       = 1;
  std::vector<Panel> panels = {};
};

namespace detail {

inline constexpr int picture_resolution = 2;
/// The longer side of a panel, about; in pixels.
inline constexpr std::size_t panel_pixels = 400;
/// Finer fields are averaged down.
inline constexpr std::size_t panel_pixel_limit = 800;

/// The distances of the layout, in units.
inline constexpr double panel_margin = 16, panel_title_height = 20, panel_gap = 14, bar_gap = 6,
                        bar_width = 9, bar_label_gap = 5, grid_title_height = 30;
inline constexpr TextStyle panel_title_style{.size = 11, .anchor = Anchor::centre};
inline constexpr TextStyle bar_label_style{.size = 9, .colour = {70, 70, 70}};
inline constexpr Stroke frame_stroke{.colour = {110, 110, 110}, .width = 0.5};

inline Limits panel_limits(const Panel& panel) {
  if (panel.limits) return widened(*panel.limits, Scale::linear);
  const Limits limits = drawable_limits(panel.values, Scale::linear);
  if (panel.colours != ColourMap::balance) return widened(limits, Scale::linear);
  if (limits.low > limits.high) return {-1, 1};
  const double farthest = std::max(std::abs(limits.low), std::abs(limits.high));
  return widened({-farthest, farthest}, Scale::linear);
}

/// Means over blocks where a field is finer than the screen. Blocks with no numbers stay without.
inline PixelBlock panel_pixels_of(const Panel& panel) {
  const auto blocks    = [](std::size_t n) { return (n - 1) / panel_pixel_limit + 1; };
  const std::size_t dy = blocks(panel.height), dx = blocks(panel.width);
  const Limits limits = panel_limits(panel);
  PixelBlock block{(panel.height + dy - 1) / dy, (panel.width + dx - 1) / dx, {}};
  for (std::size_t y = 0; y < panel.height; y += dy)
    for (std::size_t x = 0; x < panel.width; x += dx) {
      double total = 0, count = 0;
      for (std::size_t i = y; i < std::min(y + dy, panel.height); ++i)
        for (std::size_t j = x; j < std::min(x + dx, panel.width); ++j) {
          const double value = panel.values[i * panel.width + j];
          if (std::isnan(value)) continue;
          total += position_of(value, limits, Scale::linear);
          count += 1;
        }
      block.pixels.push_back(colour_at(panel.colours, total / count));
    }
  return block;
}

/// The drawn size: whole pixels for every value; long stripes are made wider than to scale.
inline Box panel_box(const PixelBlock& block) {
  const std::size_t longer = std::max(block.height, block.width);
  const std::size_t square = std::max<std::size_t>(1, panel_pixels / longer);
  const auto side          = [&](std::size_t n) {
    const std::size_t cell = std::max(square, panel_pixels / 4 / n);
    return static_cast<double>(n * cell) / picture_resolution;
  };
  return {0, 0, side(block.width), side(block.height)};
}

/// A panel with its measures taken.
struct PlacedPanel {
  const Panel* panel;
  PixelBlock block;
  Box box;
  std::vector<Tick> ticks;
  double label_width = 0;
};

inline PlacedPanel measured(const Panel& panel, Canvas& canvas) {
  expects(panel.height > 0 && panel.width > 0 &&
              panel.values.size() / panel.width == panel.height &&
              panel.values.size() % panel.width == 0,
          "draw_panels: '", panel.title, "' has ", panel.values.size(), " values for ",
          panel.height, " rows of ", panel.width);
  expects(!panel.limits || (panel.limits->low <= panel.limits->high &&
                            std::isfinite(panel.limits->high - panel.limits->low)),
          "draw_panels: '", panel.title, "' has limits that are not finite or not in order");
  PlacedPanel placed{&panel, panel_pixels_of(panel), {}, {}, 0};
  placed.box   = panel_box(placed.block);
  placed.ticks = linear_ticks(panel_limits(panel), placed.box.height > 60 ? 5 : 4);
  for (const Tick& tick : placed.ticks)
    placed.label_width =
        std::max(placed.label_width, canvas.text_width(tick.label, bar_label_style));
  return placed;
}

inline void draw_bar(Canvas& canvas, const PlacedPanel& placed) {
  PixelBlock ramp{256, 1, {}};
  for (int i = 255; i >= 0; --i) ramp.pixels.push_back(colour_at(placed.panel->colours, i / 255.0));
  const Box bar{placed.box.right() + bar_gap, placed.box.top, bar_width, placed.box.height};
  canvas.image(bar, ramp);
  canvas.outline(bar, frame_stroke);
  const Limits limits = panel_limits(*placed.panel);
  for (const Tick& tick : placed.ticks) {
    const double y = bar.bottom() - bar.height * position_of(tick.value, limits, Scale::linear);
    canvas.line({bar.right(), y}, {bar.right() + 2.5, y}, frame_stroke);
    canvas.text({bar.right() + bar_label_gap, y}, tick.label, bar_label_style);
  }
}

inline void draw_panel(Canvas& canvas, const PlacedPanel& placed) {
  canvas.image(placed.box, placed.block);
  canvas.outline(placed.box, frame_stroke);
  canvas.text({placed.box.left + placed.box.width / 2, placed.box.top - panel_title_height / 2},
              placed.panel->title, panel_title_style);
  draw_bar(canvas, placed);
}

/// Gives every panel its place below `top`, and returns the size of the whole: columns as wide and
/// rows as high as their largest panel, a row of titles only where there are some.
inline Box place_panels(std::vector<PlacedPanel>& placed, std::size_t columns, double top) {
  std::vector<double> lefts(columns + 1, panel_margin);
  for (std::size_t column = 0; column < columns; ++column) {
    double width = 0;
    for (std::size_t i = column; i < placed.size(); i += columns)
      width = std::max(width, placed[i].box.width + bar_gap + bar_width + bar_label_gap +
                                  placed[i].label_width + panel_gap);
    lefts[column + 1] = lefts[column] + std::ceil(width);
  }
  for (std::size_t first = 0; first < placed.size(); first += columns) {
    const std::size_t last = std::min(first + columns, placed.size());
    double height          = 0;
    bool has_title         = false;
    for (std::size_t i = first; i < last; ++i) {
      height = std::max(height, placed[i].box.height);
      has_title |= !placed[i].panel->title.empty();
    }
    top += has_title ? panel_title_height : 0;
    for (std::size_t i = first; i < last; ++i) {
      placed[i].box.left = lefts[i - first];
      placed[i].box.top  = top;
    }
    top += std::ceil(height) + panel_gap;
  }
  return {0, 0, lefts[columns] - panel_gap + panel_margin, top - panel_gap + panel_margin};
}

}  // namespace detail

/// Draws fields side by side, each with a title and a colour bar. Values that are not a number are
/// light gray. A panel whose values do not fit its size is a PreconditionError.
inline Canvas draw_panels(const PanelGrid& grid) {
  expects(grid.columns > 0 && !grid.panels.empty(), "draw_panels: ", grid.panels.size(),
          " panels in ", grid.columns, " columns");
  Canvas ruler(1, 1, detail::picture_resolution);
  std::vector<detail::PlacedPanel> placed;
  for (const Panel& panel : grid.panels) placed.push_back(detail::measured(panel, ruler));
  const double top = detail::panel_margin + (grid.title.empty() ? 0 : detail::grid_title_height);
  const Box whole  = detail::place_panels(placed, std::min(grid.columns, grid.panels.size()), top);
  const TextStyle title_style{.size = 14, .anchor = Anchor::centre, .weight = Weight::bold};
  const double width =
      std::max(whole.width, ruler.text_width(grid.title, title_style) + 2 * detail::panel_margin);
  Canvas canvas(width, whole.height, detail::picture_resolution);
  canvas.text({width / 2, detail::panel_margin + detail::grid_title_height / 2 - 6}, grid.title,
              title_style);
  for (const auto& panel : placed) detail::draw_panel(canvas, panel);
  return canvas;
}

/// Draws fields side by side into a PNG file.
inline void write_panels(const std::filesystem::path& path, const PanelGrid& grid) {
  draw_panels(grid).write(path);
}

}  // namespace nop
