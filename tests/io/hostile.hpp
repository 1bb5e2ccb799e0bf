// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>

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

/// The file, cut anywhere, is a FormatError. The bytes are copied so that a sanitizer sees every
/// step beyond their end.
template <class Parse>
void check_every_truncation(const std::string& file, Parse parse) {
  for (std::size_t size = 0; size < file.size(); ++size) {
    const std::vector<char> cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    CAPTURE(size);
    CHECK_THROWS_AS(parse(std::string_view(cut.data(), cut.size())), FormatError);
  }
}

/// The file with any one bit turned is read, or is a FormatError; nothing else.
template <class Parse>
void check_every_bit_flip(const std::string& file, Parse parse) {
  std::vector<char> turned(file.begin(), file.end());
  for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
    const auto mask = static_cast<unsigned char>(1u << (bit % 8));
    auto& letter    = turned[bit / 8];
    letter          = static_cast<char>(static_cast<unsigned char>(letter) ^ mask);
    CAPTURE(bit);
    const auto attempt = [&] {
      try {
        parse(std::string_view(turned.data(), turned.size()));
      } catch (const FormatError&) {
      }
    };
    CHECK_NOTHROW(attempt());
    letter = static_cast<char>(static_cast<unsigned char>(letter) ^ mask);
  }
}

}  // namespace nop::test
