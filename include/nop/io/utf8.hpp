// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nop::detail {

/// Whether a text is UTF-8 (RFC 3629): shortest forms, no surrogates, nothing above U+10FFFF.
inline bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[at + i]); };
    const std::uint8_t lead  = byte(0);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    if (length == 0 || length > text.size() - at) return false;
    for (std::size_t i = 1; i < length; ++i)
      if ((byte(i) & 0xc0) != 0x80) return false;
    if (lead == 0xe0 && byte(1) < 0xa0) return false;   // a longer form of two bytes
    if (lead == 0xed && byte(1) >= 0xa0) return false;  // a surrogate
    if (lead == 0xf0 && byte(1) < 0x90) return false;   // a longer form of three bytes
    if (lead == 0xf4 && byte(1) >= 0x90) return false;  // above U+10FFFF
    at += length;
  }
  return true;
}

}  // namespace nop::detail
