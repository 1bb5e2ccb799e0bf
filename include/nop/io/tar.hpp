// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/file.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nop::detail {

/// Where the bytes of a member lie.
struct TarMember {
  std::size_t offset;
  std::size_t size;
};

inline constexpr std::size_t tar_block = 512;

/// One header block of the POSIX tar format (IEEE 1003.1, "ustar").
class TarHeader {
 public:
  TarHeader(std::vector<std::byte> block, std::string source, std::size_t offset)
      : block_(std::move(block)), source_(std::move(source)), offset_(offset) {
    if (field(257, 5) != "ustar") refuse("not a tar header");
    if (number(148, 8) != sum()) refuse("the check sum of a tar header is wrong");
  }

  [[nodiscard]] std::string_view name() const { return until_zero(field(0, 100)); }
  [[nodiscard]] std::size_t size() const { return number(124, 12); }
  [[nodiscard]] bool is_file() const { return field(156, 1) == "0" || block_[156] == std::byte{}; }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw FormatError(source_, offset_, what);
  }

  [[nodiscard]] std::string_view field(std::size_t begin, std::size_t count) const {
    return {reinterpret_cast<const char*>(block_.data()) + begin, count};
  }

  static std::string_view until_zero(std::string_view text) {
    return text.substr(0, text.find('\0'));
  }

  /// An octal number of at most 12 digits, with blanks around it.
  [[nodiscard]] std::size_t number(std::size_t begin, std::size_t count) const {
    std::string_view digits = until_zero(field(begin, count));
    while (digits.starts_with(' ')) digits.remove_prefix(1);
    while (digits.ends_with(' ')) digits.remove_suffix(1);
    std::size_t value = 0;
    for (const char digit : digits) {
      if (digit < '0' || digit > '7') refuse("a number in a tar header is not octal");
      value = 8 * value + static_cast<std::size_t>(digit - '0');
    }
    return value;
  }

  /// Of all bytes, those of the sum itself taken as blanks.
  [[nodiscard]] std::size_t sum() const {
    std::size_t total = 0;
    for (std::size_t i = 0; i < tar_block; ++i)
      total += i >= 148 && i < 156 ? std::size_t{' '} : std::to_integer<std::size_t>(block_[i]);
    return total;
  }

  std::vector<std::byte> block_;
  std::string source_;
  std::size_t offset_;
};

/// Whether a file begins with a tar header.
template <byte_source Source>
bool is_tar(Source& file) {
  if (file.size() < tar_block) return false;
  const auto magic = read_part(file, 257, 5);
  return std::string_view(reinterpret_cast<const char*>(magic.data()), 5) == "ustar";
}

/// Finds a file of this name in a tar archive. What else is in it is stepped over.
template <byte_source Source>
std::optional<TarMember> find_in_tar(Source& file, std::string_view name) {
  const auto is_zero = [](std::byte byte) { return byte == std::byte{}; };
  for (std::size_t at = 0; at < file.size();) {
    auto block = read_part(file, at, tar_block);
    if (std::all_of(block.begin(), block.end(), is_zero)) break;
    const TarHeader header(std::move(block), file.name(), at);
    at += tar_block;
    check_range(file.name(), file.size(), at, header.size());
    if (header.is_file() && header.name() == name) return TarMember{at, header.size()};
    at += (header.size() + tar_block - 1) / tar_block * tar_block;
  }
  return std::nullopt;
}

}  // namespace nop::detail
