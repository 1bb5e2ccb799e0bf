// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>

#include <cstddef>
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

/// The enumerator of this name. Throws PreconditionError, which lists all names and begins with
/// `function`, if there is none.
template <class Enum>
  requires std::is_enum_v<Enum>
Enum enumerator_named(const char* function, std::string_view name) {
  const auto names = enumerator_names(Enum{});
  std::size_t i    = 0;
  while (i < names.size() && names[i] != name) ++i;
  expects(i < names.size(), function, ": expected ", detail::one_of(names), ", got ", name);
  return static_cast<Enum>(i);
}

}  // namespace nop
