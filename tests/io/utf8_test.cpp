// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/utf8.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace nop::detail::utf8_test {
namespace {

/// The definition, from the code point's side: RFC 3629, section 3.
std::string encoded(std::uint32_t point) {
  const auto tail = [&](unsigned shift) {
    return static_cast<char>(0x80 | ((point >> shift) & 0x3f));
  };
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x800) return {static_cast<char>(0xc0 | (point >> 6)), tail(0)};
  if (point < 0x10000) return {static_cast<char>(0xe0 | (point >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | (point >> 18)), tail(12), tail(6), tail(0)};
}

TEST_CASE("every code point but the surrogates is accepted, and none above U+10FFFF") {
  int wrong = 0;
  for (std::uint32_t point = 0; point < 0x120000; ++point) {
    const bool is_scalar = point < 0xd800 || (point > 0xdfff && point <= 0x10ffff);
    wrong += is_utf8("a" + encoded(point) + "b") != is_scalar;
  }
  CHECK(wrong == 0);
}

TEST_CASE("texts that are cut, continued or too long for what they say are refused") {
  CHECK(is_utf8(""));
  for (const std::string_view text :
       {"\x80", "a\xbf", "\xc2", "\xc2g", "\xe2\x82", "\xf0\x9f\x98", "\xc0\x80", "\xc1\xbf",
        "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf5\x80\x80\x80",
        "\xff"}) {
    CAPTURE(text);
    CHECK_FALSE(is_utf8(text));
  }
}

}  // namespace
}  // namespace nop::detail::utf8_test
