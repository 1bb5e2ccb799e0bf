// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/zip.hpp>

#include "hostile.hpp"
#include <doctest/doctest.h>

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace nop::test::zip_test {
namespace {

static_assert(byte_source<detail::ZipMember>);

TEST_CASE("a member is read from front to back, and its end is checked") {
  const test::TemporaryFolder folder;
  const std::string_view head = "0123", tail = "456789";
  const std::array parts{test::bytes_of(head), test::bytes_of(tail)};
  detail::ZipWriter writer(folder / "x.zip");
  writer.add("member", parts, Compression::deflated);
  writer.finish();

  const detail::ZipReader archive(folder / "x.zip");
  REQUIRE(archive.member_count() == 1);
  detail::ZipMember member(archive, 0, archive.about(0));
  CHECK(member.size() == 10);
  CHECK(test::text_of(read_part(member, 0, 5)) == "01234");
  CHECK_THROWS_AS(read_part(member, 0, 1), FormatError);
  CHECK_THROWS_AS(member.finish(), FormatError);
}

TEST_CASE("a member that is not there is a FormatError") {
  const test::TemporaryFolder folder;
  const std::array parts{test::bytes_of("text")};
  detail::ZipWriter writer(folder / "x.zip");
  writer.add("member", parts, Compression::stored);
  writer.finish();
  const detail::ZipReader archive(folder / "x.zip");
  CHECK_THROWS_AS((void)archive.about(1), FormatError);
}

}  // namespace
}  // namespace nop::test::zip_test
