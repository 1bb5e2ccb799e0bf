// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/pickle.hpp>
#include <nop/io/pickle_value.hpp>

#include "hostile.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nop::test {

inline std::vector<std::byte> byte_vector(std::string_view text) {
  const auto bytes = bytes_of(text);
  return {bytes.begin(), bytes.end()};
}

/// Parses opcodes, between PROTO 2 and STOP. Two bytes come before the first.
inline detail::Pickle pickle(const std::string& opcodes) {
  return detail::parse_pickle(byte_vector("\x80\x02" + opcodes + "."), "test");
}

/// BINUNICODE.
inline std::string text(const std::string& content) {
  std::string opcode = "X";
  for (unsigned i = 0; i < 4; ++i) opcode += static_cast<char>((content.size() >> (8 * i)) & 0xff);
  return opcode + content;
}

/// BININT1.
inline std::string number(std::uint8_t value) { return {'K', static_cast<char>(value)}; }

inline std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}

/// A tuple of `count` numbers.
inline std::string tuple(const std::vector<std::uint8_t>& values) {
  std::string opcodes = "(";
  for (const auto value : values) opcodes += number(value);
  return opcodes + "t";
}

/// A tuple of lists, each of two references to the one before: 2^depth leaves.
inline std::string doubling_lists(int depth) {
  std::string opcodes = "(]q" + std::string(1, '\0');
  for (int level = 1; level <= depth; ++level) {
    const auto before = static_cast<char>(level - 1), now = static_cast<char>(level);
    opcodes += std::string("](h") + before + "h" + before + "eq" + now;
  }
  return opcodes + "t";
}

}  // namespace nop::test
