// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/zip_entries.hpp>

#include "hostile.hpp"
#include <doctest/doctest.h>

#include <string>

namespace nop::detail::zip_entries_test {
namespace {

constexpr UnpackLimit ample{.ratio = 0, .allowance = 1 << 20};

TEST_CASE("members keep their order and are read whole") {
  const auto text = test::zip_of({{"b", "first"}, {"a/c", ""}}, Compression::deflated);
  const ZipReader archive(test::bytes_of(text), "test");
  const auto entries = zip_entries(archive, ample);
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].name == "b");
  CHECK(entries[1].name == "a/c");
  CHECK(test::text_of(read_entry(archive, entries[0])) == "first");
  CHECK(read_entry(archive, entries[1]).empty());
}

TEST_CASE("names that come twice, and members that unpack to more than the limit, are refused") {
  const auto text = test::replaced(test::zip_of({{"one", "1"}, {"two", "2"}}), "two", "one");
  CHECK_THROWS_AS(zip_entries(ZipReader(test::bytes_of(text), "x"), ample), FormatError);

  const auto bomb = test::zip_of({{"a", std::string(5000, 'x')}, {"b", std::string(5000, 'x')}},
                                 Compression::deflated);
  const ZipReader archive(test::bytes_of(bomb), "bomb");
  CHECK_NOTHROW(zip_entries(archive, {.ratio = 0, .allowance = 10'000}));
  CHECK(test::says(test::refusal([&] { zip_entries(archive, {.ratio = 0, .allowance = 9'999}); }),
                   "would unpack to more than 9999 (UnpackLimit)"));
}

}  // namespace
}  // namespace nop::detail::zip_entries_test
