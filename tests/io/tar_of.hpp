// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace nop::test {

/// The bytes of a tar archive of these files, by name and content. A `size` that is given is what
/// every header claims, in octal.
inline std::string tar_of(const std::vector<std::pair<std::string, std::string>>& members,
                          const std::string& size = "") {
  std::string archive;
  for (const auto& [name, content] : members) {
    std::string header(512, '\0');
    char number[16];
    std::snprintf(number, sizeof number, "%011zo", content.size());
    header.replace(0, name.size(), name);
    header.replace(124, 11, size.empty() ? std::string(number) : size);
    header[156] = '0';
    header.replace(257, 8, std::string("ustar\00000", 8));
    header.replace(148, 8, 8, ' ');
    std::size_t sum = 0;
    for (const char letter : header) sum += static_cast<unsigned char>(letter);
    std::snprintf(number, sizeof number, "%06zo", sum);
    header.replace(148, 7, number, 7);
    archive += header + content + std::string((512 - content.size() % 512) % 512, '\0');
  }
  return archive + std::string(1024, '\0');
}

}  // namespace nop::test
