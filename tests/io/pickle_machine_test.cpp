// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/pickle_machine.hpp>

#include "hostile.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace nop::detail::pickle_machine_test {
namespace {

PickleMachine machine(std::size_t size = 100) { return {std::vector<std::byte>(size), "test"}; }

TEST_CASE("values go through the stack and the memo into containers") {
  auto built = machine();
  built.push_parts(PickleKind::list, {});
  built.remember(3);
  built.push_mark();
  built.push_integer(5);
  built.recall(3);
  built.pop(1);
  built.push_integer(-6);
  built.extend(PickleKind::list, built.pop_to_mark());
  const Pickle pickle = built.finish();
  const auto parts    = pickle.root().parts();
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].integer() == 5);
  CHECK(parts[1].integer() == -6);
}

TEST_CASE("nothing below a mark is within reach") {
  auto built = machine();
  built.push_integer(1);
  built.push_mark();
  CHECK_THROWS_AS(built.pop(1), FormatError);
  CHECK_THROWS_AS(built.remember(0), FormatError);
  CHECK_THROWS_AS(built.finish(), FormatError);
  CHECK(built.pop_to_mark().empty());
  CHECK_THROWS_AS(built.pop_to_mark(), FormatError);
  CHECK_NOTHROW(built.pop(1));
  CHECK_THROWS_AS(built.finish(), FormatError);
}

TEST_CASE("a memo is no larger than the pickle, and remembers what it was told") {
  auto built = machine(10);
  built.push_integer(1);
  CHECK_THROWS_AS(built.remember(10), FormatError);
  CHECK_NOTHROW(built.remember(9));
  CHECK_THROWS_AS(built.recall(8), FormatError);
  CHECK_THROWS_AS(built.recall(~0ull), FormatError);
  CHECK(built.memo_size() == 10);
}

TEST_CASE("containers take what they hold and nothing else") {
  auto built = machine();
  built.push_parts(PickleKind::dict, {});
  built.push_integer(1);
  CHECK(test::says(test::refusal([&] { built.extend(PickleKind::dict, built.pop(1)); }),
                   "a key without a value"));
  built.push_integer(1);
  CHECK(test::says(test::refusal([&] { built.extend(PickleKind::list, built.pop(1)); }),
                   "expected a list, but found a dict"));
  built.push_integer(1);
  built.push_integer(2);
  CHECK_THROWS_AS(built.extend(PickleKind::dict, built.pop(1)), FormatError);
}

TEST_CASE("an error names the byte of the opcode") {
  auto built = machine();
  built.set_offset(42);
  CHECK(test::refusal([&] { built.pop(1); }) == "test: byte 42: the stack is empty");
}

TEST_CASE("a list that holds itself, and lists that hold each other, are refused") {
  auto built = machine();
  built.push_parts(PickleKind::list, {});
  built.remember(0);
  built.recall(0);
  built.extend(PickleKind::list, built.pop(1));
  CHECK(test::says(test::refusal([&] { built.finish(); }), "contains itself"));
}

TEST_CASE("nesting is limited along every path, shared or not") {
  for (const int levels : {63, 64}) {
    auto nested = machine();
    nested.push_integer(1);
    for (int level = 0; level < levels; ++level)
      nested.push_parts(PickleKind::tuple, nested.pop(1));
    CHECK((test::refusal([&] { nested.finish(); }).empty()) == (levels < 64));

    // The same tower, met first where it fits and then on top of another list.
    auto shared = machine();
    shared.push_integer(1);
    for (int level = 0; level < levels - 2; ++level)
      shared.push_parts(PickleKind::tuple, shared.pop(1));
    shared.remember(0);
    shared.recall(0);
    shared.push_parts(PickleKind::tuple, shared.pop(1));
    shared.push_parts(PickleKind::tuple, shared.pop(2));
    CHECK((test::refusal([&] { shared.finish(); }).empty()) == (levels < 64));
  }
}

}  // namespace
}  // namespace nop::detail::pickle_machine_test
