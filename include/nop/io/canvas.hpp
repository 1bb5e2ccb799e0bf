// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/io/colour_map.hpp>
#include <nop/io/file.hpp>

#include <cairo/cairo.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <filesystem>
#include <memory>
#include <numbers>
#include <span>
#include <string>
#include <vector>

namespace nop {

/// A place on a canvas: to the right and down from the upper left corner.
struct Point {
  double x = 0;
  double y = 0;
};

/// A rectangle on a canvas.
struct Box {
  double left   = 0;
  double top    = 0;
  double width  = 0;
  double height = 0;
  [[nodiscard]] double right() const { return left + width; }
  [[nodiscard]] double bottom() const { return top + height; }
};

/// Colours in rows, the upper one first.
struct PixelBlock {
  std::size_t height = 0;
  std::size_t width  = 0;
  std::vector<Rgb> pixels;
};

/// How a line looks.
struct Stroke {
  Rgb colour;
  double width = 1;
  bool dashed  = false;
};

enum class Anchor : std::uint8_t { left, centre, right };
enum class Weight : std::uint8_t { normal, bold };
enum class Direction : std::uint8_t { rightwards, upwards };

/// How a text looks, and which part of it stands at its place. Vertically it is the middle.
struct TextStyle {
  double size         = 11;
  Anchor anchor       = Anchor::left;
  Weight weight       = Weight::normal;
  Direction direction = Direction::rightwards;
  Rgb colour          = {38, 38, 38};
};

namespace detail {
struct CairoFree {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};
using CairoSurface = std::unique_ptr<cairo_surface_t, CairoFree>;
using CairoContext = std::unique_ptr<cairo_t, CairoFree>;

inline void check_cairo(const char* call, cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS) throw BackendError(call, cairo_status_to_string(status));
}

inline CairoSurface make_surface(std::size_t width, std::size_t height) {
  constexpr std::size_t limit = 32767;  // Cairo's own.
  expects(width > 0 && height > 0 && width <= limit && height <= limit, "canvas: a picture of ",
          width, " by ", height, " pixels");
  CairoSurface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width),
                                                  static_cast<int>(height)));
  check_cairo("cairo_image_surface_create", cairo_surface_status(surface.get()));
  return surface;
}

inline void put_pixel(unsigned char* row, std::size_t x, Rgb colour) {
  const std::uint32_t value = (std::uint32_t{colour.red} << 16) |
                              (std::uint32_t{colour.green} << 8) | std::uint32_t{colour.blue};
  std::memcpy(row + 4 * x, &value, 4);
}
}  // namespace detail

/// A white sheet to draw on, written as a PNG. Lengths are in units of `resolution` pixels.
class Canvas {
 public:
  Canvas(double width, double height, int resolution)
      : surface_(detail::make_surface(static_cast<std::size_t>(std::ceil(width * resolution)),
                                      static_cast<std::size_t>(std::ceil(height * resolution)))),
        context_(cairo_create(surface_.get())) {
    check("cairo_create");
    cairo_scale(context_.get(), resolution, resolution);
    cairo_set_source_rgb(context_.get(), 1, 1, 1);
    cairo_paint(context_.get());
    cairo_set_line_join(context_.get(), CAIRO_LINE_JOIN_ROUND);
    check("cairo_paint");
  }

  void fill(const Box& box, Rgb colour, double opacity = 1) {
    cairo_set_source_rgba(context_.get(), colour.red / 255.0, colour.green / 255.0,
                          colour.blue / 255.0, opacity);
    cairo_rectangle(context_.get(), box.left, box.top, box.width, box.height);
    cairo_fill(context_.get());
    check("cairo_fill");
  }

  void outline(const Box& box, const Stroke& stroke) {
    cairo_rectangle(context_.get(), box.left, box.top, box.width, box.height);
    draw(stroke);
  }

  /// Straight lines from point to point.
  void lines(std::span<const Point> points, const Stroke& stroke) {
    cairo_new_path(context_.get());
    for (const Point point : points) cairo_line_to(context_.get(), point.x, point.y);
    draw(stroke);
  }
  void line(Point from, Point to, const Stroke& stroke) {
    const Point points[] = {from, to};
    lines(points, stroke);
  }

  void dot(Point centre, double radius, Rgb colour) {
    cairo_new_path(context_.get());
    cairo_arc(context_.get(), centre.x, centre.y, radius, 0, 2 * std::numbers::pi);
    set_colour(colour);
    cairo_fill(context_.get());
    check("cairo_arc");
  }

  /// Everything drawn by `draw()` is kept inside the box.
  template <std::invocable Draw>
  void clipped(const Box& box, Draw&& draw) {
    cairo_save(context_.get());
    cairo_rectangle(context_.get(), box.left, box.top, box.width, box.height);
    cairo_clip(context_.get());
    draw();
    cairo_restore(context_.get());
    check("cairo_clip");
  }

  /// The colours stretched over the box; every one stays a sharp rectangle.
  void image(const Box& box, const PixelBlock& block) {
    expects(block.pixels.size() == block.height * block.width, "canvas: ", block.pixels.size(),
            " pixels for ", block.height, " rows of ", block.width);
    const auto picture = detail::make_surface(block.width, block.height);
    unsigned char* row = cairo_image_surface_get_data(picture.get());
    const int stride   = cairo_image_surface_get_stride(picture.get());
    for (std::size_t y = 0; y < block.height; ++y, row += stride)
      for (std::size_t x = 0; x < block.width; ++x)
        detail::put_pixel(row, x, block.pixels[y * block.width + x]);
    cairo_surface_mark_dirty(picture.get());
    cairo_save(context_.get());
    cairo_translate(context_.get(), box.left, box.top);
    cairo_scale(context_.get(), box.width / static_cast<double>(block.width),
                box.height / static_cast<double>(block.height));
    cairo_set_source_surface(context_.get(), picture.get(), 0, 0);
    cairo_pattern_set_filter(cairo_get_source(context_.get()), CAIRO_FILTER_NEAREST);
    cairo_pattern_set_extend(cairo_get_source(context_.get()), CAIRO_EXTEND_PAD);
    cairo_rectangle(context_.get(), 0, 0, static_cast<double>(block.width),
                    static_cast<double>(block.height));
    cairo_fill(context_.get());
    cairo_restore(context_.get());
    check("cairo_fill");
  }

  /// A text in UTF-8; anything else is a BackendError.
  void text(Point place, const std::string& text, const TextStyle& style) {
    const double width = text_width(text, style);
    const double shift = style.anchor == Anchor::left     ? 0
                         : style.anchor == Anchor::centre ? width / 2
                                                          : width;
    set_colour(style.colour);
    cairo_save(context_.get());
    cairo_translate(context_.get(), place.x, place.y);
    if (style.direction == Direction::upwards) cairo_rotate(context_.get(), -std::numbers::pi / 2);
    cairo_move_to(context_.get(), -shift, 0.36 * style.size);  // Half the height of a capital.
    cairo_show_text(context_.get(), text.c_str());
    cairo_restore(context_.get());
    check("cairo_show_text");
  }

  [[nodiscard]] double text_width(const std::string& text, const TextStyle& style) {
    cairo_select_font_face(
        context_.get(), "sans-serif", CAIRO_FONT_SLANT_NORMAL,
        style.weight == Weight::bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(context_.get(), style.size);
    cairo_text_extents_t extents{};
    cairo_text_extents(context_.get(), text.c_str(), &extents);
    check("cairo_text_extents");
    return extents.x_advance;
  }

  /// In pixels.
  [[nodiscard]] std::size_t width() const {
    return static_cast<std::size_t>(cairo_image_surface_get_width(surface_.get()));
  }
  [[nodiscard]] std::size_t height() const {
    return static_cast<std::size_t>(cairo_image_surface_get_height(surface_.get()));
  }

  [[nodiscard]] Rgb pixel(std::size_t x, std::size_t y) const {
    expects(x < width() && y < height(), "Canvas::pixel: (", x, ", ", y, ") of ", width(), " by ",
            height());
    cairo_surface_flush(surface_.get());
    const auto stride = static_cast<std::size_t>(cairo_image_surface_get_stride(surface_.get()));
    std::uint32_t value;
    std::memcpy(&value, cairo_image_surface_get_data(surface_.get()) + y * stride + 4 * x, 4);
    const auto part = [&](int shift) { return static_cast<std::uint8_t>(value >> shift); };
    return {part(16), part(8), part(0)};
  }

  /// Writes a PNG, all or nothing.
  void write(const std::filesystem::path& path) const {
    write_atomically(path, [&](OutputFile& file) {
      Sink sink{file, nullptr};
      const auto status = cairo_surface_write_to_png_stream(surface_.get(), &Sink::take, &sink);
      if (sink.error) std::rethrow_exception(sink.error);
      detail::check_cairo("cairo_surface_write_to_png_stream", status);
    });
  }

 private:
  /// Carries an exception past the C code between `write` and the file.
  struct Sink {
    OutputFile& file;
    std::exception_ptr error;

    static cairo_status_t take(void* self, const unsigned char* bytes, unsigned int count) {
      auto& sink = *static_cast<Sink*>(self);
      try {
        sink.file.write(std::as_bytes(std::span(bytes, count)));
        return CAIRO_STATUS_SUCCESS;
      } catch (...) {
        sink.error = std::current_exception();
        return CAIRO_STATUS_WRITE_ERROR;
      }
    }
  };

  void check(const char* call) const { detail::check_cairo(call, cairo_status(context_.get())); }

  void set_colour(Rgb colour) {
    cairo_set_source_rgb(context_.get(), colour.red / 255.0, colour.green / 255.0,
                         colour.blue / 255.0);
  }

  void draw(const Stroke& stroke) {
    set_colour(stroke.colour);
    cairo_set_line_width(context_.get(), stroke.width);
    const double dash = 3 * stroke.width;
    cairo_set_dash(context_.get(), &dash, stroke.dashed ? 1 : 0, 0);
    cairo_stroke(context_.get());
    check("cairo_stroke");
  }

  detail::CairoSurface surface_;
  detail::CairoContext context_;
};

}  // namespace nop
