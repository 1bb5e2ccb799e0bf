// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>

namespace nop::test {

/// What stands at a place, 0 to 16.
constexpr int digits_pixel(std::size_t image, std::size_t place) {
  return static_cast<int>((5 * image + 3 * place) % 17);
}

/// The text of a digits.csv with the digits 0, 1, 2, ...
inline std::string digits_of(std::size_t count) {
  std::string text;
  for (std::size_t image = 0; image < count; ++image) {
    for (std::size_t place = 0; place < 64; ++place)
      text += std::to_string(digits_pixel(image, place)) + ',';
    text += std::to_string(image % 10) + '\n';
  }
  return text;
}

}  // namespace nop::test
