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

/// Points of the plane, equally many x and y.
struct ScatterPanel {
  std::string title               = {};
  std::vector<double> x           = {};
  std::vector<double> y           = {};
  std::vector<std::size_t> groups = {};  ///< of each point, in a colour each; none: all in one
};

/// Panels in rows of `columns`, on the same axes, which are as long as each other. Points that are
/// not finite or beyond the limits are left out.
///
///     ScatterPlot{.columns = 2, .panels = {{"data", x, y}, {"samples", u, v}}}
struct ScatterPlot {
  std::string title                = {};
  std::size_t columns              = 1;
  std::optional<Limits> limits     = std::nullopt;  ///< of both axes; without: of all points
  std::vector<ScatterPanel> panels = {};
};

namespace detail {

inline constexpr double scatter_side = 190, scatter_margin = 14, scatter_gap = 12,
                        scatter_title_height = 20, scatter_label_width = 22,
                        scatter_label_height = 16, scatter_radius = 1.1;

inline Limits scatter_limits(const ScatterPlot& plot) {
  if (plot.limits) return widened(*plot.limits, Scale::linear);
  std::vector<double> all;
  for (const ScatterPanel& panel : plot.panels)
    for (std::size_t i = 0; i < panel.x.size(); ++i)
      if (std::isfinite(panel.x[i]) && std::isfinite(panel.y[i]))
        all.insert(all.end(), {panel.x[i], panel.y[i]});
  return widened(drawable_limits(all, Scale::linear), Scale::linear);
}

/// Where a panel's axes stand.
inline Box scatter_box(const ScatterPlot& plot, std::size_t panel) {
  const std::size_t row_number = panel / plot.columns;
  const double column          = static_cast<double>(panel % plot.columns);
  const double row             = static_cast<double>(row_number);
  return {scatter_margin + scatter_label_width + column * (scatter_side + scatter_gap),
          (plot.title.empty() ? scatter_margin / 2 : 2 * scatter_margin) + scatter_title_height +
              row * (scatter_side + scatter_title_height),
          scatter_side, scatter_side};
}

/// The place of a point in a box.
inline Point scatter_place(const Box& box, const Limits& limits, double x, double y) {
  return {box.left + box.width * position_of(x, limits, Scale::linear),
          box.bottom() - box.height * position_of(y, limits, Scale::linear)};
}

/// Marks, with numbers at the outer panels.
inline void draw_scatter_axes(Canvas& canvas, const ScatterPlot& plot, std::size_t panel,
                              const Limits& limits) {
  constexpr Rgb gray{110, 110, 110}, faint{232, 232, 232};
  const Box box       = scatter_box(plot, panel);
  const bool leftmost = panel % plot.columns == 0;
  const bool lowest   = panel + plot.columns >= plot.panels.size();
  for (const Tick& tick : linear_ticks(limits, 5)) {
    const Point place = scatter_place(box, limits, tick.value, tick.value);
    canvas.line({place.x, box.top}, {place.x, box.bottom()}, {faint, 0.6});
    canvas.line({box.left, place.y}, {box.right(), place.y}, {faint, 0.6});
    if (leftmost)
      canvas.text({box.left - 4, place.y}, tick.label, {.size = 8, .anchor = Anchor::right});
    if (lowest)
      canvas.text({place.x, box.bottom() + 8}, tick.label, {.size = 8, .anchor = Anchor::centre});
  }
  canvas.outline(box, {gray, 0.6});
  canvas.text({box.left + box.width / 2, box.top - scatter_title_height / 2},
              plot.panels[panel].title, {.size = 10, .anchor = Anchor::centre});
}

inline void draw_scatter_points(Canvas& canvas, const Box& box, const ScatterPanel& panel,
                                const Limits& limits) {
  canvas.clipped(box, [&] {
    for (std::size_t i = 0; i < panel.x.size(); ++i) {
      const Point place = scatter_place(box, limits, panel.x[i], panel.y[i]);
      const bool inside = place.x >= box.left && place.x <= box.right() && place.y >= box.top &&
                          place.y <= box.bottom();  // also false for what is no number
      if (inside)
        canvas.dot(place, scatter_radius,
                   distinct_colour(panel.groups.empty() ? 0 : panel.groups[i]));
    }
  });
}

}  // namespace detail

/// Draws points, a dot each, the last ones on top. Throws PreconditionError without a panel or
/// columns, for limits that are not finite or not in order, and for x, y and groups that are not
/// equally many.
inline Canvas draw_scatter_plot(const ScatterPlot& plot) {
  expects(plot.columns > 0 && !plot.panels.empty(),
          "draw_scatter_plot: expected a panel and columns, got ", plot.panels.size(), " and ",
          plot.columns);
  expects(!plot.limits || (plot.limits->low < plot.limits->high &&
                           std::isfinite(plot.limits->high - plot.limits->low)),
          "draw_scatter_plot: expected finite limits in order, got ",
          plot.limits.value_or(Limits{}).low, " and ", plot.limits.value_or(Limits{}).high);
  for (const ScatterPanel& panel : plot.panels)
    expects(panel.x.size() == panel.y.size() &&
                (panel.groups.empty() || panel.groups.size() == panel.x.size()),
            "draw_scatter_plot: expected as many x, y and groups, got ", panel.x.size(), ", ",
            panel.y.size(), " and ", panel.groups.size(), " of '", panel.title, "'");
  const Box last_column = detail::scatter_box(plot, std::min(plot.columns, plot.panels.size()) - 1);
  const Box last_row    = detail::scatter_box(plot, plot.panels.size() - 1);
  const double width    = last_column.right() + detail::scatter_margin;
  Canvas canvas(width,
                last_row.bottom() + detail::scatter_label_height + detail::scatter_margin / 2, 2);
  canvas.text({width / 2, detail::scatter_margin}, plot.title,
              {.size = 13, .anchor = Anchor::centre, .weight = Weight::bold});
  const Limits limits = detail::scatter_limits(plot);
  for (std::size_t i = 0; i < plot.panels.size(); ++i) {
    detail::draw_scatter_axes(canvas, plot, i, limits);
    detail::draw_scatter_points(canvas, detail::scatter_box(plot, i), plot.panels[i], limits);
  }
  return canvas;
}

/// Draws points into a PNG file.
inline void write_scatter_plot(const std::filesystem::path& path, const ScatterPlot& plot) {
  draw_scatter_plot(plot).write(path);
}

}  // namespace nop
