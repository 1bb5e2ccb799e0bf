// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/tar.hpp>

#include "hostile.hpp"
#include "tar_of.hpp"
#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace nop::detail::tar_test {
namespace {

std::string content(const std::string& archive, std::string_view name) {
  const MemoryFile file(test::bytes_of(archive), "test.tar");
  const auto member = find_in_tar(file, name);
  return member ? test::text_of(read_part(file, member->offset, member->size)) : "(none)";
}

TEST_CASE("files are found by name, past others of any size") {
  for (const std::size_t size : {0u, 1u, 511u, 512u, 513u, 5000u}) {
    const auto archive =
        test::tar_of({{"a", std::string(size, 'x')}, {"folder/b", "second"}, {"c", ""}});
    CHECK(content(archive, "a") == std::string(size, 'x'));
    CHECK(content(archive, "folder/b") == "second");
    CHECK(content(archive, "c").empty());
    CHECK(content(archive, "b") == "(none)");
  }
}

TEST_CASE("a tar archive is known by its first header") {
  const auto is = [](const std::string& text) {
    const MemoryFile file(test::bytes_of(text), "test");
    return is_tar(file);
  };
  CHECK(is(test::tar_of({{"a", "x"}})));
  CHECK_FALSE(is(""));
  CHECK_FALSE(is(test::tar_of({{"a", "x"}}).substr(0, 511)));
  CHECK_FALSE(is(std::string(1024, 'x')));
}

TEST_CASE("an archive that is damaged is refused or searched, never more") {
  const auto archive = test::tar_of({{"a", "x"}, {"b", "y"}});
  const auto find_b  = [](std::string_view text) {
    const MemoryFile file(test::bytes_of(text), "test");
    return find_in_tar(file, "b");
  };
  CHECK(test::says(test::refusal([&] { find_b(test::replaced(archive, "ustar", "usual")); }),
                   "not a tar header"));
  CHECK(test::says(test::refusal([&] { find_b(test::replaced(archive, "ustar", "ustax")); }),
                   "not a tar header"));
  auto renamed = archive;
  renamed[0]   = 'z';
  CHECK(test::says(test::refusal([&] { find_b(renamed); }), "check sum"));
  const auto huge = test::tar_of({{"a", "x"}}, "77777777777");
  CHECK(test::says(test::refusal([&] { find_b(huge); }), "the file ends"));
  test::check_every_bit_flip(archive, find_b);
  for (std::size_t size = 0; size < archive.size(); ++size)
    CHECK_NOTHROW(test::refusal([&] { find_b(std::string(archive, 0, size)); }));
}

}  // namespace
}  // namespace nop::detail::tar_test
