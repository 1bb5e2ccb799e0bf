// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/json.hpp>
#include <nop/io/named_arrays.hpp>
#include <nop/io/torch_checkpoint.hpp>

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace nop {

/// How a model's tensors are named and arranged.
enum class ReferenceLayout {
  current,      ///< the reference library since its version 1.0.0
  v0_3,         ///< its version 0.3.0: one convolution of many layers
  v0_2,         ///< its version 0.2.0: weights of corners of the spectrum
  scripts,      ///< the scripts of the first paper, conv0 ... fc2
  physics_nemo  ///< FNO of PhysicsNeMo
};
constexpr auto enumerator_names(ReferenceLayout) {
  return std::to_array<const char*>({"neuraloperator 1.0 and later", "neuraloperator 0.3",
                                     "neuraloperator 0.2", "the original scripts", "PhysicsNeMo"});
}

/// A model's state dict, taken out of whatever a file has it in.
struct ReferenceState {
  std::string source;
  std::string prefix;        ///< of its keys in the file, such as "model.module."
  ReferenceLayout layout;    ///< by its keys
  NamedArrays tensors;       ///< without the prefix
  Json arguments = nullptr;  ///< what the file says of how the model was made; null for nothing
};

namespace detail {

/// A key that each model of a layout has.
struct LayoutAnchor {
  std::string_view key;
  ReferenceLayout layout;
};
inline constexpr auto layout_anchors = std::to_array<LayoutAnchor>({
    {"fno_blocks.convs.0.bias", ReferenceLayout::current},
    {"fno_blocks.0.convs.0.bias", ReferenceLayout::current},
    {"fno_blocks.convs.bias", ReferenceLayout::v0_3},
    {"fno_blocks.0.convs.bias", ReferenceLayout::v0_3},
    {"conv0.weights1", ReferenceLayout::scripts},
    {"spec_encoder.spconv_layers.0.weights1", ReferenceLayout::physics_nemo},
});

/// The file that the reference library writes beside a state dict, with how the model was made.
inline std::filesystem::path arguments_path(const std::filesystem::path& path) {
  auto stem                     = path.stem().string();
  constexpr std::string_view of = "_state_dict";
  if (stem.ends_with(of)) stem.resize(stem.size() - of.size());
  return path.parent_path() / (stem + "_metadata.pkl");
}

inline Json arguments_beside(const std::filesystem::path& path) {
  const auto beside = arguments_path(path);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(beside, ignored)) return nullptr;
  Json values = read_torch_values(beside);
  const auto item =
      values.is_object() ? values.find(std::string(torch_metadata_key)) : values.end();
  return values.is_object() && item != values.end() ? Json(*item) : values;
}

/// Where the models of a file begin: prefixes and layouts.
inline std::set<std::pair<std::string, ReferenceLayout>> places_of_models(
    const NamedArrays& tensors) {
  std::set<std::pair<std::string, ReferenceLayout>> places;
  for (const auto& [key, array] : tensors)
    for (const auto& anchor : layout_anchors)
      if (key == anchor.key || key.ends_with("." + std::string(anchor.key)))
        places.emplace(key.substr(0, key.size() - anchor.key.size()), anchor.layout);
  return places;
}

[[noreturn]] inline void refuse_place(const std::string& source, const std::string& what,
                                      const auto& names) {
  constexpr std::size_t most = 6;
  std::string text           = what;
  std::size_t count          = 0;
  for (const auto& name : names) text += (count++ == 0 ? " '" : ", '") + name + "'";
  throw FormatError(source, 0, text + (count == most ? " ..." : count == 0 ? " nothing" : ""));
}

inline std::pair<std::string, ReferenceLayout> place_of_model(
    const TorchCheckpoint& checkpoint, const std::string& source,
    const std::optional<std::string>& wanted) {
  const auto places = places_of_models(checkpoint.tensors);
  std::set<std::string> names;
  for (const auto& [prefix, layout] : places) {
    names.insert(prefix);
    if (wanted && (prefix == *wanted || prefix == *wanted + ".")) return {prefix, layout};
  }
  if (places.empty()) {
    for (const auto& [key, array] : checkpoint.tensors)
      if (names.size() < 6) names.insert(key);
    refuse_place(source, "no model of the reference library that is known here: it has the keys",
                 names);
  }
  if (wanted) refuse_place(source, "no model under '" + *wanted + "', but under", names);
  if (names.size() > 1)
    refuse_place(source, "several models, one of which has to be chosen as `state`: under", names);
  return *places.begin();
}

/// What a file says under a name, of anything but tensors.
inline Json value_at(const Json& values, const std::string& name) {
  const auto place = values.find(name);
  return place == values.end() ? Json() : *place;
}

}  // namespace detail

/// Finds the model in a checkpoint: a state dict, or one inside others, such as "model" or
/// "module". `wanted` is where, if there are several. Throws FormatError where none is found.
inline ReferenceState find_reference_state(const TorchCheckpoint& checkpoint,
                                           const std::string& source,
                                           const std::optional<std::string>& wanted = {}) {
  const auto [prefix, layout] = detail::place_of_model(checkpoint, source, wanted);
  ReferenceState state{source, prefix, layout, {}};
  for (const auto& [key, array] : checkpoint.tensors)
    if (key.starts_with(prefix)) state.tensors.add(key.substr(prefix.size()), array);
  if (layout == ReferenceLayout::v0_3 && state.tensors.contains("lifting.fc.weight"))
    state.layout = ReferenceLayout::v0_2;
  // A wrapper stands between a model and the dict that has its `_metadata`.
  for (std::string owner = prefix; state.arguments.is_null() && !owner.empty();) {
    state.arguments =
        detail::value_at(checkpoint.values, owner + std::string(detail::torch_metadata_key));
    owner.pop_back();
    owner.resize(owner.find_last_of('.') + 1);
  }
  if (state.arguments.is_null()) state.arguments = checkpoint.metadata;
  return state;
}

/// Reads the model of a file, and how it was made from the file beside it if it does not say.
inline ReferenceState read_reference_state(const std::filesystem::path& path,
                                           const std::optional<std::string>& wanted = {}) {
  auto state = find_reference_state(read_torch_checkpoint(path), path.string(), wanted);
  if (state.arguments.is_null()) state.arguments = detail::arguments_beside(path);
  return state;
}

}  // namespace nop
