// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nop::detail {

/// What a value of a pickle is. `global` is the name of something in a Python module, `call` what
/// Python would make by calling a value, `persistent` a name for what lies outside of the pickle.
/// `attributes` takes the place of a key: its value is what Python would set as attributes of the
/// dict it stands in.
enum class PickleKind : std::uint8_t {
  none,
  boolean,
  integer,
  real,
  text,
  bytes,
  tuple,
  list,
  dict,
  global,
  call,
  persistent,
  attributes
};

/// The name people know it by, for messages.
constexpr std::string_view name_of(PickleKind kind) {
  constexpr std::array<std::string_view, 13> names{
      "none",      "a truth value",   "an integer", "a float", "a text",
      "bytes",     "a tuple",         "a list",     "a dict",  "a global's name",
      "an object", "a persistent id", "attributes"};
  return names[static_cast<std::size_t>(kind)];
}

/// One value, in 16 bytes: its kind, the byte it was made at, and, by kind, a number in the two
/// words, the place and length of its bytes in the pickle, or the first and last link to its parts.
struct PickleNode {
  PickleKind kind{};
  std::uint32_t offset = 0;
  std::array<std::uint32_t, 2> words{};
};

/// A part of a value and the link to the next part.
struct PickleLink {
  std::uint32_t node;
  std::uint32_t next;
};

inline constexpr std::uint32_t no_link = std::numeric_limits<std::uint32_t>::max();

class PickleValue;

/// A pickle that was read: its bytes and the values they describe, which may share parts. Values
/// are numbers in a list, so however deep they nest, neither copying nor freeing them recurses.
struct Pickle {
  std::string source;
  std::vector<std::byte> bytes;
  std::vector<PickleNode> nodes;
  std::vector<PickleLink> links;
  std::uint32_t root_node = 0;

  [[nodiscard]] PickleValue root() const;
};

/// One value of a pickle, which must outlive it.
class PickleValue {
 public:
  PickleValue(const Pickle& pickle, std::uint32_t place) : pickle_(&pickle), place_(place) {}

  [[nodiscard]] std::uint32_t place() const { return place_; }
  [[nodiscard]] PickleKind kind() const { return node().kind; }
  [[nodiscard]] bool is(PickleKind kind) const { return node().kind == kind; }
  [[nodiscard]] const std::string& source() const { return pickle_->source; }

  /// Throws a FormatError at the byte the value was made at.
  [[noreturn]] void refuse(const std::string& what) const {
    throw FormatError(pickle_->source, node().offset, what);
  }
  /// The value, if it is of this kind: else a FormatError.
  const PickleValue& expect(PickleKind kind) const {  // NOLINT(modernize-use-nodiscard)
    if (!is(kind))
      refuse(std::string("expected ")
                 .append(name_of(kind))
                 .append(", but found ")
                 .append(name_of(this->kind())));
    return *this;
  }

  [[nodiscard]] bool truth() const { return expect(PickleKind::boolean).node().words[0] != 0; }
  [[nodiscard]] std::int64_t integer() const {
    return std::bit_cast<std::int64_t>(expect(PickleKind::integer).node().words);
  }
  [[nodiscard]] double real() const {
    return std::bit_cast<double>(expect(PickleKind::real).node().words);
  }
  [[nodiscard]] std::string_view text() const { return expect(PickleKind::text).raw(); }
  [[nodiscard]] std::string_view bytes() const { return expect(PickleKind::bytes).raw(); }

  /// The parts: the entries of a tuple or a list; keys and values of a dict in turns; the module
  /// and the name of a global; what is called, the tuple of its arguments, and all that was added
  /// later of a call; the id of a persistent id. Others have none.
  [[nodiscard]] std::vector<PickleValue> parts() const {
    std::vector<PickleValue> parts;
    if (!has_parts()) return parts;
    for (auto link = node().words[0]; link != no_link; link = pickle_->links[link].next)
      parts.emplace_back(*pickle_, pickle_->links[link].node);
    return parts;
  }

  /// Whether there are parts, without looking at them.
  [[nodiscard]] bool has_parts() const {
    return kind() >= PickleKind::tuple && !is(PickleKind::attributes) && node().words[0] != no_link;
  }

  /// The full name of a global: "torch.FloatStorage".
  [[nodiscard]] std::string global() const {
    const auto names = expect(PickleKind::global).parts();
    return std::string(names[0].text()).append(".").append(names[1].text());
  }

 private:
  [[nodiscard]] const PickleNode& node() const { return pickle_->nodes[place_]; }
  [[nodiscard]] std::string_view raw() const {
    const auto [begin, count] = node().words;
    return {reinterpret_cast<const char*>(pickle_->bytes.data()) + begin, count};
  }

  const Pickle* pickle_;
  std::uint32_t place_;
};

inline PickleValue Pickle::root() const { return {*this, root_node}; }

}  // namespace nop::detail
