// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/rng.hpp>
#include <nop/io/float16.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>

namespace nop::test::float16_test {
namespace {

using detail::narrow_float16;
using detail::widen_float16;

/// The value of 16 bits by the standard's definition.
double by_definition(std::uint32_t bits) {
  const double sign     = (bits >> 15) != 0 ? -1 : 1;
  const int exponent    = static_cast<int>((bits >> 10) & 31);
  const double fraction = static_cast<double>(bits & 1023) / 1024;
  if (exponent == 0) return sign * std::ldexp(fraction, -14);
  if (exponent == 31)
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : std::nan("");
  return sign * std::ldexp(1 + fraction, exponent - 15);
}

TEST_CASE("all 65536 numbers are widened exactly, and narrowed to themselves") {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    CAPTURE(bits);
    const float wide    = widen_float16(static_cast<std::uint16_t>(bits));
    const double number = by_definition(bits);
    if (std::isnan(number)) {
      CHECK(std::isnan(wide));
      CHECK(std::isnan(widen_float16(narrow_float16(wide))));
      continue;
    }
    CHECK(static_cast<double>(wide) == number);
    CHECK(std::signbit(wide) == std::signbit(number));
    CHECK(narrow_float16(wide) == bits);
  }
}

TEST_CASE("between two neighbours the nearer one is taken, and in the middle the even one") {
  for (std::uint32_t bits = 0; bits + 1 < 0x7c00; ++bits) {
    CAPTURE(bits);
    const auto low     = static_cast<float>(by_definition(bits));
    const auto high    = static_cast<float>(by_definition(bits + 1));
    const float middle = (low + high) / 2;
    CHECK(narrow_float16(middle) == bits + bits % 2);
    CHECK(narrow_float16(std::nextafter(middle, low)) == bits);
    CHECK(narrow_float16(std::nextafter(middle, high)) == bits + 1);
    CHECK(narrow_float16(-middle) == 0x8000u + bits + bits % 2);
  }
}

TEST_CASE("what is too large is infinite, and what is too small is zero") {
  const auto infinity = std::numeric_limits<float>::infinity();
  CHECK(narrow_float16(65519.99F) == 0x7bff);
  CHECK(narrow_float16(65520.0F) == 0x7c00);
  CHECK(narrow_float16(-1e30F) == 0xfc00);
  CHECK(narrow_float16(infinity) == 0x7c00);
  CHECK(narrow_float16(0x1p-25F) == 0);
  CHECK(narrow_float16(std::nextafter(0x1p-25F, 1.0F)) == 1);
  CHECK(narrow_float16(-std::numeric_limits<float>::denorm_min()) == 0x8000);
}

}  // namespace
}  // namespace nop::test::float16_test
