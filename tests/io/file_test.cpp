// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/file.hpp>

#include "hostile.hpp"
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace nop::test::file_test {
namespace {

static_assert(byte_source<const InputFile> && byte_source<const MemoryFile>);

void put(const std::filesystem::path& path, const std::string& text) {
  write_atomically(path, [&](OutputFile& file) { file.write(text); });
}

TEST_CASE("what is written is read back, and nothing else stays in the folder") {
  const test::TemporaryFolder folder;
  const std::string text("a\0b\nc", 5);
  put(folder / "x", text);
  CHECK(test::text_of(read_file(folder / "x")) == text);
  put(folder / "x", "");
  CHECK(read_file(folder / "x").empty());
  CHECK(folder.file_count() == 1);
}

TEST_CASE("a written file may be read by those whom the system's mask allows") {
  const test::TemporaryFolder folder;
  const mode_t mask = ::umask(022);
  put(folder / "x", "text");
  ::umask(mask);
  CHECK((std::filesystem::status(folder / "x").permissions() & std::filesystem::perms::all) ==
        static_cast<std::filesystem::perms>(0644));
}

TEST_CASE("a part of a file is read, but none beyond its end") {
  const test::TemporaryFolder folder;
  put(folder / "x", "0123456789");
  const InputFile file(folder / "x");
  CHECK(file.size() == 10);
  CHECK(test::text_of(read_part(file, 3, 4)) == "3456");
  CHECK(read_part(file, 10, 0).empty());
  CHECK_THROWS_AS(read_part(file, 8, 3), FormatError);
  CHECK_THROWS_AS(read_part(file, 11, 0), FormatError);
  CHECK_THROWS_AS(read_part(file, 1, ~std::size_t{0}), FormatError);  // and takes no memory
  const MemoryFile memory(test::bytes_of("0123"), "memory");
  CHECK(test::text_of(read_part(memory, 1, 2)) == "12");
  CHECK_THROWS_WITH_AS(read_part(memory, 3, 2),
                       "memory: byte 4: the file ends, but 2 bytes from byte 3 on were expected",
                       FormatError);
}

TEST_CASE("a file that cannot be opened is named, with the reason") {
  const test::TemporaryFolder folder;
  const auto path = (folder / "missing").string();
  CHECK_THROWS_WITH_AS(read_file(path), ("open '" + path + "': No such file or directory").c_str(),
                       BackendError);
  std::filesystem::create_directory(path);
  CHECK_THROWS_WITH_AS(read_file(path), ("open '" + path + "': Is a directory").c_str(),
                       BackendError);
  REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
  CHECK_THROWS_AS(read_file(folder / "fifo"), BackendError);  // and does not wait for a writer
}

TEST_CASE("a writer that throws leaves the old file, and no other") {
  const test::TemporaryFolder folder;
  put(folder / "x", "old");
  const auto fail = [](OutputFile& file) {
    file.write("half of the ne");
    throw std::runtime_error("stopped");
  };
  CHECK_THROWS_WITH_AS(write_atomically(folder / "x", fail), "stopped", std::runtime_error);
  CHECK(test::text_of(read_file(folder / "x")) == "old");
  CHECK(folder.file_count() == 1);
}

TEST_CASE("writing where one cannot is a BackendError, and leaves nothing behind") {
  const test::TemporaryFolder folder;
  CHECK_THROWS_AS(put(folder / "no/folder", "text"), BackendError);
  std::filesystem::create_directory(folder / "taken");
  CHECK_THROWS_AS(put(folder / "taken", "text"), BackendError);
  CHECK(folder.file_count() == 1);
}

TEST_CASE("a full disk is a BackendError") {
  if (!std::filesystem::exists("/dev/full")) return;
  OutputFile file("/dev/full");
  CHECK_THROWS_WITH_AS(file.write("text"), "write '/dev/full': No space left on device",
                       BackendError);
}

TEST_CASE("a file name without a folder is written to the folder one is in") {
  const test::TemporaryFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder / ".");
  put("here", "text");
  std::filesystem::current_path(before);
  CHECK(test::text_of(read_file(folder / "here")) == "text");
}

}  // namespace
}  // namespace nop::test::file_test
