// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace nop {

/// How it is known what a model was made with.
enum class ArgumentOrigin {
  given,     ///< the caller said so
  stored,    ///< the file says so
  inferred,  ///< it follows from a tensor
  assumed    ///< nothing tells: the reference library's default
};
constexpr auto enumerator_names(ArgumentOrigin) {
  return std::to_array<const char*>({"given", "stored", "inferred", "assumed"});
}

/// What one argument of a constructor of the reference library was.
struct ReferenceArgument {
  std::string name;
  Json value;
  ArgumentOrigin origin;
  std::string reason = {};  ///< the key it follows from, or what else it could be
};

/// An argument that a model cannot be built without, and that nothing tells.
struct MissingArgument {
  std::string name;
  std::string reason;
};

/// The arguments of a model, by the names that the reference library's constructor has for them,
/// put together from what the caller and the file say and from what follows from the tensors.
class ReferenceArguments {
 public:
  ReferenceArguments() = default;
  /// `given` and `stored` are objects, or null where there are none. What is given goes before what
  /// is stored.
  ReferenceArguments(std::string source, Json given, Json stored)
      : source_(std::move(source)), given_(std::move(given)), stored_(std::move(stored)) {}

  /// What the caller or else the file says of an argument; null pointer where neither does.
  [[nodiscard]] const Json* said(const std::string& name) const {
    if (const Json* value = member(given_, name)) return value;
    return member(stored_, name);
  }
  [[nodiscard]] bool is_given(const std::string& name) const {
    return member(given_, name) != nullptr;
  }

  /// Notes what follows from the tensor `key`. Throws FormatError if something else was said.
  void infer(const std::string& name, const Json& value, const std::string& key) {
    if (const Json* const other = said(name); other != nullptr && !same(*other, value))
      contradict(name, *other, value, key);
    add({name, value, ArgumentOrigin::inferred, key});
  }

  /// Notes what was said, which fits the tensors, with the value that is made of it; without a
  /// word, notes that `value` is inferred from `key`.
  void confirm(const std::string& name, const Json& value, const std::string& key) {
    if (said(name) == nullptr) return add({name, value, ArgumentOrigin::inferred, key});
    add({name, value, is_given(name) ? ArgumentOrigin::given : ArgumentOrigin::stored, ""});
  }

  /// What was said, or else the default, which nothing but its being usual speaks for.
  Json or_assume(const std::string& name, const Json& usual, const std::string& reason) {
    const Json* const value = said(name);
    if (value == nullptr)
      add({name, usual, ArgumentOrigin::assumed, reason});
    else
      add({name, *value, is_given(name) ? ArgumentOrigin::given : ArgumentOrigin::stored, ""});
    return list_.back().value;
  }

  /// What was said; without a word the argument is missing, and null.
  Json or_miss(const std::string& name, const std::string& reason) {
    if (said(name) != nullptr) return or_assume(name, nullptr, "");
    missing_.push_back({name, reason});
    return nullptr;
  }

  [[noreturn]] void contradict(const std::string& name, const Json& said, const Json& found,
                               const std::string& key) const {
    throw FormatError(source_, 0,
                      "'" + name + "' should be " + found.dump() + " by the tensor '" + key +
                          "', but is " + (is_given(name) ? "given" : "stored") + " as " +
                          said.dump(-1, ' ', true).substr(0, 60));
  }
  [[noreturn]] void refuse(const std::string& name, const std::string& expected) const {
    const Json* const value = said(name);
    throw FormatError(
        source_, 0,
        "'" + name + "' should be " + expected + ", but is " +
            (value == nullptr ? std::string("missing") : value->dump(-1, ' ', true).substr(0, 60)));
  }

  /// Throws FormatError if something was given that the model has no use for.
  void expect_all_used() const {
    if (!given_.is_object()) return;
    for (const auto& entry : given_.items())
      if (std::none_of(list_.begin(), list_.end(),
                       [&](const auto& argument) { return argument.name == entry.key(); }))
        throw FormatError(source_, 0,
                          "'" + entry.key() + "' is given, but is no argument of such a model");
  }

  /// In the order in which they were found out.
  [[nodiscard]] const std::vector<ReferenceArgument>& list() const { return list_; }
  [[nodiscard]] const std::vector<MissingArgument>& missing() const { return missing_; }
  [[nodiscard]] const std::string& source() const { return source_; }

  /// The value of an argument that was found out; null where it was not.
  [[nodiscard]] Json operator[](const std::string& name) const {
    for (const auto& argument : list_)
      if (argument.name == name) return argument.value;
    return nullptr;
  }

 private:
  static const Json* member(const Json& object, const std::string& name) {
    if (!object.is_object()) return nullptr;
    const auto place = object.find(name);
    return place == object.end() ? nullptr : &*place;
  }
  /// Numbers are compared as numbers, whatever their kind.
  static bool same(const Json& a, const Json& b) {
    if (a.is_number() && b.is_number()) return a.get<double>() == b.get<double>();
    return a == b;
  }
  void add(ReferenceArgument argument) { list_.push_back(std::move(argument)); }

  std::string source_;
  Json given_  = nullptr;
  Json stored_ = nullptr;
  std::vector<ReferenceArgument> list_;
  std::vector<MissingArgument> missing_;
};

}  // namespace nop
