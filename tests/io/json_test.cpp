// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/json.hpp>

#include "hostile.hpp"
#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nop::test::json_test {
namespace {

Json parse(std::string_view text) { return parse_json(text, {"test", 100}); }

std::size_t error_offset(std::string_view text) {
  try {
    parse(text);
  } catch (const FormatError& error) {
    return error.offset();
  }
  return 0;
}

TEST_CASE("a text may be the bytes of a file") {
  const std::string text = R"({"a":[1,2]})";
  CHECK(json_text(parse_json(std::as_bytes(std::span(text)), {"test"})) == text);
  CHECK_THROWS_AS(parse_json(std::span<const std::byte>(), {"test"}), FormatError);
}

TEST_CASE("a text of every kind of value survives parsing and writing, members in order") {
  const std::string text =
      R"({"z":[1,-2,2.5,true,false,null,[],{}],"a":"\"\\ \u00e9","m":{"b":[[[0]]],"a":{}}})";
  CHECK(json_text(parse(text)) == R"({"z":[1,-2,2.5,true,false,null,[],{}],"a":"\"\\ )"
                                  "\u00e9"
                                  R"(","m":{"b":[[[0]]],"a":{}}})");
  CHECK(parse(" 7 ") == 7);
  CHECK(parse("18446744073709551615") == ~std::uint64_t{0});
}

TEST_CASE("what is not JSON is refused at its byte") {
  for (const auto* text : {"", " ", "{", "[1,]", "{\"a\":}", "{\"a\" 1}", "{a:1}", "[1 2]", "nul",
                           "'a'", "\"a", "01", "1e", "NaN", "[1]x", "\"\xff\"", "1e999", "{} {}"})
    CHECK_THROWS_AS(parse(text), FormatError);
  CHECK(error_offset("[1, x]") == 104);
  CHECK(error_offset("{\"a\": 1} x") == 109);
}

TEST_CASE("a name that comes twice is refused at any depth, but not in different objects") {
  CHECK_THROWS_AS(parse(R"({"a":1,"a":2})"), FormatError);
  CHECK_THROWS_AS(parse(R"([{"b":{"a":1,"c":[],"a":2}}])"), FormatError);
  CHECK_NOTHROW(parse(R"([{"a":{"a":1}},{"a":2}])"));
  CHECK(error_offset(R"({"a":1,"a":2})") >= 107);
}

TEST_CASE("deep nesting is refused, however deep") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK_NOTHROW(parse(nested(64)));
  CHECK_THROWS_AS(parse(nested(65)), FormatError);
  CHECK_THROWS_AS(parse(std::string(1'000'000, '[')), FormatError);
}

TEST_CASE("many members take no more than linear time") {
  std::string text = "{";
  for (int i = 0; i < 100'000; ++i) text += "\"" + std::to_string(i) + "\":0,";
  CHECK(parse(text + "\"end\":1}").size() == 100'001);
}

TEST_CASE("values are read as what they are") {
  const auto json = parse(R"({"n":3,"x":2.5,"i":-4,"s":"t","b":true,"v":[1,2],"w":["a"],"e":[]})");
  const JsonOrigin origin{"test", 5};
  CHECK(json_member<std::size_t>(json, "n", origin) == 3);
  CHECK(json_member<double>(json, "n", origin) == 3);
  CHECK(json_member<float>(json, "x", origin) == 2.5f);
  CHECK(json_member<int>(json, "i", origin) == -4);
  CHECK(json_member<std::string>(json, "s", origin) == "t");
  CHECK(json_member<bool>(json, "b", origin));
  CHECK(json_member<std::vector<std::size_t>>(json, "v", origin) == std::vector<std::size_t>{1, 2});
  CHECK(json_member<std::vector<std::string>>(json, "w", origin) == std::vector<std::string>{"a"});
  CHECK(json_member<std::vector<double>>(json, "e", origin).empty());
}

TEST_CASE("values of another kind or range are refused by name") {
  const auto json =
      parse(R"({"i":-4,"x":2.0,"n":300,"v":[1,"a"],"b":1,"big":9223372036854775808})");
  const JsonOrigin origin{"test", 5};
  CHECK_THROWS_WITH_AS(json_member<std::size_t>(json, "i", origin),
                       "test: byte 5: 'i' should be a whole number that is not negative, but is -4",
                       FormatError);
  CHECK_THROWS_AS(json_member<int>(json, "x", origin), FormatError);
  CHECK_THROWS_AS(json_member<std::uint8_t>(json, "n", origin), FormatError);
  CHECK_THROWS_AS(json_member<std::int8_t>(json, "n", origin), FormatError);
  CHECK_THROWS_AS(json_member<std::int64_t>(json, "big", origin), FormatError);
  CHECK_THROWS_AS(json_member<std::vector<std::size_t>>(json, "v", origin), FormatError);
  CHECK_THROWS_AS(json_member<bool>(json, "b", origin), FormatError);
  CHECK_THROWS_AS(json_member<std::string>(json, "b", origin), FormatError);
  CHECK_THROWS_WITH_AS(json_member<int>(json, "none", origin), "test: byte 5: 'none' is missing",
                       FormatError);
  CHECK_THROWS_AS(json_member<int>(parse("[1]"), "a", origin), FormatError);
}

TEST_CASE("a string that is not UTF-8 is not written") {
  CHECK_THROWS_AS((void)json_text(Json("\xff")), PreconditionError);
}

TEST_CASE("a damaged text is refused or read, never more") {
  const std::string text = R"({"a":[1,2.5e3,"xé\n",{"b":null}],"c":true})";
  test::check_every_damage(text, parse);
}

}  // namespace
}  // namespace nop::test::json_test
