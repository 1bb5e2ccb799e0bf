// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "pickles.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace nop::test {

/// What a test wants to say of a tensor, in opcodes.
struct TensorOpcodes {
  std::string storage  = global("torch", "FloatStorage");
  std::string key      = "0";
  std::string elements = number(6);
  std::string offset   = number(0);
  std::string shape    = tuple({2, 3});
  std::string strides  = tuple({3, 1});
  std::string hooks    = global("collections", "OrderedDict") + ")R";
  std::string rest     = "";

  [[nodiscard]] std::string arguments() const {
    return "((" + text("storage") + storage + text(key) + text("cpu") + elements + "tQ" + offset +
           shape + strides + "\x89" + hooks + rest + "t";
  }
  /// A call of torch._utils._rebuild_tensor_v2.
  [[nodiscard]] std::string call(const std::string& function = "_rebuild_tensor_v2") const {
    return global("torch._utils", function) + arguments() + "R";
  }
};

/// A long integer of eight bytes.
inline std::string long_number(std::uint64_t value) {
  std::string opcode = "\x8a\x08";
  for (unsigned i = 0; i < 8; ++i) opcode += static_cast<char>((value >> (8 * i)) & 0xff);
  return opcode;
}

/// A dict of these keys and values.
inline std::string dict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string opcodes = "}(";
  for (const auto& [key, value] : items) opcodes.append(text(key)).append(value);
  return opcodes + "u";
}

}  // namespace nop::test
