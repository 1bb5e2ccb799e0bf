// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/canvas.hpp>

#include "hostile.hpp"
#include <doctest/doctest.h>

#include <string>

namespace nop::test::canvas_test {
namespace {

constexpr Rgb white{255, 255, 255}, red{255, 0, 0}, blue{0, 0, 255}, black{0, 0, 0};

TEST_CASE("a canvas is white, and boxes are filled where they are") {
  Canvas canvas(10, 5, 2);
  CHECK(canvas.width() == 20);
  CHECK(canvas.height() == 10);
  CHECK(canvas.pixel(0, 0) == white);
  canvas.fill({1, 2, 3, 1}, red);
  CHECK(canvas.pixel(2, 4) == red);
  CHECK(canvas.pixel(7, 5) == red);
  CHECK(canvas.pixel(8, 5) == white);
  CHECK(canvas.pixel(2, 6) == white);
  CHECK_THROWS_AS((void)canvas.pixel(20, 0), PreconditionError);
}

TEST_CASE("an image keeps its colours, sharp and the first row on top") {
  Canvas canvas(8, 8, 2);
  canvas.image({1, 1, 6, 4}, {2, 2, {red, blue, black, white}});
  CHECK(canvas.pixel(2, 2) == red);
  CHECK(canvas.pixel(7, 5) == red);
  CHECK(canvas.pixel(8, 2) == blue);
  CHECK(canvas.pixel(13, 5) == blue);
  CHECK(canvas.pixel(2, 6) == black);
  CHECK(canvas.pixel(7, 9) == black);
  CHECK(canvas.pixel(14, 2) == white);
  CHECK_THROWS_AS(canvas.image({0, 0, 1, 1}, {2, 2, {red}}), PreconditionError);
}

TEST_CASE("lines, dots and texts leave ink, but only inside a clip") {
  Canvas canvas(20, 20, 1);
  canvas.line({0, 5.5}, {20, 5.5}, {red, 1});
  CHECK(canvas.pixel(10, 5) == red);
  canvas.dot({10, 12}, 3, blue);
  CHECK(canvas.pixel(10, 12) == blue);
  canvas.clipped({0, 0, 5, 20}, [&] { canvas.fill({0, 0, 20, 20}, black); });
  CHECK(canvas.pixel(4, 19) == black);
  CHECK(canvas.pixel(5, 19) == white);
}

TEST_CASE("a wider text is wider, and one that is not UTF-8 is a BackendError") {
  Canvas canvas(10, 10, 1);
  CHECK(canvas.text_width("wider", {}) > canvas.text_width("w", {}));
  CHECK_THROWS_AS(canvas.text({0, 0}, "\xff", {}), BackendError);
}

TEST_CASE("a canvas of an impossible size is refused") {
  CHECK_THROWS_AS(Canvas(0, 5, 1), PreconditionError);
  CHECK_THROWS_AS(Canvas(40'000, 5, 1), PreconditionError);
}

TEST_CASE("a canvas is written as a PNG of its size") {
  const test::TemporaryFolder folder;
  Canvas(300, 2, 1).write(folder / "x.png");
  const auto text = test::text_of(read_file(folder / "x.png"));
  CHECK(text.starts_with("\x89PNG\r\n\x1a\n"));
  CHECK(text.substr(16, 8) == std::string("\0\0\x01\x2c\0\0\0\2", 8));
  CHECK(folder.file_count() == 1);
  CHECK_THROWS_AS(Canvas(1, 1, 1).write(folder / "no/x.png"), BackendError);
}

}  // namespace
}  // namespace nop::test::canvas_test
