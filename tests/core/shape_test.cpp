// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/shape.hpp>

#include <doctest/doctest.h>

#include <sstream>
#include <type_traits>

namespace nop::test::shape_test {

TEST_CASE("a shape is made from its extents and keeps their order") {
  const Shape<3> shape = {2, 5, 7};
  CHECK(shape[0] == 2);
  CHECK(shape[2] == 7);
  CHECK(Shape<3>::rank() == 3);
  CHECK(shape == Shape<3>{2, 5, 7});
  CHECK(shape != Shape<3>{2, 7, 5});
  static_assert(std::is_same_v<decltype(Shape{std::size_t{1}, std::size_t{2}}), Shape<2>>);
}

TEST_CASE("a shape with no extents given has none of its elements") {
  CHECK(Shape<2>{} == Shape<2>{0, 0});
  CHECK(element_count(Shape<2>{}) == 0);
}

TEST_CASE("the count of elements is the product of extents, and one for no axes") {
  constexpr Shape<4> shape = {2, 3, 5, 7};
  static_assert(element_count(shape) == 210);
  static_assert(element_count(shape, 1) == 105);
  static_assert(element_count(shape, 1, 3) == 15);
  static_assert(element_count(shape, 2, 2) == 1);
  static_assert(element_count(Shape<0>{}) == 1);
  CHECK(element_count(Shape<3>{4, 0, 9}) == 0);
}

TEST_CASE("shapes are joined and taken apart along their axes") {
  constexpr Shape<2> a = {2, 3};
  constexpr Shape<3> b = {5, 7, 11};
  static_assert(joined(a, b) == Shape<5>{2, 3, 5, 7, 11});
  static_assert(joined(a, Shape<0>{}) == a);
  static_assert(nop::subshape<2, 3>(joined(a, b)) == b);
  static_assert(nop::subshape<1, 2>(b) == Shape<2>{7, 11});
  static_assert(nop::subshape<3, 0>(b) == Shape<0>{});
  static_assert(grid_of(Shape<4>{8, 1, 32, 64}) == Shape<2>{32, 64});
  static_assert(nop::uniform_shape<3>(4) == Shape<3>{4, 4, 4});
}

TEST_CASE("a shape is iterated from the slowest axis on") {
  std::size_t number = 0;
  for (const std::size_t extent : Shape<3>{3, 4, 5}) number = 10 * number + extent;
  CHECK(number == 345);
}

TEST_CASE("a shape is written as a bracketed list") {
  std::ostringstream text;
  text << Shape<3>{16, 1, 32} << Shape<1>{4} << Shape<0>{};
  CHECK(text.str() == "[16, 1, 32][4][]");
}

}  // namespace nop::test::shape_test
