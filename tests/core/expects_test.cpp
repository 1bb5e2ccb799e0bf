// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>

#include <doctest/doctest.h>

#include <ostream>

namespace nop::test::expects_test {
namespace {
struct Unprintable {
  friend std::ostream& operator<<(std::ostream& out, const Unprintable&) {
    FAIL("a message was put together although the check passed");
    return out;
  }
};
}  // namespace

TEST_CASE("a value that is as expected passes, and no message is put together") {
  CHECK_NOTHROW(nop::expects(true, "f: ", Unprintable{}));
  constexpr bool passes = [] {
    nop::expects(true, "f: also at compile time");
    return true;
  }();
  CHECK(passes);
}

TEST_CASE("a value that is not makes a message of all the parts") {
  CHECK_THROWS_WITH_AS(nop::expects(false, "f: expected ", 3, " axes, got ", nop::Shape<2>{4, 5}),
                       "f: expected 3 axes, got [4, 5]", nop::PreconditionError);
}

}  // namespace nop::test::expects_test
