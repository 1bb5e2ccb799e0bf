// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/file.hpp>
#include <nop/io/zip.hpp>

#include "support/allocation_counters.hpp"
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nop::test {

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A folder of its own, gone with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "nop-io-XXXXXX").string();
    path_            = ::mkdtemp(name.data());
  }
  TemporaryFolder(const TemporaryFolder&)            = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }
  [[nodiscard]] std::size_t file_count() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path_)) ++count;
    return count;
  }

 private:
  std::filesystem::path path_;
};

/// The bytes of a zip archive of these members, by name and content.
inline std::string zip_of(const std::vector<std::pair<std::string, std::string>>& members,
                          Compression compression = Compression::stored) {
  const TemporaryFolder folder;
  detail::ZipWriter archive(folder / "x.zip");
  for (const auto& [name, content] : members) {
    const std::span<const std::byte> parts[] = {bytes_of(content)};
    archive.add(name, parts, compression);
  }
  archive.finish();
  return text_of(read_file(folder / "x.zip"));
}

/// A text in which every `from`, of which there must be some, is `to`.
inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  for (; at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

/// What a FormatError says; empty where none is thrown.
template <class Action>
std::string refusal(Action action) {
  try {
    action();
  } catch (const FormatError& error) {
    return error.what();
  }
  return {};
}

inline bool says(const std::string& message, std::string_view part) {
  if (message.find(part) != std::string::npos) return true;
  MESSAGE("the message is: " << message);
  return false;
}

/// What a reader may take for a small file, however it is damaged.
inline constexpr std::size_t little_memory = std::size_t{1} << 20;

/// Bytes where a sanitizer sees every step beyond their end.
inline std::vector<char> own_bytes(std::string_view text) { return {text.begin(), text.end()}; }

/// The file is read, or is a FormatError; nothing else, and within this memory.
template <class Parse>
void check_reads_or_refuses(std::string_view file, Parse parse, std::size_t memory) {
  const auto bytes   = own_bytes(file);
  const auto attempt = [&] {
    try {
      parse(std::string_view(bytes.data(), bytes.size()));
    } catch (const FormatError&) {
    }
  };
  CHECK(most_bytes_during([&] { CHECK_NOTHROW(attempt()); }) <= memory);
}

/// The file, cut anywhere, is a FormatError, within this memory.
template <class Parse>
void check_every_truncation(std::string_view file, Parse parse,
                            std::size_t memory = little_memory) {
  for (std::size_t size = 0; size < file.size(); ++size) {
    const auto cut = own_bytes(file.substr(0, size));
    CAPTURE(size);
    CHECK(most_bytes_during([&] {
            CHECK_THROWS_AS(parse(std::string_view(cut.data(), cut.size())), FormatError);
          }) <= memory);
  }
}

/// The file with any one bit turned is read, or is a FormatError.
template <class Parse>
void check_every_bit_flip(const std::string& file, Parse parse,
                          std::size_t memory = little_memory) {
  std::string turned = file;
  for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
    const auto mask = static_cast<unsigned char>(1u << (bit % 8));
    char& letter    = turned[bit / 8];
    letter          = static_cast<char>(static_cast<unsigned char>(letter) ^ mask);
    CAPTURE(bit);
    check_reads_or_refuses(turned, parse, memory);
    letter = file[bit / 8];
  }
}

/// The file with any byte replaced by the largest, or any eight by those of the largest number or
/// of one that overflows when it is doubled: what a size field would say that lies.
template <class Parse>
void check_every_large_number(const std::string& file, Parse parse,
                              std::size_t memory = little_memory) {
  for (const std::string_view lie :
       {std::string_view("\xff"), std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff"),
        std::string_view("\xff\xff\xff\x7f"), std::string_view("\xff\xff\xff\xff\xff\xff\xff\x7f"),
        std::string_view("\0\0\0\0\0\0\0\x80", 8)})
    for (std::size_t at = 0; at + lie.size() <= file.size(); ++at) {
      CAPTURE(at);
      check_reads_or_refuses(std::string(file).replace(at, lie.size(), lie), parse, memory);
    }
}

/// All of the above.
template <class Parse>
void check_every_damage(const std::string& file, Parse parse, std::size_t memory = little_memory) {
  check_every_truncation(file, parse, memory);
  check_every_bit_flip(file, parse, memory);
  check_every_large_number(file, parse, memory);
}

}  // namespace nop::test
