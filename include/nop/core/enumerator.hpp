// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

/// \file
/// Enumerators as text, by the table `enumerator_names` beside each enumeration.

namespace nop {

/// The name of an enumerator.
template <class Enum>
std::string enumerator_name(Enum value) {
  return enumerator_names(value)[static_cast<std::size_t>(value)];
}

namespace detail {

/// "a, b or c".
template <class Names>
std::string one_of(const Names& names) {
  std::string list;
  for (std::size_t i = 0; i < std::size(names); ++i) {
    if (i > 0) list += i + 1 == std::size(names) ? " or " : ", ";
    list += std::string_view(names[i]);
  }
  return list;
}

}  // namespace detail

/// The enumerator of this name, if there is one.
template <class Enum>
  requires std::is_enum_v<Enum>
std::optional<Enum> find_enumerator(std::string_view name) {
  const auto names = enumerator_names(Enum{});
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<Enum>(i);
  return std::nullopt;
}

/// The same. Throws PreconditionError, which lists all names and begins with `function`, if there
/// is none.
template <class Enum>
Enum enumerator_named(const char* function, std::string_view name) {
  const auto found = find_enumerator<Enum>(name);
  expects(found.has_value(), function, ": expected ", detail::one_of(enumerator_names(Enum{})),
          ", got ", name);
  return *found;
}

}  // namespace nop
