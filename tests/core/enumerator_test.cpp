// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/enumerator.hpp>
#include <nop/core/error.hpp>

#include <doctest/doctest.h>

#include <array>

namespace nop::test::enumerator_test {
namespace {

enum class Colour { red, green, blue };
constexpr auto enumerator_names(Colour) {
  return std::to_array<const char*>({"red", "green", "light-blue"});
}

}  // namespace

TEST_CASE("an enumerator is found by the name it has") {
  for (const Colour colour : {Colour::red, Colour::green, Colour::blue})
    CHECK(nop::enumerator_named<Colour>("paint", nop::enumerator_name(colour)) == colour);
  CHECK(nop::enumerator_name(Colour::blue) == "light-blue");
}

TEST_CASE("a name may be no enumerator's") {
  CHECK(nop::find_enumerator<Colour>("green") == Colour::green);
  CHECK(!nop::find_enumerator<Colour>("blue"));
  CHECK(!nop::find_enumerator<Colour>(""));
}

TEST_CASE("a name that no enumerator has is refused with a list of those there are") {
  CHECK_THROWS_WITH_AS(nop::enumerator_named<Colour>("paint", "blue"),
                       "paint: expected red, green or light-blue, got blue",
                       nop::PreconditionError);
}

}  // namespace nop::test::enumerator_test
