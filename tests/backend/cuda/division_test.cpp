// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/division.cuh>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace nop::test::division_test {

using nop::cuda::Divisor;

TEST_CASE("a divisor divides as the processor does") {
  constexpr std::uint32_t most = (1U << 31U) - 1;
  for (const std::size_t d :
       {1U,   2U,      3U,     5U,     7U,     10U,      31U,        32U,       33U,
        641U, 7225U,   65535U, 65536U, 65537U, 1000003U, 715827883U, 1U << 30U, (1U << 30U) + 1,
        most, most + 1}) {
    CAPTURE(d);
    const Divisor by(d);
    const auto check = [&](std::uint64_t n) {
      if (n > most) return;
      const auto parts = by.divide(static_cast<std::uint32_t>(n));
      CHECK(parts.quotient == n / d);
      CHECK(parts.remainder == n % d);
      CHECK(by.quotient(static_cast<std::uint32_t>(n)) == n / d);
    };
    for (std::uint64_t n = 0; n < 100; ++n) check(n);
    for (std::uint64_t multiple = 0; multiple <= most; multiple += (most / d / 50 + 1) * d)
      for (const std::uint64_t n : {multiple, multiple + 1, multiple + d - 1}) check(n);
    check(most);
    check(most / d * d);
    check(most / d * d - 1);
  }
}

TEST_CASE("a divisor that was not given is 1") {
  static_assert(Divisor().divide(12345).quotient == 12345);
  static_assert(Divisor().divide(12345).remainder == 0);
}

}  // namespace nop::test::division_test
