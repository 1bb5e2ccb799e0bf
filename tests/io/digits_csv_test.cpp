// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/digits_csv.hpp>

#include "digits_of.hpp"
#include "hostile.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nop::test::digits_csv_test {
namespace {

Digits parse(std::string_view text) { return parse_digits_csv(text, "test.csv"); }

std::string refused(const std::string& text) {
  return test::refusal([&] { (void)parse(text); });
}

TEST_CASE("digits are read line by line, with or without the last line's end") {
  std::vector<std::int64_t> expected;
  for (std::size_t i = 0; i < 192; ++i) expected.push_back(test::digits_pixel(i / 64, i % 64));
  const std::string text = test::digits_of(3);
  for (const auto& file :
       {text, text.substr(0, text.size() - 1), test::replaced(text, "\n", "\r\n"),
        test::replaced(text, ",", ".0e+0,")}) {
    const auto digits = parse(file);
    CHECK(digits.images.shape() == std::vector<std::size_t>{3, 8, 8});
    CHECK(digits.images.values<std::int64_t>() == expected);
    CHECK(digits.labels.shape() == std::vector<std::size_t>{3});
    CHECK(digits.labels.values<std::int64_t>() == std::vector<std::int64_t>{0, 1, 2});
  }
}

TEST_CASE("a line that is none of digits.csv is refused, at its first wrong number") {
  const std::string line = test::digits_of(1);
  CHECK(test::says(refused(""), "test.csv: byte 0: expected lines of numbers, got an empty file"));
  CHECK(test::says(refused("17" + line.substr(1)), "byte 0: expected lines of 64 whole numbers"));
  for (const auto* number : {"-1", "0.5", "x", "", " 1", "1 ", "nan", "inf", "1e300"})
    CHECK(test::says(refused(number + line.substr(1)), "test.csv: byte 0: expected lines of 64"));
  CHECK(test::says(refused(line + "0,1,2\n"),
                   "byte " + std::to_string(line.size() + 4) + ": expected"));
  CHECK(!refused(line + "\n").empty());
  const auto before = line.substr(0, line.rfind(',') + 1);
  CHECK(refused(before + "9\n").empty());
  CHECK(!refused(before + "10\n").empty());
  CHECK(!refused(before + "\n").empty());
  CHECK(!refused(before + "1,2\n").empty());
}

TEST_CASE("a damaged digits.csv is refused or read, never more") {
  const std::string file = test::digits_of(1);
  test::check_every_bit_flip(file, parse);
  test::check_every_large_number(file, parse);
  for (std::size_t size = 0; size < file.size() - 2; ++size)
    CHECK(!refused(file.substr(0, size)).empty());
}

}  // namespace
}  // namespace nop::test::digits_csv_test
