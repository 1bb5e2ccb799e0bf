// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "fuzz/stored_zip.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace nop::test {

/// A gzip file of a text below 64 KiB, which is stored and not compressed.
inline std::string gzip_of(std::string_view content) {
  const auto number = [](std::size_t value, unsigned size) {
    std::string bytes;
    for (unsigned i = 0; i < size; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xff);
    return bytes;
  };
  return std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10) + '\1' + number(content.size(), 2) +
         number(~content.size(), 2) + std::string(content) + number(fuzz::crc32(content), 4) +
         number(content.size(), 4);
}

}  // namespace nop::test
