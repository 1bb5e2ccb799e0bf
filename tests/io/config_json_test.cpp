// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/config_json.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nop::test::config_json_test {
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

struct Lists {
  std::vector<std::size_t> counts               = {};
  std::vector<nop::Shape<2>> shapes             = {};
  std::vector<std::array<double, 2>> ratios     = {};
  std::vector<Inner> parts                      = {};
  std::optional<std::vector<Inner>> other_parts = {};
  template <class Self>
  static void fields(Self& self, auto&& visit) {
    visit("counts", self.counts);
    visit("shapes", self.shapes);
    visit("ratios", self.ratios);
    visit("parts", self.parts);
    visit("other_parts", self.other_parts);
  }
};

struct Grown {
  std::size_t count;
  double ratio                       = 0.5;
  bool flag                          = true;
  static constexpr auto later_fields = std::to_array<std::string_view>({"ratio"});
  template <class Self>
  static void fields(Self& self, auto&& visit) {
    visit("count", self.count);
    visit("ratio", self.ratio);
    visit("flag", self.flag);
  }
};

Lists parsed_lists(const std::string& json) {
  return nop::config_from_json<Lists>(nop::parse_json(json, {"file"}), {"file"});
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

TEST_CASE(
    "lists of numbers, shapes and configurations come back as they were, and what is absent") {
  const std::string lists =
      R"({"counts":[1,2],"shapes":[[3,4]],"ratios":[[0.5,2.0],[1.0,1.0]],"parts":[{"count":5,"flag":false}],"other_parts":null})";
  const Lists copy = parsed_lists(lists);
  CHECK(copy.counts == std::vector<std::size_t>{1, 2});
  CHECK(copy.shapes == std::vector{nop::Shape<2>{3, 4}});
  CHECK(copy.ratios == std::vector{std::array{0.5, 2.0}, std::array{1.0, 1.0}});
  REQUIRE(copy.parts.size() == 1);
  CHECK(copy.parts[0].count == 5);
  CHECK_FALSE(copy.parts[0].flag);
  CHECK_FALSE(copy.other_parts);
  CHECK(nop::json_text(nop::config_to_json(copy)) == lists);

  const Lists present{.other_parts = std::vector<Inner>{}};
  const auto text_of_it = nop::json_text(nop::config_to_json(present));
  CHECK(text_of_it == R"({"counts":[],"shapes":[],"ratios":[],"parts":[],"other_parts":[]})");
  REQUIRE(parsed_lists(text_of_it).other_parts);
  CHECK(parsed_lists(text_of_it).other_parts->empty());
}

TEST_CASE("only fields that were added later may be missing, and have their defaults") {
  const auto grown = [](const std::string& json) {
    return nop::config_from_json<Grown>(nop::parse_json(json, {"file"}), {"file"});
  };
  CHECK(grown(R"({"count":1,"flag":false})").ratio == 0.5);
  CHECK(grown(R"({"count":1,"ratio":2.0,"flag":false})").ratio == 2);
  CHECK_THROWS_AS(grown(R"({"count":1,"ratio":"2","flag":false})"), nop::FormatError);
  CHECK_THROWS_WITH_AS(grown(R"({"count":1,"ratio":2.0})"), doctest::Contains("'flag' is missing"),
                       nop::FormatError);
  CHECK_THROWS_AS(grown(R"({"count":1,"flag":false,"other":1})"), nop::FormatError);
}

TEST_CASE("a list that is none, or whose entries are of another kind, is refused") {
  const auto with = [](const std::string& counts, const std::string& shapes) {
    return R"({"counts":)" + counts + R"(,"shapes":)" + shapes +
           R"(,"ratios":[],"parts":[],"other_parts":null})";
  };
  CHECK_NOTHROW(parsed_lists(with("[]", "[]")));
  CHECK_THROWS_WITH_AS(parsed_lists(with("3", "[]")),
                       doctest::Contains("'counts' should be a list"), nop::FormatError);
  CHECK_THROWS_AS(parsed_lists(with("[-1]", "[]")), nop::FormatError);
  CHECK_THROWS_AS(parsed_lists(with("null", "[]")), nop::FormatError);
  CHECK_THROWS_AS(parsed_lists(with("[]", "[[1,2,3]]")), nop::FormatError);
  CHECK_THROWS_AS(parsed_lists(with("[]", "{}")), nop::FormatError);
}

TEST_CASE("numbers that JSON does not have are refused when they are written") {
  const char* const message = "config_to_json: expected a finite number, got nan";
  Outer config;
  config.ratio = std::nan("");
  CHECK_THROWS_WITH_AS(nop::config_to_json(config), message, nop::PreconditionError);
  config        = Outer{};
  config.margin = {0, std::nan("")};
  CHECK_THROWS_WITH_AS(nop::config_to_json(config), message, nop::PreconditionError);
}

}  // namespace nop::test::config_json_test
