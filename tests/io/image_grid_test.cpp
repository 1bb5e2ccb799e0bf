// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/image_grid.hpp>

#include "hostile.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace nop::test::image_grid_test {
namespace {

TEST_CASE("gray images go from black at -1 to white at 1, and stand side by side") {
  const auto canvas = draw_images({.values        = {-1, 0, 1, 7, -7, std::nanf("")},
                                   .count         = 3,
                                   .height        = 1,
                                   .width         = 2,
                                   .columns       = 2,
                                   .magnification = 3});
  CHECK(canvas.width() == 2 + 2 * (6 + 2));
  CHECK(canvas.height() == 2 + 2 * (3 + 2));
  CHECK(canvas.pixel(2, 2) == Rgb{0, 0, 0});
  CHECK(canvas.pixel(4, 4) == Rgb{0, 0, 0});
  CHECK(canvas.pixel(5, 2) == Rgb{128, 128, 128});
  CHECK(canvas.pixel(8, 2) == Rgb{255, 255, 255});  // the gap
  CHECK(canvas.pixel(10, 2) == Rgb{255, 255, 255});
  CHECK(canvas.pixel(2, 7) == Rgb{0, 0, 0});
  CHECK(canvas.pixel(5, 7) == Rgb{0, 0, 0});
  CHECK(canvas.pixel(10, 7) == Rgb{255, 255, 255});  // no fourth image
}

TEST_CASE("images of three channels are red, green and blue") {
  const auto canvas = draw_images({.values        = {1, -1, -1, 1, -1, -1},
                                   .count         = 1,
                                   .channels      = 3,
                                   .height        = 1,
                                   .width         = 2,
                                   .magnification = 1});
  CHECK(canvas.pixel(2, 2) == Rgb{255, 0, 0});
  CHECK(canvas.pixel(3, 2) == Rgb{0, 255, 0});
}

TEST_CASE("images that do not fit their values are refused") {
  CHECK_THROWS_AS(draw_images({}), PreconditionError);
  CHECK_THROWS_AS(draw_images({.values = {1, 2}, .count = 1, .height = 1, .width = 1}),
                  PreconditionError);
  CHECK_THROWS_AS(
      draw_images({.values = {1, 2}, .count = 1, .channels = 2, .height = 1, .width = 1}),
      PreconditionError);
}

TEST_CASE("images are written as a PNG") {
  const test::TemporaryFolder folder;
  write_images(folder / "x.png", {.values = {0}, .count = 1, .height = 1, .width = 1});
  CHECK(test::text_of(read_file(folder / "x.png")).starts_with("\x89PNG"));
}

}  // namespace
}  // namespace nop::test::image_grid_test
