// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/unpack_limit.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <limits>

namespace nop::detail::unpack_limit_test {
namespace {

TEST_CASE("a budget is what the limit says, without overflow") {
  UnpackBudget small("x", 10, {.ratio = 2, .allowance = 5});
  CHECK_NOTHROW(small.charge(25));
  CHECK_NOTHROW(small.charge(0));
  CHECK_THROWS_AS(small.charge(1), FormatError);
  constexpr auto most = std::numeric_limits<std::size_t>::max();
  CHECK(room_for(3, {.ratio = most / 2, .allowance = 0}) == most);
  CHECK(room_for(2, {.ratio = most / 2, .allowance = 1}) == most);
  CHECK(room_for(most, {.ratio = 0, .allowance = 7}) == 7);
}

}  // namespace
}  // namespace nop::detail::unpack_limit_test
