// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/scalar.hpp>

#include <nlohmann/json.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nop {

/// A JSON value; objects keep the order of their members.
using Json = nlohmann::ordered_json;

/// Where a JSON text was found: the file's name and the byte the text begins at. Errors name both.
struct JsonOrigin {
  std::string source;
  std::size_t offset = 0;
};

namespace detail {

/// Deep enough for any document we mean, shallow enough for any stack.
inline constexpr std::size_t json_depth_limit = 64;

/// Walks a text and counts: the one way to know where a parser is when it meets something.
class CountedText {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type        = char;
  using difference_type   = std::ptrdiff_t;
  using pointer           = const char*;
  using reference         = const char&;

  CountedText(const char* at, const char* begin, std::size_t& consumed)
      : at_(at), begin_(begin), consumed_(&consumed) {}
  reference operator*() const { return *at_; }
  CountedText& operator++() {
    ++at_;
    *consumed_ = static_cast<std::size_t>(at_ - begin_);
    return *this;
  }
  friend bool operator==(const CountedText& a, const CountedText& b) { return a.at_ == b.at_; }
  friend bool operator!=(const CountedText& a, const CountedText& b) { return a.at_ != b.at_; }

 private:
  const char* at_;
  const char* begin_;
  std::size_t* consumed_;
};

/// Adds a member to an object that has none of this name: past the map's own emplace, which would
/// search all names again.
inline Json& append_member(Json& object, std::string name, Json value) {
  std::vector<std::pair<const std::string, Json>>& members = object.get_ref<Json::object_t&>();
  return members.emplace_back(std::move(name), std::move(value)).second;
}

/// Builds a Json from the parser's events; refuses repeated names and bottomless nesting.
class JsonBuilder : public nlohmann::json_sax<Json> {
 public:
  JsonBuilder(const JsonOrigin& origin, const std::size_t& consumed)
      : origin_(origin), consumed_(consumed) {}

  [[nodiscard]] Json take() { return std::move(root_); }

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    if (!open_.back().names.insert(name).second)
      refuse(consumed_, "the name '" + name + "' comes twice");
    name_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    refuse(position == 0 ? 0 : position - 1, error.what());
  }

 private:
  struct Level {
    Json* value;
    std::set<std::string> names;
  };

  [[noreturn]] void refuse(std::size_t position, const std::string& what) const {
    throw FormatError(origin_.source, origin_.offset + position, what);
  }

  /// Only the innermost container grows, so the addresses of the open ones stay.
  Json* place(Json value) {
    if (open_.empty()) return &(root_ = std::move(value));
    Json& parent = *open_.back().value;
    if (parent.is_array()) return &parent.get_ref<Json::array_t&>().emplace_back(std::move(value));
    return &append_member(parent, std::move(name_), std::move(value));
  }

  bool put(Json value) { return place(std::move(value)), true; }

  bool open(Json container) {
    if (open_.size() == json_depth_limit) refuse(consumed_, "nested too deep");
    Json* const value = place(std::move(container));
    open_.push_back({value, {}});
    return true;
  }

  bool close() { return open_.pop_back(), true; }

  const JsonOrigin& origin_;
  const std::size_t& consumed_;
  Json root_;
  std::vector<Level> open_;
  std::string name_;
};

}  // namespace detail

/// Parses a JSON text (RFC 8259, UTF-8). Stricter than the RFC asks: names in an object are unique
/// and nesting is at most 64 deep. Anything else is a FormatError at its byte.
inline Json parse_json(std::string_view text, const JsonOrigin& origin) {
  std::size_t consumed  = 0;
  const char* const end = text.data() + text.size();
  detail::JsonBuilder builder(origin, consumed);
  const bool complete = Json::sax_parse(detail::CountedText(text.data(), text.data(), consumed),
                                        detail::CountedText(end, text.data(), consumed), &builder);
  if (!complete) throw FormatError(origin.source, origin.offset + consumed, "not JSON");
  return builder.take();
}
inline Json parse_json(std::span<const std::byte> text, const JsonOrigin& origin) {
  return parse_json(std::string_view(reinterpret_cast<const char*>(text.data()), text.size()),
                    origin);
}

/// The text of a value, compact. Strings that are not UTF-8 are a PreconditionError.
inline std::string json_text(const Json& value) {
  try {
    return value.dump();
  } catch (const Json::exception& error) {
    throw PreconditionError(std::string("json_text: ") + error.what());
  }
}

namespace detail {

template <class T>
struct JsonList : std::false_type {};
template <class T>
struct JsonList<std::vector<T>> : std::true_type {};

template <class T>
bool json_holds(const Json& value) {
  if constexpr (std::same_as<T, bool>) {
    return value.is_boolean();
  } else if constexpr (std::unsigned_integral<T>) {
    return value.is_number_unsigned() &&
           value.get<std::uint64_t>() <= std::numeric_limits<T>::max();
  } else if constexpr (std::integral<T>) {
    if (value.is_number_unsigned())
      return value.get<std::uint64_t>() <=
             static_cast<std::uint64_t>(std::numeric_limits<T>::max());
    return value.is_number_integer() &&
           value.get<std::int64_t>() >= std::int64_t{std::numeric_limits<T>::min()};
  } else if constexpr (real<T>) {
    return value.is_number();
  } else if constexpr (std::same_as<T, std::string>) {
    return value.is_string();
  } else {
    static_assert(JsonList<T>::value, "json: bool, integers, float, double, string, vectors");
    if (!value.is_array()) return false;
    for (const Json& entry : value)
      if (!json_holds<typename T::value_type>(entry)) return false;
    return true;
  }
}

template <class T>
constexpr const char* json_kind() {
  if constexpr (std::same_as<T, bool>) return "true or false";
  if constexpr (std::unsigned_integral<T>) return "a whole number that is not negative";
  if constexpr (std::integral<T>) return "a whole number";
  if constexpr (real<T>) return "a number";
  if constexpr (std::same_as<T, std::string>) return "a string";
  return "a list of one kind";
}

}  // namespace detail

/// The value as a bool, an integer, a real, a std::string or a std::vector of such. Another kind,
/// or a number out of range, is a FormatError that calls the value `name`.
template <class T>
T json_value(const Json& value, std::string_view name, const JsonOrigin& origin) {
  if (!detail::json_holds<T>(value))
    throw FormatError(origin.source, origin.offset,
                      "'" + std::string(name) + "' should be " + detail::json_kind<T>() +
                          ", but is " + value.dump(-1, ' ', true).substr(0, 40));
  return value.get<T>();
}

/// The member `name` of an object; a FormatError where it is not there.
inline const Json& json_member(const Json& object, const std::string& name,
                               const JsonOrigin& origin) {
  const auto place = object.is_object() ? object.find(name) : object.end();
  if (place == object.end())
    throw FormatError(origin.source, origin.offset, "'" + name + "' is missing");
  return *place;
}

/// The member `name` of an object as T; a FormatError where it is missing or of another kind.
template <class T>
T json_member(const Json& object, const std::string& name, const JsonOrigin& origin) {
  return json_value<T>(json_member(object, name, origin), name, origin);
}

}  // namespace nop
