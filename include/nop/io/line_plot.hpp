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
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace nop {

/// One line of a plot: y over x, equally many. A line without a label is not in the legend.
struct Series {
  std::string label     = {};
  std::vector<double> x = {};
  std::vector<double> y = {};
};

/// Lines over a common pair of axes. When there are no more colours, they come again with dashed
/// lines and hollow dots. Points that have no place (not finite, or not positive on a logarithmic
/// axis) leave a gap. The legend stands in a corner where it hides nothing, or outside.
///
///     LinePlot{.title = "loss", .x_label = "epoch", .y_scale = Scale::logarithmic,
///              .series = {{"train", epochs, train}, {"test", epochs, test}}}
struct LinePlot {
  std::string title          = {};
  std::string x_label        = {};
  std::string y_label        = {};
  Scale x_scale              = Scale::linear;
  Scale y_scale              = Scale::linear;
  std::vector<Series> series = {};
};

namespace detail {

inline constexpr double plot_width = 620, plot_height = 400;
inline constexpr Rgb faint_gray{228, 228, 228};
inline constexpr Rgb axis_gray{90, 90, 90};
/// Up to so many points, each one gets a dot.
inline constexpr std::size_t dotted_points = 32;

/// An axis: what it shows, and where on the canvas its ends are.
struct Axis {
  Scale scale;
  Limits limits;
  std::vector<Tick> ticks;
  double first = 0;
  double last  = 0;

  [[nodiscard]] double place(double value) const {
    return first + (last - first) * position_of(value, limits, scale);
  }
};

inline Limits with_margin(const Limits& limits, Scale scale, double share) {
  if (scale == Scale::linear) {
    const double room = share * (limits.high - limits.low);
    if (!std::isfinite(room)) return limits;
    return {limits.low - room, limits.high + room};
  }
  const double factor = std::pow(limits.high / limits.low, share);
  if (!std::isfinite(factor)) return limits;
  return {std::max(limits.low / factor, std::numeric_limits<double>::min()),
          std::min(limits.high * factor, std::numeric_limits<double>::max())};
}

/// The axis for one coordinate of all points that can be drawn.
inline Axis make_axis(const LinePlot& plot, Scale scale, std::vector<double> Series::* coordinate,
                      double margin, std::size_t tick_count) {
  std::vector<double> shown;
  for (const Series& series : plot.series)
    for (std::size_t i = 0; i < series.x.size(); ++i)
      if (is_drawable(series.x[i], plot.x_scale) && is_drawable(series.y[i], plot.y_scale))
        shown.push_back((series.*coordinate)[i]);
  const Limits limits = with_margin(widened(drawable_limits(shown, scale), scale), scale, margin);
  return {scale, limits, ticks_of(limits, scale, tick_count)};
}

/// A plot with its measures taken.
struct PlacedPlot {
  const LinePlot& plot;
  Axis x;
  Axis y;
  Box area;
};

inline PlacedPlot placed(const LinePlot& plot, Canvas& canvas) {
  PlacedPlot result{plot,
                    make_axis(plot, plot.x_scale, &Series::x, 0.02, 7),
                    make_axis(plot, plot.y_scale, &Series::y, 0.05, 6),
                    {}};
  double labels = 0;
  for (const Tick& tick : result.y.ticks)
    labels = std::max(labels, canvas.text_width(tick.label, {.size = 10}));
  const double left   = 20 + labels + (plot.y_label.empty() ? 0 : 20);
  const double top    = plot.title.empty() ? 16 : 40;
  const double bottom = plot_height - (plot.x_label.empty() ? 30 : 48);
  result.area         = {std::ceil(left), top, plot_width - 20 - std::ceil(left), bottom - top};
  result.x.first      = result.area.left;
  result.x.last       = result.area.right();
  result.y.first      = result.area.bottom();
  result.y.last       = result.area.top;
  return result;
}

inline void draw_axes(Canvas& canvas, const PlacedPlot& placed) {
  const auto& [plot, x_axis, y_axis, area] = placed;
  for (const Tick& tick : x_axis.ticks) {
    const double x = x_axis.place(tick.value);
    canvas.line({x, area.top}, {x, area.bottom()}, {faint_gray, 0.8});
    canvas.line({x, area.bottom()}, {x, area.bottom() + 4}, {axis_gray, 0.8});
    canvas.text({x, area.bottom() + 13}, tick.label, {.size = 10, .anchor = Anchor::centre});
  }
  for (const Tick& tick : y_axis.ticks) {
    const double y = y_axis.place(tick.value);
    canvas.line({area.left, y}, {area.right(), y}, {faint_gray, 0.8});
    canvas.line({area.left - 4, y}, {area.left, y}, {axis_gray, 0.8});
    canvas.text({area.left - 7, y}, tick.label, {.size = 10, .anchor = Anchor::right});
  }
  for (const double value : minor_ticks(x_axis.limits, x_axis.scale))
    canvas.line({x_axis.place(value), area.bottom()}, {x_axis.place(value), area.bottom() + 2},
                {axis_gray, 0.6});
  for (const double value : minor_ticks(y_axis.limits, y_axis.scale))
    canvas.line({area.left - 2, y_axis.place(value)}, {area.left, y_axis.place(value)},
                {axis_gray, 0.6});
  canvas.outline(area, {axis_gray, 0.8});
  const double middle = area.left + area.width / 2;
  canvas.text({middle, 21}, plot.title,
              {.size = 13, .anchor = Anchor::centre, .weight = Weight::bold});
  canvas.text({middle, plot_height - 15}, plot.x_label, {.anchor = Anchor::centre});
  canvas.text({17, area.top + area.height / 2}, plot.y_label,
              {.anchor = Anchor::centre, .direction = Direction::upwards});
}

/// The places of the points; where one has none, the line breaks.
inline std::vector<std::vector<Point>> runs_of(const PlacedPlot& placed, const Series& series) {
  std::vector<std::vector<Point>> runs(1);
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (is_drawable(series.x[i], placed.x.scale) && is_drawable(series.y[i], placed.y.scale))
      runs.back().push_back({placed.x.place(series.x[i]), placed.y.place(series.y[i])});
    else if (!runs.back().empty())
      runs.emplace_back();
  }
  return runs;
}

/// How the i-th line of a plot looks.
inline Stroke stroke_of(std::size_t i, double width) {
  return {distinct_colour(i), width, i / distinct_colours % 2 == 1};
}

inline void draw_series(Canvas& canvas, const PlacedPlot& placed, const Series& series,
                        const Stroke& stroke) {
  for (const auto& run : runs_of(placed, series)) {
    canvas.lines(run, stroke);
    if (series.x.size() > dotted_points && run.size() > 1) continue;
    for (const Point point : run) {
      canvas.dot(point, 2.6, stroke.colour);
      if (stroke.dashed) canvas.dot(point, 1.3, {255, 255, 255});
    }
  }
}

/// How many points a box hides, or nearly so.
inline std::size_t hidden_points(const PlacedPlot& placed, const Box& box) {
  constexpr double near = 8;
  std::size_t hidden    = 0;
  for (const Series& series : placed.plot.series)
    for (const auto& run : runs_of(placed, series))
      for (const Point point : run)
        hidden += point.x > box.left - near && point.x < box.right() + near &&
                  point.y > box.top - near && point.y < box.bottom() + near;
  return hidden;
}

inline constexpr TextStyle legend_style{.size = 10};
inline constexpr double legend_row = 16, legend_sample = 20, legend_padding = 8;

/// The size of the legend; nothing where no series has a label.
inline Box legend_size(const LinePlot& plot, Canvas& canvas) {
  double width = 0, rows = 0;
  for (const Series& series : plot.series) {
    if (series.label.empty()) continue;
    width = std::max(width, canvas.text_width(series.label, legend_style));
    rows += 1;
  }
  if (rows == 0) return {};
  return {0, 0, width + legend_sample + 3 * legend_padding, rows * legend_row + legend_padding};
}

/// The corner of the plot where the legend hides nothing, if there is one.
inline std::optional<Box> free_corner(const PlacedPlot& placed, const Box& legend) {
  constexpr double distance = 8;
  const Box& area           = placed.area;
  for (const double top : {area.top + distance, area.bottom() - distance - legend.height})
    for (const double left : {area.right() - distance - legend.width, area.left + distance}) {
      const Box box{left, top, legend.width, legend.height};
      if (hidden_points(placed, box) == 0) return box;
    }
  return std::nullopt;
}

inline void draw_legend(Canvas& canvas, const LinePlot& plot, const Box& box) {
  canvas.fill(box, {255, 255, 255}, 0.85);
  canvas.outline(box, {faint_gray, 0.8});
  double y = box.top + legend_padding / 2 + legend_row / 2;
  for (std::size_t i = 0; i < plot.series.size(); ++i) {
    const std::string& label = plot.series[i].label;
    if (label.empty()) continue;
    const double left = box.left + legend_padding;
    canvas.line({left, y}, {left + legend_sample, y}, stroke_of(i, 2));
    canvas.text({left + legend_sample + legend_padding, y}, label, legend_style);
    y += legend_row;
  }
}

}  // namespace detail

/// Draws lines over a pair of axes, with marks at round numbers and a legend. Series without a
/// single drawable point are fine; x and y of different length are a PreconditionError.
inline Canvas draw_line_plot(const LinePlot& plot) {
  for (const Series& series : plot.series)
    expects(series.x.size() == series.y.size(), "draw_line_plot: '", series.label, "' has ",
            series.x.size(), " x and ", series.y.size(), " y");
  Canvas ruler(1, 1, 2);
  const auto placed = detail::placed(plot, ruler);
  const Box legend  = detail::legend_size(plot, ruler);
  const auto inside = detail::free_corner(placed, legend);
  const Box outside{placed.area.right() + 12, placed.area.top, legend.width, legend.height};
  Canvas canvas(inside ? detail::plot_width : outside.right() + 20,
                std::max(detail::plot_height, legend.height + 60), 2);
  detail::draw_axes(canvas, placed);
  canvas.clipped(placed.area, [&] {
    for (std::size_t i = plot.series.size(); i-- > 0;)  // The first one on top.
      detail::draw_series(canvas, placed, plot.series[i], detail::stroke_of(i, 1.7));
  });
  if (legend.height > 0) detail::draw_legend(canvas, plot, inside.value_or(outside));
  return canvas;
}

/// Draws lines over a pair of axes into a PNG file.
inline void write_line_plot(const std::filesystem::path& path, const LinePlot& plot) {
  draw_line_plot(plot).write(path);
}

}  // namespace nop
