// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/pickle_machine.hpp>
#include <nop/io/pickle_value.hpp>
#include <nop/io/utf8.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace nop::detail {

/// The opcodes that checkpoints are made of, by their names in Python's pickletools.
enum class PickleOpcode : std::uint8_t {
  mark              = '(',
  stop              = '.',
  bin_float         = 'G',
  bin_int           = 'J',
  bin_int1          = 'K',
  bin_int2          = 'M',
  none              = 'N',
  bin_persid        = 'Q',
  reduce            = 'R',
  bin_unicode       = 'X',
  bin_bytes         = 'B',
  short_bin_bytes   = 'C',
  append            = 'a',
  build             = 'b',
  global            = 'c',
  appends           = 'e',
  bin_get           = 'h',
  long_bin_get      = 'j',
  bin_put           = 'q',
  long_bin_put      = 'r',
  set_item          = 's',
  tuple             = 't',
  set_items         = 'u',
  empty_tuple       = ')',
  empty_list        = ']',
  empty_dict        = '}',
  proto             = 0x80,
  new_object        = 0x81,
  tuple1            = 0x85,
  tuple2            = 0x86,
  tuple3            = 0x87,
  new_true          = 0x88,
  new_false         = 0x89,
  long1             = 0x8a,
  short_bin_unicode = 0x8c,
  bin_unicode8      = 0x8d,
  stack_global      = 0x93,
  memoize           = 0x94,
  frame             = 0x95
};

/// Reads the opcodes of a pickle and lets the machine do what they say.
class PickleParser {
 public:
  PickleParser(std::vector<std::byte> bytes, std::string source)
      : machine_(std::move(bytes), std::move(source)) {}

  Pickle parse() {
    if (static_cast<PickleOpcode>(next()) != PickleOpcode::proto)
      machine_.refuse("not a pickle of protocol 2 or later");
    if (const auto version = next(); version < 2 || version > 5)
      machine_.refuse("protocol " + std::to_string(version) + ", where 2 to 5 are known");
    for (auto opcode = next_opcode(); opcode != PickleOpcode::stop; opcode = next_opcode())
      run(opcode);
    if (left() != 0) machine_.refuse(std::to_string(left()) + " bytes follow STOP");
    return machine_.finish();
  }

 private:
  void run(PickleOpcode opcode) {
    using enum PickleOpcode;
    switch (opcode) {
      case frame:  // a promise about reading ahead
        if (const auto size = number(8); size > left())
          machine_.refuse("a frame of " + std::to_string(size) + " bytes");
        break;
      case mark:
        machine_.push_mark();
        break;
      case none:
        machine_.push(PickleKind::none);
        break;
      case new_true:
      case new_false:
        machine_.push(PickleKind::boolean, {opcode == new_true ? 1u : 0u, 0u});
        break;
      case bin_int1:
        machine_.push_integer(static_cast<std::int64_t>(number(1)));
        break;
      case bin_int2:
        machine_.push_integer(static_cast<std::int64_t>(number(2)));
        break;
      case bin_int:
        machine_.push_integer(signed_number(4));
        break;
      case long1:
        machine_.push_integer(signed_number(next()));
        break;
      case bin_float:
        machine_.push(PickleKind::real, std::bit_cast<PickleMachine::Words>(big_endian_number()));
        break;
      case short_bin_unicode:
        push_text(number(1));
        break;
      case bin_unicode:
        push_text(number(4));
        break;
      case bin_unicode8:
        push_text(number(8));
        break;
      case short_bin_bytes:
        machine_.push(PickleKind::bytes, take(number(1)));
        break;
      case bin_bytes:
        machine_.push(PickleKind::bytes, take(number(4)));
        break;
      case empty_tuple:
        machine_.push_parts(PickleKind::tuple, {});
        break;
      case tuple1:
        machine_.push_parts(PickleKind::tuple, machine_.pop(1));
        break;
      case tuple2:
        machine_.push_parts(PickleKind::tuple, machine_.pop(2));
        break;
      case tuple3:
        machine_.push_parts(PickleKind::tuple, machine_.pop(3));
        break;
      case tuple:
        machine_.push_parts(PickleKind::tuple, machine_.pop_to_mark());
        break;
      case empty_list:
        machine_.push_parts(PickleKind::list, {});
        break;
      case append:
        machine_.extend(PickleKind::list, machine_.pop(1));
        break;
      case appends:
        machine_.extend(PickleKind::list, machine_.pop_to_mark());
        break;
      case empty_dict:
        machine_.push_parts(PickleKind::dict, {});
        break;
      case set_item:
        machine_.extend(PickleKind::dict, machine_.pop(2));
        break;
      case set_items:
        machine_.extend(PickleKind::dict, machine_.pop_to_mark());
        break;
      case global:
        push_line();
        push_line();
        machine_.push_global(machine_.pop(2));
        break;
      case stack_global:
        machine_.push_global(machine_.pop(2));
        break;
      case bin_persid:
        machine_.push_parts(PickleKind::persistent, machine_.pop(1));
        break;
      case reduce:
      case new_object:
        machine_.push_call(machine_.pop(2));
        break;
      case build:
        machine_.set_attributes(machine_.pop(1)[0]);
        break;
      case bin_put:
        machine_.remember(number(1));
        break;
      case long_bin_put:
        machine_.remember(number(4));
        break;
      case memoize:
        machine_.remember(machine_.memo_size());
        break;
      case bin_get:
        machine_.recall(number(1));
        break;
      case long_bin_get:
        machine_.recall(number(4));
        break;
      default:
        machine_.refuse("opcode " + std::to_string(static_cast<int>(opcode)) +
                        ", which no checkpoint needs");
    }
  }

  [[nodiscard]] std::size_t left() const { return machine_.bytes().size() - at_; }

  std::uint8_t next() {
    if (left() == 0) throw FormatError(machine_.source(), at_, "the pickle ends without STOP");
    return std::to_integer<std::uint8_t>(machine_.bytes()[at_++]);
  }

  PickleOpcode next_opcode() {
    machine_.set_offset(at_);
    return static_cast<PickleOpcode>(next());
  }

  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value |= std::uint64_t{next()} << (8 * i);
    return value;
  }

  std::int64_t signed_number(std::size_t size) {
    if (size > 8) machine_.refuse("an integer of " + std::to_string(size) + " bytes");
    if (size == 0) return 0;
    const std::size_t unused = 64 - 8 * size;
    return static_cast<std::int64_t>(number(size) << unused) >> unused;  // extends the sign
  }

  std::uint64_t big_endian_number() {
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | next();
    return value;
  }

  /// Begin and length of the next bytes, which are then behind us.
  PickleMachine::Words take(std::uint64_t count) {
    if (count > left())
      machine_.refuse(std::to_string(count) + " bytes expected, but " + std::to_string(left()) +
                      " are left");
    const auto begin = std::exchange(at_, at_ + static_cast<std::size_t>(count));
    return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(count)};
  }

  void push_text(std::uint64_t count) {
    const auto [begin, size] = take(count);
    const auto* const text   = reinterpret_cast<const char*>(machine_.bytes().data()) + begin;
    if (!is_utf8({text, size})) machine_.refuse("a text that is not UTF-8");
    machine_.push(PickleKind::text, {begin, size});
  }

  void push_line() {
    const auto begin = machine_.bytes().begin() + static_cast<std::ptrdiff_t>(at_);
    const auto end   = std::find(begin, machine_.bytes().end(), std::byte{'\n'});
    if (end == machine_.bytes().end()) machine_.refuse("the name of a global has no end");
    push_text(static_cast<std::uint64_t>(end - begin));
    ++at_;
  }

  PickleMachine machine_;
  std::size_t at_ = 0;
};

/// Parses a pickle of protocol 2 to 5 as data: nothing in it is executed. Opcodes that checkpoints
/// do not need, values that contain themselves, and more than `pickle_depth_limit` levels are a
/// FormatError at their byte. Memory stays within a small multiple of the pickle's size.
inline Pickle parse_pickle(std::vector<std::byte> bytes, std::string source) {
  return PickleParser(std::move(bytes), std::move(source)).parse();
}

}  // namespace nop::detail
