// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/members.hpp>
#include <nop/core/error.hpp>
#include <nop/io/config_json.hpp>
#include <nop/io/json.hpp>
#include <nop/io/leaves.hpp>
#include <nop/io/safetensors.hpp>
#include <nop/layers/init.hpp>
#include <nop/version.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <string>

namespace nop {

/// A module that can be rebuilt from its Config and the values of its members.
template <class M>
concept storable_model =
    configuration<typename M::Config> && module<M> &&
    requires(const M& model, const typename M::Config& config, const Initializer& init) {
      { model.config() } -> std::convertible_to<typename M::Config>;
      { std::string(M::name) };
      { M::dimensions } -> std::convertible_to<std::size_t>;
      M(config, init);
    };

namespace detail {

inline constexpr const char* checkpoint_format = "1";

inline const std::string& metadata_entry(const SafeTensors& file, const std::string& key,
                                         const std::string& source) {
  const auto entry = file.metadata.find(key);
  if (entry == file.metadata.end())
    throw FormatError(source, 0, "not a nop checkpoint: the metadata has no '" + key + "'");
  return entry->second;
}

inline void expect_metadata(const SafeTensors& file, const std::string& key,
                            const std::string& expected, const std::string& source) {
  const auto& value = metadata_entry(file, key, source);
  if (value != expected)
    throw FormatError(source, 0,
                      "'" + key + "' should be '" + expected + "', but is '" + value + "'");
}

/// Is the model in a file one of complex fields? Its layers of real fields are two of their kind
/// (layers/complex_valued.hpp).
inline bool holds_complex_model(const SafeTensors& file) {
  return std::any_of(file.tensors.begin(), file.tensors.end(), [](const auto& entry) {
    return entry.first.find(".imaginary.") != std::string::npos;
  });
}

}  // namespace detail

/// Writes down what a model is, under the keys `nop.*` of the metadata, and its members as tensors.
template <storable_model Model>
void model_to_file(const Model& model, const std::string& prefix, SafeTensors& file) {
  file.metadata["nop.format"]     = detail::checkpoint_format;
  file.metadata["nop.version"]    = version;
  file.metadata["nop.model"]      = Model::name;
  file.metadata["nop.dimensions"] = std::to_string(Model::dimensions);
  file.metadata["nop.config"]     = json_text(config_to_json(model.config()));
  leaves_to_arrays(model, prefix, file);
}

/// Builds the model that `model_to_file` wrote. Anything that does not fit is a FormatError, and a
/// configuration never makes it allocate more numbers than the file holds.
template <storable_model Model>
Model model_from_file(const std::string& prefix, const SafeTensors& file,
                      const std::string& source) {
  detail::expect_metadata(file, "nop.format", detail::checkpoint_format, source);
  detail::expect_metadata(file, "nop.model", Model::name, source);
  detail::expect_metadata(file, "nop.dimensions", std::to_string(Model::dimensions), source);
  const JsonOrigin origin{source};
  const auto config = config_from_json<typename Model::Config>(
      parse_json(detail::metadata_entry(file, "nop.config", source), origin), origin);
  try {
    Model model(config, Initializer::zeros(detail::model_budget(file.tensors, prefix)));
    leaves_from_arrays(model, prefix, file, source);
    return model;
  } catch (const PreconditionError& error) {
    throw FormatError(source, 0, std::string("the configuration does not fit: ") + error.what());
  }
}

/// Writes a model to a .safetensors file, whole or not at all: its Config in the metadata, its
/// parameters and kept tensors by their paths, spectral weights as `[in, out, modes...]`.
template <storable_model Model>
void save(const Model& model, const std::filesystem::path& path) {
  SafeTensors file;
  model_to_file(model, "", file);
  write_safetensors(path, file);
}

/// Reads a model that `save` wrote. The file needs nothing beside it; numbers are converted to the
/// model's precision. Throws FormatError where the file is damaged or holds another model.
///
///     const auto model = nop::load<nop::Fno<2>>("darcy.safetensors");
template <storable_model Model>
Model load(const std::filesystem::path& path) {
  return model_from_file<Model>("", read_safetensors(path), path.string());
}

}  // namespace nop
