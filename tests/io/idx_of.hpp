// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace nop::test {

/// The bytes of an IDX file.
inline std::string idx_of(char type, const std::vector<std::size_t>& shape,
                          std::string_view elements) {
  std::string file = std::string(2, '\0') + type + static_cast<char>(shape.size());
  for (const std::size_t extent : shape)
    for (unsigned shift = 32; shift > 0;) file += static_cast<char>((extent >> (shift -= 8)) & 255);
  return file += elements;
}

}  // namespace nop::test
