// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/io/canvas.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <vector>

namespace nop {

/// Pictures in rows of `columns`, e.g. the samples of a diffusion model.
struct ImageGrid {
  /// [count, channels, height, width]; -1 is black, 1 is full light.
  std::vector<float> values = {};
  std::size_t count         = 0;
  std::size_t channels      = 1;  ///< 1: gray; 3: red, green, blue.
  std::size_t height        = 0;
  std::size_t width         = 0;
  std::size_t columns       = 8;
  std::size_t magnification = 2;  ///< Pixels of the picture for each value, along each axis.
};

namespace detail {

inline PixelBlock image_block(const ImageGrid& grid, std::size_t image) {
  const std::size_t plane = grid.height * grid.width;
  PixelBlock block{grid.height, grid.width, std::vector<Rgb>(plane)};
  const auto light = [&](std::size_t channel, std::size_t i) {
    const double value = grid.values[(image * grid.channels + channel) * plane + i];
    if (std::isnan(value)) return std::uint8_t{0};
    return static_cast<std::uint8_t>(std::lround(127.5 * (std::clamp(value, -1.0, 1.0) + 1)));
  };
  for (std::size_t i = 0; i < plane; ++i)
    block.pixels[i] = {light(0, i), light(grid.channels == 3 ? 1 : 0, i),
                       light(grid.channels == 3 ? 2 : 0, i)};
  return block;
}

}  // namespace detail

/// Draws pictures side by side, 2 pixels apart, on white. Values beyond [-1, 1] are clamped, those
/// that are not a number are black.
inline Canvas draw_images(const ImageGrid& grid) {
  expects(grid.count > 0 && grid.height > 0 && grid.width > 0 && grid.columns > 0 &&
              grid.magnification > 0 && (grid.channels == 1 || grid.channels == 3) &&
              grid.values.size() == grid.count * grid.channels * grid.height * grid.width,
          "draw_images: ", grid.values.size(), " values for ", grid.count, " images of ",
          grid.channels, " channels, ", grid.height, " rows of ", grid.width);
  constexpr std::size_t gap = 2;
  const std::size_t columns = std::min(grid.columns, grid.count);
  const std::size_t rows    = (grid.count + columns - 1) / columns;
  const std::size_t height  = grid.height * grid.magnification,
                    width   = grid.width * grid.magnification;
  Canvas canvas(static_cast<double>(columns * (width + gap) + gap),
                static_cast<double>(rows * (height + gap) + gap), 1);
  for (std::size_t i = 0; i < grid.count; ++i) {
    const std::size_t left = gap + i % columns * (width + gap);
    const std::size_t top  = gap + i / columns * (height + gap);
    canvas.image({static_cast<double>(left), static_cast<double>(top), static_cast<double>(width),
                  static_cast<double>(height)},
                 detail::image_block(grid, i));
  }
  return canvas;
}

/// Draws pictures side by side into a PNG file.
inline void write_images(const std::filesystem::path& path, const ImageGrid& grid) {
  draw_images(grid).write(path);
}

}  // namespace nop
