// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/unpack_limit.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

/// What libFuzzer calls with bytes of its making.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace nop::fuzz {

/// Little, so that a reader that believes a lie exceeds the limit that libFuzzer is given.
inline constexpr UnpackLimit limit{.ratio = 16, .allowance = std::size_t{1} << 20};

inline std::vector<std::byte> bytes_of(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  return {bytes.begin(), bytes.end()};
}

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A reader returns or throws a FormatError; any other exception ends the program.
template <class Read>
int reads_or_refuses(Read read) {
  try {
    read();
  } catch (const FormatError&) {
  }
  return 0;
}

inline void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace nop::fuzz
