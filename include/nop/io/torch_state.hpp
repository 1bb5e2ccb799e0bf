// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/json.hpp>
#include <nop/io/pickle_json.hpp>
#include <nop/io/pickle_value.hpp>
#include <nop/io/torch_tensor.hpp>
#include <nop/io/unpack_limit.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nop::detail {

struct NamedTorchTensor {
  std::string name;
  TorchTensor tensor;
};

/// What the pickle of a checkpoint describes: tensors and other values by their paths, and the item
/// `_metadata` of the outermost dict.
struct TorchState {
  std::vector<NamedTorchTensor> tensors;
  Json values   = Json::object();
  Json metadata = nullptr;
};

/// The key of what the reference library adds to a model's tensors: how the model was made. Only in
/// it may a pickle name what we do not know.
inline constexpr std::string_view torch_metadata_key = "_metadata";

/// Walks the dicts of a checkpoint. Dicts are flattened, and so are lists and tuples that hold
/// tensors; every other value is a leaf.
class TorchStateReader {
 public:
  TorchStateReader(const Pickle& pickle, UnpackBudget& budget)
      : budget_(budget),
        root_(pickle.root()),
        holds_tensor_(pickle.nodes.size(), unknown),
        is_checked_(pickle.nodes.size(), false) {}

  TorchState read() {
    visit(root_, "");
    return std::move(state_);
  }

 private:
  /// `name` is the value's path; the outermost keys are paths as they stand.
  void visit(const PickleValue& value, const std::string& name) {
    budget_.charge(visit_cost + name.size());
    if (is_torch_tensor(value)) {
      expect_new(value, name);
      check_globals(value);
      state_.tensors.push_back({name, TorchTensorReader{}(value)});
    } else if (value.is(PickleKind::dict) && value.has_parts()) {
      visit_dict(value, name);
    } else if (is_sequence(value) && holds_tensor(value)) {
      std::size_t index = 0;
      for (const PickleValue& part : value.parts())
        visit(part, path(value, name, std::to_string(index++)));
    } else {
      check_globals(value);
      add_value(value, name);
    }
  }

  void visit_dict(const PickleValue& dict, const std::string& name) {
    const auto parts = dict.parts();
    for (std::size_t i = 0; i < parts.size(); i += 2) {
      const PickleValue& key   = parts[i];
      const PickleValue& value = parts[i + 1];
      if (key.is(PickleKind::attributes))
        check_globals(value);
      else if (key.is(PickleKind::text) && key.text() == torch_metadata_key)
        add_metadata(dict, value, name);
      else
        visit(value, path(dict, name, pickle_key(key)));
    }
  }

  void add_metadata(const PickleValue& dict, const PickleValue& value, const std::string& name) {
    if (dict.place() != root_.place()) {
      add_value(value, path(dict, name, std::string(torch_metadata_key)));
    } else {
      expect_new(value, std::string(torch_metadata_key));
      state_.metadata = PickleToJson(budget_)(value);
    }
  }

  void add_value(const PickleValue& value, const std::string& name) {
    expect_new(value, name);
    append_member(state_.values, name, PickleToJson(budget_)(value));
  }

  void expect_new(const PickleValue& value, const std::string& name) {
    if (!names_.insert(name).second) value.refuse("the name '" + name + "' comes twice");
  }

  [[nodiscard]] std::string path(const PickleValue& container, const std::string& name,
                                 const std::string& key) const {
    return container.place() == root_.place() ? key : name + "." + key;
  }

  static bool is_sequence(const PickleValue& value) {
    return value.is(PickleKind::list) || value.is(PickleKind::tuple);
  }

  bool holds_tensor(const PickleValue& value) {
    std::uint8_t& known = holds_tensor_[value.place()];
    if (known == unknown) {
      bool holds = is_torch_tensor(value);
      if (is_sequence(value) || value.is(PickleKind::dict))
        for (const PickleValue& part : value.parts()) holds = holds_tensor(part) || holds;
      known = holds ? 1 : 0;
    }
    return known == 1;
  }

  /// Throws where a value outside of the metadata names what is no part of a checkpoint.
  void check_globals(const PickleValue& value) {
    if (is_checked_[value.place()]) return;
    is_checked_[value.place()] = true;
    if (value.is(PickleKind::persistent)) value.refuse("a storage that belongs to no tensor");
    if (value.is(PickleKind::global) && !is_known(value))
      value.refuse("the pickle asks for '" + value.global() +
                   "', which is neither a tensor nor a plain value (nothing was executed); save "
                   "the model's state_dict() alone");
    if (is_torch_tensor(value)) {
      for (const PickleValue& argument : value.parts()[1].parts())
        if (!argument.is(PickleKind::persistent)) check_globals(argument);
    } else {
      for (const PickleValue& part : value.parts()) check_globals(part);
    }
  }

  static bool is_known(const PickleValue& value) {
    if (is_global(value, "torch", "Size") || is_global(value, "torch", "device") ||
        is_global(value, "collections", "OrderedDict"))
      return true;
    return std::any_of(torch_types.begin(), torch_types.end(),
                       [&](const TorchType& type) { return is_global(value, "torch", type.name); });
  }

  /// About the memory of a name, of what is kept under it and of its place.
  static constexpr std::size_t visit_cost = 256;
  static constexpr std::uint8_t unknown   = 2;

  UnpackBudget& budget_;
  PickleValue root_;
  std::vector<std::uint8_t> holds_tensor_;
  std::vector<bool> is_checked_;
  std::set<std::string> names_;
  TorchState state_;
};

}  // namespace nop::detail
