// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/arguments.hpp>

#include "io/hostile.hpp"
#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::arguments_test {
namespace {

TEST_CASE("what is given goes before what is stored, and that before the usual") {
  ReferenceArguments arguments("x.pt", {{"a", 1}}, {{"a", 2}, {"b", 3}});
  CHECK(arguments.or_assume("a", 9, "why") == 1);
  CHECK(arguments.or_assume("b", 9, "why") == 3);
  CHECK(arguments.or_assume("c", 9, "why") == 9);
  REQUIRE(arguments.list().size() == 3);
  CHECK(arguments.list()[0].origin == ArgumentOrigin::given);
  CHECK(arguments.list()[1].origin == ArgumentOrigin::stored);
  CHECK(arguments.list()[2].origin == ArgumentOrigin::assumed);
  CHECK(arguments.list()[2].reason == "why");
  CHECK(arguments["c"] == 9);
  CHECK(arguments["d"].is_null());
}

TEST_CASE("a tensor may not contradict what is said") {
  ReferenceArguments arguments("x.pt", {{"a", 1}}, {{"b", 3.0}});
  arguments.infer("b", std::size_t{3}, "b.weight");
  arguments.infer("c", "linear", "c.weight");
  CHECK(arguments.list()[1].origin == ArgumentOrigin::inferred);
  CHECK(test::refusal([&] { arguments.infer("a", 2, "a.weight"); }) ==
        "x.pt: byte 0: 'a' should be 2 by the tensor 'a.weight', but is given as 1");
  CHECK(test::refusal([&] { arguments.infer("b", 4, "b.weight"); }) ==
        "x.pt: byte 0: 'b' should be 4 by the tensor 'b.weight', but is stored as 3.0");
}

TEST_CASE("what nothing tells is missing") {
  ReferenceArguments arguments("x.pt", nullptr, {{"a", 1}});
  CHECK(arguments.or_miss("a", "why") == 1);
  CHECK(arguments.or_miss("b", "why").is_null());
  REQUIRE(arguments.missing().size() == 1);
  CHECK(arguments.missing()[0].name == "b");
}

TEST_CASE("what is given in vain is refused, what is stored in vain is not") {
  ReferenceArguments arguments("x.pt", {{"a", 1}, {"b", 2}}, {{"c", 1}});
  arguments.or_assume("a", 0, "");
  CHECK(test::refusal([&] { arguments.expect_all_used(); }) ==
        "x.pt: byte 0: 'b' is given, but is no argument of such a model");
  arguments.or_assume("b", 0, "");
  CHECK_NOTHROW(arguments.expect_all_used());
}

}  // namespace
}  // namespace nop::test::arguments_test
