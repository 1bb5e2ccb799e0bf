// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/io/array.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace nop {

/// Arrays with names, in the order they were added: what an archive holds.
///
///     for (const auto& [name, array] : arrays) ...
class NamedArrays {
 public:
  using value_type = std::pair<std::string, Array>;

  NamedArrays() = default;
  NamedArrays(std::initializer_list<value_type> entries) {
    for (const auto& [name, array] : entries) add(name, array);
  }

  /// A name that is already there is a PreconditionError.
  void add(std::string name, Array array) {
    expects(places_.emplace(name, entries_.size()).second, "NamedArrays: '", name,
            "' is there already");
    entries_.emplace_back(std::move(name), std::move(array));
  }

  [[nodiscard]] bool contains(const std::string& name) const { return places_.contains(name); }

  /// The array of this name; a PreconditionError that lists the names where there is none.
  [[nodiscard]] const Array& at(const std::string& name) const {
    const auto place = places_.find(name);
    if (place == places_.end())
      throw PreconditionError("NamedArrays: no '" + name + "' among" + names_text());
    return entries_[place->second].second;
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] auto begin() const { return entries_.begin(); }
  [[nodiscard]] auto end() const { return entries_.end(); }

  friend bool operator==(const NamedArrays& a, const NamedArrays& b) {
    return a.entries_ == b.entries_;
  }

 private:
  [[nodiscard]] std::string names_text() const {
    std::string text;
    for (const auto& [name, array] : entries_) text += " '" + name + "'";
    return text.empty() ? " no arrays at all" : text;
  }

  std::vector<value_type> entries_;
  std::map<std::string, std::size_t> places_;
};

namespace detail {

/// How many numbers the arrays hold whose names begin so.
inline std::size_t number_count(const NamedArrays& arrays, const std::string& prefix = "") {
  std::size_t count = 0;
  for (const auto& [name, array] : arrays)
    if (name.starts_with(prefix)) count += array.size();
  return count;
}

/// How many numbers a model may make that is read from these arrays: a few more than they hold, so
/// that where some are missing, it is said which.
inline std::size_t model_budget(const NamedArrays& arrays, const std::string& prefix = "") {
  return number_count(arrays, prefix) + 1024;
}

}  // namespace detail

}  // namespace nop
