// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/autodiff/parameter.hpp>
#include <nop/core/tensor.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

namespace nop {

namespace detail {

struct AnyVisitor {
  void operator()(const std::string&, auto&) const {}
};

inline std::string joined_path(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + '.' + name;
}

template <class T>
inline constexpr bool is_tensor = false;
template <class E, std::size_t R, class B>
inline constexpr bool is_tensor<Tensor<E, R, B>> = true;

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;

/// The tensor that a leaf is or holds.
template <class Leaf>
decltype(auto) tensor_of(Leaf& leaf) {
  if constexpr (requires { leaf.mutable_value(); })
    return (leaf.mutable_value());
  else if constexpr (requires { leaf.value(); })
    return (leaf.value());
  else
    return (leaf);
}

}  // namespace detail

/// A layer or model: it lists its members by name, in a fixed order.
///
///     template <class Self>
///     static void members(Self& self, auto&& visit) { visit("weight", self.weight_); }
template <class T>
concept module =
    requires(T& self, detail::AnyVisitor visit) { std::remove_const_t<T>::members(self, visit); };

/// Walks everything a module holds, depth first, and calls `visit(path, leaf)` for each parameter
/// and each tensor that is kept but not trained. Members of members have names such as
/// "blocks.0.weight".
template <class Member, class Visit>
void for_each_leaf(Member& member, const Visit& visit, const std::string& path = {}) {
  using Type = std::remove_const_t<Member>;
  if constexpr (detail::is_parameter<Type> || detail::is_tensor<Type>) {
    visit(path, member);
  } else if constexpr (detail::is_vector<Type>) {
    for (std::size_t i = 0; i < member.size(); ++i)
      for_each_leaf(member[i], visit, detail::joined_path(path, std::to_string(i)));
  } else if constexpr (detail::is_optional<Type>) {
    if (member) for_each_leaf(*member, visit, path);
  } else if constexpr (detail::is_variant<Type>) {
    std::visit([&](auto& chosen) { for_each_leaf(chosen, visit, path); }, member);
  } else {
    static_assert(module<Member>,
                  "for_each_leaf: expected a type with a static members(self, visit)");
    Type::members(member, [&](const std::string& name, auto& part) {
      for_each_leaf(part, visit, detail::joined_path(path, name));
    });
  }
}

/// Calls `visit(module)` for a module and for every module among its members and theirs.
template <class Member, class Visit>
void for_each_module(Member& member, const Visit& visit) {
  using Type = std::remove_const_t<Member>;
  if constexpr (detail::is_vector<Type>) {
    for (auto& each : member) for_each_module(each, visit);
  } else if constexpr (detail::is_optional<Type>) {
    if (member) for_each_module(*member, visit);
  } else if constexpr (detail::is_variant<Type>) {
    std::visit([&](auto& chosen) { for_each_module(chosen, visit); }, member);
  } else if constexpr (module<Member>) {
    visit(member);
    Type::members(member, [&](const std::string&, auto& part) { for_each_module(part, visit); });
  }
}

/// Calls `visit(path, parameter)` for every parameter of a module.
template <class Module, class Visit>
void for_each_parameter(Module& module, const Visit& visit) {
  for_each_leaf(module, [&](const std::string& path, auto& leaf) {
    if constexpr (detail::is_parameter<std::remove_cvref_t<decltype(leaf)>>) visit(path, leaf);
  });
}

/// How many numbers training may change; a complex one counts as two.
template <class Module>
std::size_t parameter_count(const Module& module) {
  std::size_t count = 0;
  for_each_parameter(module, [&](const std::string&, const auto& parameter) {
    using Element = typename std::remove_cvref_t<decltype(parameter)>::Element;
    count += parameter.value().size() * (complex<Element> ? 2 : 1);
  });
  return count;
}

}  // namespace nop
