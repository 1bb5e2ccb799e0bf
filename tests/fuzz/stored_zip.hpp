// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nop::fuzz {

/// CRC-32 of ISO 3309, bit by bit.
inline std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t sum = ~0u;
  for (const char byte : bytes) {
    sum ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0xedb88320u : 0u);
  }
  return ~sum;
}

/// A zip archive of stored members, by name and content, made in memory.
inline std::string stored_zip(const std::vector<std::pair<std::string, std::string>>& members) {
  const auto number = [](std::size_t value, unsigned size) {
    std::string bytes;
    for (unsigned i = 0; i < size; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xff);
    return bytes;
  };
  std::string archive, directory;
  for (const auto& [name, content] : members) {
    // version, flags, method, time, date, check sum, sizes, length of the name, of the extra field
    const std::string about = number(20, 2) + number(0, 6) + number(33, 2) +
                              number(crc32(content), 4) + number(content.size(), 4) +
                              number(content.size(), 4) + number(name.size(), 2) + number(0, 2);
    directory +=
        "PK\1\2" + number(20, 2) + about + std::string(10, '\0') + number(archive.size(), 4) + name;
    archive += "PK\3\4" + about + name + content;
  }
  const std::string end = "PK\5\6" + number(0, 4) + number(members.size(), 2) +
                          number(members.size(), 2) + number(directory.size(), 4) +
                          number(archive.size(), 4) + number(0, 2);
  return archive + directory + end;
}

}  // namespace nop::fuzz
