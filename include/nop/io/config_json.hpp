// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/enumerator.hpp>
#include <nop/core/error.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>
#include <nop/io/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace nop {

namespace detail {

template <class T>
inline constexpr bool is_shape = false;
template <std::size_t Rank>
inline constexpr bool is_shape<Shape<Rank>> = true;

template <class T>
inline constexpr bool is_real_array = false;
template <std::size_t Count>
inline constexpr bool is_real_array<std::array<double, Count>> = true;

template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;

template <class T>
inline constexpr bool may_be_absent = false;
template <class T>
inline constexpr bool may_be_absent<std::optional<T>> = true;

struct AnyField {
  void operator()(const char*, auto&) const {}
};

}  // namespace detail

/// A group of hyper-parameters that lists its fields by name.
template <class T>
concept configuration =
    requires(T& self, detail::AnyField visit) { std::remove_const_t<T>::fields(self, visit); };

/// Every field of a Config: numbers, shapes, enumerators by name, Configs inside it as objects,
/// lists of such, and null for what is absent.
template <configuration Config>
Json config_to_json(const Config& config);

namespace detail {

template <class Value>
Json value_to_json(const Value& value) {
  if constexpr (configuration<Value>) {
    return config_to_json(value);
  } else if constexpr (std::is_enum_v<Value>) {
    return enumerator_name(value);
  } else if constexpr (is_shape<Value>) {
    return value.extents;
  } else if constexpr (is_list<Value> || is_real_array<Value>) {
    Json list = Json::array();
    for (const auto& entry : value) list.push_back(value_to_json(entry));
    return list;
  } else if constexpr (may_be_absent<Value>) {
    return value ? value_to_json(*value) : Json();
  } else {
    if constexpr (std::floating_point<Value>)
      expects(std::isfinite(value), "config_to_json: expected a finite number, got ", value);
    return value;
  }
}

}  // namespace detail

template <configuration Config>
Json config_to_json(const Config& config) {
  Json object = Json::object();
  Config::fields(config, [&](const char* name, const auto& value) {
    object[name] = detail::value_to_json(value);
  });
  return object;
}

namespace detail {

template <class Value>
void read_field(Value& value, const Json& json, const char* name, const JsonOrigin& origin);

/// May a file that was written before there was this field lack it?
template <class Config>
bool is_later_field(std::string_view name) {
  if constexpr (requires { Config::later_fields; })
    return std::find(Config::later_fields.begin(), Config::later_fields.end(), name) !=
           Config::later_fields.end();
  return false;
}

template <configuration Config>
void read_fields(Config& config, const Json& json, const JsonOrigin& origin) {
  std::size_t fields = 0;
  Config::fields(config, [&](const char* name, auto& value) {
    if (is_later_field<Config>(name) && !json.contains(name)) return;
    read_field(value, json_member(json, name, origin), name, origin);
    ++fields;
  });
  if (json.size() != fields)
    throw FormatError(origin.source, origin.offset,
                      "the configuration should have " + std::to_string(fields) +
                          " fields, but has " + std::to_string(json.size()));
}

template <class Array>
void read_array(Array& list, const Json& json, const char* name, const JsonOrigin& origin) {
  using Value       = std::remove_cvref_t<decltype(list[0])>;
  const auto values = json_value<std::vector<Value>>(json, name, origin);
  if (values.size() != list.size())
    throw FormatError(origin.source, origin.offset,
                      "'" + std::string(name) + "' should have " + std::to_string(list.size()) +
                          " entries, but has " + std::to_string(values.size()));
  std::copy(values.begin(), values.end(), list.begin());
}

template <class Entry>
void read_list(std::vector<Entry>& list, const Json& json, const char* name,
               const JsonOrigin& origin) {
  if (!json.is_array())
    throw FormatError(origin.source, origin.offset, "'" + std::string(name) + "' should be a list");
  list.assign(json.size(), Entry{});
  for (std::size_t i = 0; i < list.size(); ++i) read_field(list[i], json[i], name, origin);
}

template <class Value>
void read_field(Value& value, const Json& json, const char* name, const JsonOrigin& origin) {
  if constexpr (configuration<Value>) {
    read_fields(value, json, origin);
  } else if constexpr (std::is_enum_v<Value>) {
    const auto text  = json_value<std::string>(json, name, origin);
    const auto found = find_enumerator<Value>(text);
    if (!found)
      throw FormatError(origin.source, origin.offset,
                        "'" + std::string(name) + "' cannot be '" + text + "'");
    value = *found;
  } else if constexpr (is_shape<Value>) {
    read_array(value.extents, json, name, origin);
  } else if constexpr (is_real_array<Value>) {
    read_array(value, json, name, origin);
  } else if constexpr (is_list<Value>) {
    read_list(value, json, name, origin);
  } else if constexpr (may_be_absent<Value>) {
    value.reset();
    if (!json.is_null()) read_field(value.emplace(), json, name, origin);
  } else {
    value = json_value<Value>(json, name, origin);
  }
}

}  // namespace detail

/// The Config that `config_to_json` wrote. A field that is missing, unknown or of the wrong kind is
/// a FormatError at `origin`; only those among a Config's `later_fields` may be missing, and then
/// have their defaults.
template <configuration Config>
Config config_from_json(const Json& json, const JsonOrigin& origin) {
  Config config{};
  detail::read_fields(config, json, origin);
  return config;
}

}  // namespace nop
