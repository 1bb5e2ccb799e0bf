// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/json.hpp>
#include <nop/io/pickle_value.hpp>
#include <nop/io/unpack_limit.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace nop::detail {

/// The text of a dict's key: a text, or a whole number.
inline std::string pickle_key(const PickleValue& key) {
  if (key.is(PickleKind::integer)) return std::to_string(key.integer());
  return std::string(key.text());
}

/// A pickle's value as JSON. Tuples become lists, bytes lists of numbers, whole numbers as keys
/// texts. What only Python could make keeps its name: {"global": "torch._C._nn.gelu"} for something
/// in a module, {"global": "torch.Size", "arguments": [[3, 4]]} for a call, with all that would be
/// set on its result behind the arguments. JSON shares nothing, so shared values are copied:
/// `budget` is charged for every one.
class PickleToJson {
 public:
  explicit PickleToJson(UnpackBudget& budget) : budget_(budget) {}

  Json operator()(const PickleValue& value) {
    budget_.charge(value_cost);
    switch (value.kind()) {
      case PickleKind::none:
        return nullptr;
      case PickleKind::boolean:
        return value.truth();
      case PickleKind::integer:
        return integer(value.integer());
      case PickleKind::real:
        return value.real();
      case PickleKind::text:
        budget_.charge(value.text().size());
        return std::string(value.text());
      case PickleKind::bytes:
        return numbers(value.bytes());
      case PickleKind::tuple:
      case PickleKind::list:
        return list(value.parts());
      case PickleKind::dict:
        return object(value.parts());
      case PickleKind::global:
        return {{"global", global(value)}};
      case PickleKind::call:
        return call(value.parts());
      case PickleKind::persistent:
        return {{"persistent_id", (*this)(value.parts()[0])}};
      case PickleKind::attributes:
        break;
    }
    value.refuse("no value");
  }

 private:
  /// As parsers do it: what is not negative is unsigned.
  static Json integer(std::int64_t value) {
    if (value >= 0) return static_cast<std::uint64_t>(value);
    return value;
  }

  Json numbers(std::string_view bytes) {
    budget_.charge(bytes.size() * value_cost);
    Json result = Json::array();
    for (const char byte : bytes) result.push_back(static_cast<std::uint8_t>(byte));
    return result;
  }

  Json list(const std::vector<PickleValue>& parts) {
    Json result = Json::array();
    for (const PickleValue& part : parts) result.push_back((*this)(part));
    return result;
  }

  /// Python's attributes of a dict are no part of it.
  Json object(const std::vector<PickleValue>& parts) {
    Json result = Json::object();
    std::set<std::string> names;
    for (std::size_t i = 0; i < parts.size(); i += 2) {
      if (parts[i].is(PickleKind::attributes)) continue;
      std::string name = pickle_key(parts[i]);
      budget_.charge(2 * name.size());
      if (!names.insert(name).second) parts[i].refuse("the key '" + name + "' comes twice");
      append_member(result, std::move(name), (*this)(parts[i + 1]));
    }
    return result;
  }

  std::string global(const PickleValue& value) {
    std::string name = value.global();
    budget_.charge(name.size());
    return name;
  }

  Json call(const std::vector<PickleValue>& parts) {
    Json arguments = list(parts[1].parts());
    for (std::size_t i = 2; i < parts.size(); ++i) arguments.push_back((*this)(parts[i]));
    Json callable = parts[0].is(PickleKind::global) ? Json(global(parts[0])) : (*this)(parts[0]);
    return {{"global", std::move(callable)}, {"arguments", std::move(arguments)}};
  }

  /// About the memory of a Json and of its place in a container.
  static constexpr std::size_t value_cost = 128;

  UnpackBudget& budget_;
};

}  // namespace nop::detail
