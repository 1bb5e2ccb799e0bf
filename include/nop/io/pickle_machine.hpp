// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/pickle_value.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace nop::detail {

/// Deep enough for any checkpoint we mean, shallow enough for any stack.
inline constexpr std::uint8_t pickle_depth_limit = 64;

/// Python's pickle machine, a stack and a memo, except that nothing is looked up, called or set:
/// the name of a function is a name, and a call is written down as a call. All that does not work
/// out is a FormatError at the byte of the opcode.
class PickleMachine {
 public:
  using Place = std::uint32_t;
  using Words = std::array<std::uint32_t, 2>;

  PickleMachine(std::vector<std::byte> bytes, std::string source) {
    pickle_.bytes  = std::move(bytes);
    pickle_.source = std::move(source);
    if (pickle_.bytes.size() >= no_link) refuse("a pickle of 4 GiB or more");
  }

  [[nodiscard]] const std::vector<std::byte>& bytes() const { return pickle_.bytes; }
  [[nodiscard]] const std::string& source() const { return pickle_.source; }
  /// Where the opcode stands whose work follows.
  void set_offset(std::size_t offset) { offset_ = offset; }

  [[noreturn]] void refuse(const std::string& what) const {
    throw FormatError(pickle_.source, offset_, what);
  }

  void push(PickleKind kind, Words words = {}) {
    stack_.push_back(static_cast<Place>(pickle_.nodes.size()));
    pickle_.nodes.push_back({kind, static_cast<std::uint32_t>(offset_), words});
  }

  void push_integer(std::int64_t value) { push(PickleKind::integer, std::bit_cast<Words>(value)); }

  void push_parts(PickleKind kind, const std::vector<Place>& parts) {
    push(kind, {no_link, no_link});
    link(pickle_.nodes.back(), parts);
  }

  void push_global(const std::vector<Place>& names) {
    for (const Place name : names) value(name).expect(PickleKind::text);
    push_parts(PickleKind::global, names);
  }

  /// OrderedDict() is a dict; all other calls are written down.
  void push_call(const std::vector<Place>& parts) {
    const PickleValue callable = value(parts[0]);
    const bool has_arguments   = value(parts[1]).expect(PickleKind::tuple).has_parts();
    if (!has_arguments && callable.is(PickleKind::global) &&
        callable.global() == "collections.OrderedDict")
      push_parts(PickleKind::dict, {});
    else
      push_parts(PickleKind::call, parts);
  }

  /// Adds parts to the container on top of the stack. A call may stand for any container.
  void extend(PickleKind kind, const std::vector<Place>& parts) {
    if (kind == PickleKind::dict && parts.size() % 2 != 0) refuse("a key without a value");
    if (!value(top()).is(PickleKind::call)) value(top()).expect(kind);
    link(pickle_.nodes[top()], parts);
  }

  void set_attributes(Place attributes) {
    if (value(top()).is(PickleKind::call)) {
      link(pickle_.nodes[top()], {attributes});
    } else {
      push(PickleKind::attributes);
      const Place key = pop(1)[0];
      extend(PickleKind::dict, {key, attributes});
    }
  }

  void push_mark() { marks_.push_back(static_cast<Place>(stack_.size())); }

  std::vector<Place> pop(std::size_t count) {
    if (stack_.size() - floor() < count) refuse("the stack is empty");
    const auto first = stack_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<Place> places(first, stack_.end());
    stack_.erase(first, stack_.end());
    return places;
  }

  std::vector<Place> pop_to_mark() {
    if (marks_.empty()) refuse("there is no mark");
    auto places = pop(stack_.size() - floor());
    marks_.pop_back();
    return places;
  }

  [[nodiscard]] std::size_t memo_size() const { return memo_.size(); }

  void remember(std::uint64_t key) {
    if (key >= pickle_.bytes.size()) refuse("memo " + std::to_string(key) + " is out of range");
    if (key >= memo_.size()) memo_.resize(static_cast<std::size_t>(key) + 1, no_link);
    memo_[static_cast<std::size_t>(key)] = top();
  }

  void recall(std::uint64_t key) {
    if (key >= memo_.size() || memo_[static_cast<std::size_t>(key)] == no_link)
      refuse("memo " + std::to_string(key) + " was never set");
    stack_.push_back(memo_[static_cast<std::size_t>(key)]);
  }

  /// The one value that is left.
  Pickle finish() {
    if (stack_.size() != 1 || !marks_.empty())
      refuse("STOP, but " + std::to_string(stack_.size()) + " values and " +
             std::to_string(marks_.size()) + " marks are left");
    pickle_.root_node = stack_.back();
    heights_.assign(pickle_.nodes.size(), unknown);
    check_nesting(pickle_.root_node, 0);
    return std::move(pickle_);
  }

 private:
  [[nodiscard]] PickleValue value(Place place) const { return {pickle_, place}; }

  /// What lies below the last mark is out of reach.
  [[nodiscard]] std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  [[nodiscard]] Place top() const {
    if (stack_.size() <= floor()) refuse("the stack is empty");
    return stack_.back();
  }

  void link(PickleNode& node, const std::vector<Place>& parts) {
    for (const Place part : parts) {
      const auto link = static_cast<std::uint32_t>(pickle_.links.size());
      pickle_.links.push_back({part, no_link});
      if (node.words[0] == no_link)
        node.words[0] = link;
      else
        pickle_.links[node.words[1]].next = link;
      node.words[1] = link;
    }
  }

  /// How many levels lie below a value. Nothing may contain itself, and the levels are few, so that
  /// whoever walks the values may recurse.
  std::uint8_t check_nesting(Place place, std::uint8_t depth) {
    if (heights_[place] == open) value(place).refuse("a value that contains itself");
    if (heights_[place] == unknown) {
      if (depth >= pickle_depth_limit) value(place).refuse("nested too deep");
      heights_[place]     = open;
      std::uint8_t height = 0;
      for (const PickleValue& part : value(place).parts()) {
        const auto below = check_nesting(part.place(), static_cast<std::uint8_t>(depth + 1));
        height           = std::max(height, static_cast<std::uint8_t>(below + 1));
      }
      heights_[place] = height;
    }
    if (depth + heights_[place] >= pickle_depth_limit) value(place).refuse("nested too deep");
    return heights_[place];
  }

  static constexpr std::uint8_t unknown = 255, open = 254;

  Pickle pickle_;
  std::size_t offset_ = 0;
  std::vector<Place> stack_, marks_, memo_;
  std::vector<std::uint8_t> heights_;
};

}  // namespace nop::detail
