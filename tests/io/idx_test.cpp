// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/idx.hpp>

#include "gzip_of.hpp"
#include "hostile.hpp"
#include "idx_of.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nop::test::idx_test {
namespace {

Array parse_idx(std::string_view text) {
  const MemoryFile file(test::bytes_of(text), "test");
  return read_idx_from(file);
}

TEST_CASE("an array of bytes is read from an IDX file, packed or not") {
  const auto expected = make_array(std::vector<std::uint8_t>{'a', 'b', 'c', 'd', 'e', 'f'}, {2, 3});
  const std::string file = test::idx_of(8, {2, 3}, "abcdef");
  CHECK(parse_idx(file) == expected);
  const test::TemporaryFolder folder;
  for (const auto& content : {file, test::gzip_of(file)}) {
    write_atomically(folder / "x", [&](OutputFile& out) { out.write(content); });
    CHECK(read_idx(folder / "x") == expected);
  }
  CHECK_THROWS_AS((void)read_idx(folder / "x", {.ratio = 0, .allowance = 17}), FormatError);
}

TEST_CASE("numbers of every type are read, and are big-endian in the file") {
  const auto values = [](char type, std::string_view elements, std::size_t count) {
    return parse_idx(test::idx_of(type, {count}, elements)).values<double>();
  };
  using Values = std::vector<double>;
  CHECK(values(8, {"\0\xff", 2}, 2) == Values{0, 255});
  CHECK(values(9, "\x7f\xff", 2) == Values{127, -1});
  CHECK(values(11, {"\1\2\xff\xfe", 4}, 2) == Values{258, -2});
  CHECK(values(12, {"\0\1\0\2\xff\xff\xff\xfe", 8}, 2) == Values{65538, -2});
  CHECK(values(13, {"\x3f\x80\0\0\xc0\x20\0\0", 8}, 2) == Values{1, -2.5});
  CHECK(values(14, {"\x3f\xf0\0\0\0\0\0\0", 8}, 1) == Values{1});
}

TEST_CASE("an IDX file may hold any number of axes, and nothing") {
  CHECK(parse_idx(test::idx_of(8, {}, "x")).shape().empty());
  CHECK(parse_idx(test::idx_of(8, {1, 1, 1, 1, 1, 2}, "xy")).shape() ==
        std::vector<std::size_t>{1, 1, 1, 1, 1, 2});
  CHECK(parse_idx(test::idx_of(13, {0, 28, 28}, "")).size() == 0);
}

TEST_CASE("what is no IDX file is refused with the reason") {
  const auto refusal = [](const std::string& text) {
    return test::refusal([&] { parse_idx(text); });
  };
  CHECK(test::says(refusal("\x93NUMPY"), "test: byte 0: not an IDX file"));
  CHECK(test::says(refusal(test::idx_of(10, {1}, "x")), "not an IDX file"));
  CHECK(test::says(refusal(test::idx_of(8, {2, 3}, "abcde")),
                   "test: byte 12: an array of shape [2, 3] of uint8 does not take the 5 bytes"));
  CHECK(test::says(refusal(test::idx_of(8, {2, 3}, "abcdefg")), "the 7 bytes that follow"));
  CHECK(test::says(refusal(test::idx_of(8, {4294967295, 4294967295, 4294967295}, "x")),
                   "does not take the 1 bytes"));
}

TEST_CASE("a damaged IDX file is refused or read, never more") {
  test::check_every_damage(test::idx_of(8, {2, 3}, "abcdef"), parse_idx);
  test::check_every_damage(test::idx_of(12, {1, 1, 2}, "abcdefgh"), parse_idx);
}

}  // namespace
}  // namespace nop::test::idx_test
