// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/io/json.hpp>
#include <nop/io/pickle.hpp>
#include <nop/io/utf8.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace nop::detail {

/// Writes a pickle of protocol 2, opcode by opcode. Plain values only; nothing is shared.
class PickleWriter {
 public:
  PickleWriter() {
    put(PickleOpcode::proto);
    text_ += '\2';
  }

  void put(PickleOpcode opcode) { text_ += static_cast<char>(opcode); }

  void integer(std::int64_t value) {
    if (value >= 0 && value < 256) {
      put(PickleOpcode::bin_int1);
      number(value, 1);
    } else if (value == static_cast<std::int32_t>(value)) {
      put(PickleOpcode::bin_int);
      number(value, 4);
    } else {
      put(PickleOpcode::long1);
      text_ += '\x08';
      number(value, 8);
    }
  }

  void real(double value) {
    put(PickleOpcode::bin_float);
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (unsigned shift = 64; shift > 0; shift -= 8) byte(bits >> (shift - 8));
  }

  void truth(bool value) { put(value ? PickleOpcode::new_true : PickleOpcode::new_false); }

  /// A text that is not UTF-8 is a PreconditionError.
  void text(std::string_view value) {
    expects(is_utf8(value), "a pickle's texts are UTF-8, '", value, "' is not");
    expects(value.size() <= std::numeric_limits<std::uint32_t>::max(), "a text of 4 GiB or more");
    put(PickleOpcode::bin_unicode);
    number(static_cast<std::int64_t>(value.size()), 4);
    text_ += value;
  }

  /// Something in a Python module, by name.
  void global(std::string_view module, std::string_view name) {
    put(PickleOpcode::global);
    text_.append(module).append("\n").append(name).append("\n");
  }

  void tuple(const std::vector<std::size_t>& values) {
    put(PickleOpcode::mark);
    for (const std::size_t value : values) integer(static_cast<std::int64_t>(value));
    put(PickleOpcode::tuple);
  }

  /// collections.OrderedDict()
  void ordered_dict() {
    global("collections", "OrderedDict");
    put(PickleOpcode::empty_tuple);
    put(PickleOpcode::reduce);
  }

  /// A JSON value of any kind but binary; one that is nested too deep to be read back, or a whole
  /// number beyond the range of int64, is a PreconditionError.
  void json(const Json& value, std::size_t depth = 0) {
    expects(depth < json_depth_limit / 2, "a pickle of JSON that is nested too deep");
    switch (value.type()) {
      case Json::value_t::null:
        return put(PickleOpcode::none);
      case Json::value_t::boolean:
        return truth(value.get<bool>());
      case Json::value_t::number_unsigned:
      case Json::value_t::number_integer:
        expects(json_holds<std::int64_t>(value), "a pickle of the number ", value.dump());
        return integer(value.get<std::int64_t>());
      case Json::value_t::number_float:
        return real(value.get<double>());
      case Json::value_t::string:
        return text(value.get_ref<const std::string&>());
      case Json::value_t::array:
        put(PickleOpcode::empty_list);
        put(PickleOpcode::mark);
        for (const Json& entry : value) json(entry, depth + 1);
        return put(PickleOpcode::appends);
      case Json::value_t::object:
        put(PickleOpcode::empty_dict);
        put(PickleOpcode::mark);
        for (const auto& [name, entry] : value.items()) {
          text(name);
          json(entry, depth + 1);
        }
        return put(PickleOpcode::set_items);
      default:
        expects(false, "a pickle of binary JSON");
    }
  }

  [[nodiscard]] std::string finish() {
    put(PickleOpcode::stop);
    return std::move(text_);
  }

 private:
  void byte(std::uint64_t value) { text_ += static_cast<char>(value & 0xff); }

  void number(std::int64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) byte(static_cast<std::uint64_t>(value) >> (8 * i));
  }

  std::string text_;
};

}  // namespace nop::detail
