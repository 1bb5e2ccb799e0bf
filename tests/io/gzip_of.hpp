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

/// What `gzip -9` made of a file, whose name it keeps.
inline const std::string packed_digits(
    "\037\213\010\010\353\324\012\153\002\003\160\144\137\144\151\147\151\164\163\056\164\170\164"
    "\000\113\311\114\317\054\051\126\060\060\064\062\066\061\065\063\267\260\124\110\101\027\341"
    "\002\000\320\014\245\240\044\000\000\000",
    56);
inline constexpr std::string_view unpacked_digits = "digits 0123456789 digits 0123456789\n";

}  // namespace nop::test
