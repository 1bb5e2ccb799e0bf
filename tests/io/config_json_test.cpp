// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/config_json.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <string>

namespace {

enum class Colour { red, green };
constexpr auto enumerator_names(Colour) { return std::to_array<const char*>({"red", "green"}); }

struct Inner {
  std::size_t count;
  bool flag = true;
  template <class Self>
  static void fields(Self& self, auto&& visit) {
    visit("count", self.count);
    visit("flag", self.flag);
  }
};

struct Outer {
  Inner inner;
  double ratio                 = 0.5;
  Colour colour                = Colour::red;
  nop::Shape<2> modes          = {};
  std::array<double, 2> margin = {};
  template <class Self>
  static void fields(Self& self, auto&& visit) {
    visit("inner", self.inner);
    visit("ratio", self.ratio);
    visit("colour", self.colour);
    visit("modes", self.modes);
    visit("margin", self.margin);
  }
};

const Outer example{.inner  = {.count = 7, .flag = false},
                    .ratio  = 0.1,
                    .colour = Colour::green,
                    .modes  = {3, 4},
                    .margin = {0.25, 0}};
const std::string text =
    R"({"inner":{"count":7,"flag":false},"ratio":0.1,"colour":"green","modes":[3,4],"margin":[0.25,0.0]})";

Outer parsed(const std::string& json) {
  return nop::config_from_json<Outer>(nop::parse_json(json, {"file"}), {"file"});
}

std::string replaced(const std::string& what, const std::string& by) {
  std::string changed = text;
  return changed.replace(changed.find(what), what.size(), by);
}

}  // namespace

TEST_CASE("a configuration becomes an object with a member for each field") {
  CHECK(nop::json_text(nop::config_to_json(example)) == text);
}

TEST_CASE("a configuration comes back as it was, real numbers to the last bit") {
  const Outer copy = parsed(text);
  CHECK(copy.inner.count == 7);
  CHECK_FALSE(copy.inner.flag);
  CHECK(copy.ratio == example.ratio);
  CHECK(copy.colour == Colour::green);
  CHECK(copy.modes == example.modes);
  CHECK(copy.margin == example.margin);
}

TEST_CASE(
    "a field that is missing, unknown, of another kind or length, or no enumerator is refused") {
  CHECK_THROWS_WITH_AS(parsed(replaced(R"("ratio":0.1,)", "")),
                       doctest::Contains("'ratio' is missing"), nop::FormatError);
  CHECK_THROWS_AS(parsed(replaced(R"("ratio":0.1,)", R"("ratio":0.1,"new":1,)")), nop::FormatError);
  CHECK_THROWS_AS(parsed(replaced("7", "-7")), nop::FormatError);
  CHECK_THROWS_AS(parsed(replaced("7", "7.5")), nop::FormatError);
  CHECK_THROWS_AS(parsed(replaced("false", "0")), nop::FormatError);
  CHECK_THROWS_AS(parsed(replaced("[3,4]", "[3]")), nop::FormatError);
  CHECK_THROWS_AS(parsed(replaced("[3,4]", "[3,\"4\"]")), nop::FormatError);
  CHECK_THROWS_WITH_AS(parsed(replaced("green", "blue")),
                       doctest::Contains("'colour' cannot be 'blue'"), nop::FormatError);
  CHECK_THROWS_AS(parsed("[]"), nop::FormatError);
}
