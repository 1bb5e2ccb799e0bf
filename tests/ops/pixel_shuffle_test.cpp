// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/pixel_shuffle.hpp>

#include "support/layer_battery.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::pixel_shuffle_test {

TEST_CASE("points of a block become channels, row by row") {
  const auto x =
      field_of<float>(Shape{1, 2, 2, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17});
  const auto y = pixel_unshuffle(x, 2);
  CHECK(y.shape() == Shape<4>{1, 8, 1, 2});
  CHECK(y.to_host() == std::vector<float>{0, 2, 1, 3, 4, 6, 5, 7, 10, 12, 11, 13, 14, 16, 15, 17});
  CHECK(pixel_shuffle(y, 2).to_host() == x.to_host());
}

TEST_CASE("a channel of the coarse grid is a channel at a place of the blocks") {
  const std::size_t factor = 3;
  const auto x             = random_field(Shape{2, 3, 6, 9, 3}, 1);
  const auto y             = pixel_unshuffle(x, factor);
  REQUIRE(y.shape() == Shape<5>{2, 81, 2, 3, 1});
  bool same = true;
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t c = 0; c < 81; ++c)
      for (std::size_t i = 0; i < 2; ++i)
        for (std::size_t j = 0; j < 3; ++j)
          same = same && y.view()(b, c, i, j, 0) == x.view()(b, c / 27, factor * i + c % 27 / 9,
                                                             factor * j + c % 9 / 3, c % 3);
  CHECK(same);
  CHECK(pixel_shuffle(y, factor).to_host() == x.to_host());
}

TEST_CASE_TEMPLATE("shuffles of pixels pass the battery", Element, double, std::complex<double>) {
  const auto shuffled   = [](const auto& x) { return pixel_shuffle(x, 2); };
  const auto unshuffled = [](const auto& x) { return pixel_unshuffle(x, 2); };
  nop::test::check_linear_function(unshuffled, random_field<Element>(Shape{2, 1, 4, 2}));
  nop::test::check_linear_function(unshuffled, random_field<Element>(Shape{2, 2, 6}));
  nop::test::check_linear_function(shuffled, random_field<Element>(Shape{2, 4, 2, 3}));
  nop::test::check_linear_function(shuffled, random_field<Element>(Shape{2, 8, 1, 2, 1}));
}

TEST_CASE("a block of one point changes nothing") {
  const auto x = random_field(Shape{2, 3, 4, 5});
  CHECK(pixel_shuffle(x, 1).to_host() == x.to_host());
  CHECK(pixel_unshuffle(x, 1).to_host() == x.to_host());
}

TEST_CASE("shuffles of pixels refuse what is no whole number of blocks") {
  CHECK_THROWS_WITH_AS(pixel_unshuffle(random_field(Shape{1, 2, 4, 5}), 2),
                       "pixel_unshuffle: expected a grid in blocks of 2 points along each axis, "
                       "got a field of shape [1, 2, 4, 5]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(pixel_shuffle(random_field(Shape{1, 6, 4, 5}), 2),
                       "pixel_shuffle: expected a multiple of 4 channels for a factor of 2, got a "
                       "field of shape [1, 6, 4, 5]",
                       nop::PreconditionError);
  CHECK_THROWS_AS(pixel_unshuffle(random_field(Shape{1, 2, 4}), 0), nop::PreconditionError);
  CHECK_THROWS_AS(pixel_shuffle(random_field(Shape{1, 2, 4}), 0), nop::PreconditionError);
  CHECK(pixel_unshuffle(nop::Tensor<float, 3, nop::Cpu>({0, 1, 4}), 2).shape() ==
        Shape<3>{0, 2, 2});
}

TEST_CASE("shuffles of pixels work on any backend") {
  const Shape shape{2, 4, 4, 6};
  const auto toy = nop::test::random_tensor<double, nop::test::ToyBackend>(shape, 1);
  const auto x   = random_field(shape, 1);
  CHECK(pixel_shuffle(toy, 2).to_host() == pixel_shuffle(x, 2).to_host());
  CHECK(pixel_unshuffle(toy, 2).to_host() == pixel_unshuffle(x, 2).to_host());
}

TEST_CASE("blocks of which the points cannot be counted are refused") {
  const auto x = random_field(Shape{1, 4, 4, 4});
  for (const std::size_t factor : {std::size_t{0}, std::size_t{65536}, std::size_t{1} << 32U}) {
    CHECK_THROWS_AS(pixel_shuffle(x, factor), nop::PreconditionError);
    CHECK_THROWS_AS(pixel_unshuffle(x, factor), nop::PreconditionError);
  }
  CHECK_THROWS_WITH_AS(
      pixel_shuffle(x, 1024),
      "pixel_shuffle: expected blocks of 1 to 1023 points along each axis, got 1024",
      nop::PreconditionError);
}

}  // namespace nop::test::pixel_shuffle_test
