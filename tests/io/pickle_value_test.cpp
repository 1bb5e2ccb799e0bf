// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/pickle_value.hpp>

#include "hostile.hpp"
#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

namespace nop::detail::pickle_value_test {
namespace {

/// By hand: the tuple (7, "ab", "ab"), whose texts are one.
Pickle example() {
  Pickle pickle;
  pickle.source = "by hand";
  for (const char letter : std::string("xxab"))
    pickle.bytes.push_back(static_cast<std::byte>(letter));
  pickle.nodes = {
      {PickleKind::integer, 11, std::bit_cast<std::array<std::uint32_t, 2>>(std::int64_t{7})},
      {PickleKind::text, 12, {2, 2}},
      {PickleKind::tuple, 13, {0, 2}}};
  pickle.links     = {{0, 1}, {1, 2}, {1, no_link}};
  pickle.root_node = 2;
  return pickle;
}

TEST_CASE("parts are found by their links, and may be shared") {
  const Pickle pickle = example();
  const auto parts    = pickle.root().parts();
  REQUIRE(parts.size() == 3);
  CHECK(parts[0].integer() == 7);
  CHECK(parts[1].text() == "ab");
  CHECK(parts[1].place() == parts[2].place());
  CHECK(parts[0].parts().empty());
  CHECK(pickle.root().has_parts());
  CHECK_FALSE(parts[0].has_parts());
}

TEST_CASE("a value of another kind is refused at its byte, by names people know") {
  const Pickle pickle = example();
  CHECK(test::refusal([&] { (void)pickle.root().integer(); }) ==
        "by hand: byte 13: expected an integer, but found a tuple");
  CHECK(test::refusal([&] { (void)pickle.root().parts()[1].truth(); }) ==
        "by hand: byte 12: expected a truth value, but found a text");
  CHECK_THROWS_AS((void)pickle.root().parts()[0].global(), FormatError);
}

TEST_CASE("every kind has a name") {
  for (int kind = 0; kind <= static_cast<int>(PickleKind::attributes); ++kind)
    CHECK(!name_of(static_cast<PickleKind>(kind)).empty());
  CHECK(name_of(PickleKind::attributes) == "attributes");
}

}  // namespace
}  // namespace nop::detail::pickle_value_test
