// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/json.hpp>
#include <nop/io/named_arrays.hpp>
#include <nop/io/reference/arguments.hpp>
#include <nop/io/reference/keys.hpp>
#include <nop/io/reference/layer_shapes.hpp>
#include <nop/io/reference/state.hpp>
#include <nop/layers/reference_semantics.hpp>
#include <nop/layers/spectral_weight/form.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace nop {

/// What is said about a model of the reference library beside its file.
struct ReferenceOptions {
  /// How the model was made, by the names of the reference constructor's arguments; for what the
  /// file does not say. An object, or null.
  Json arguments = nullptr;
  /// Whose arithmetic the model follows on grids that make a difference; exact if not said.
  std::optional<Semantics> semantics = std::nullopt;
  /// Where in the file the model is, if it holds several: "ema_model", say.
  std::optional<std::string> state = std::nullopt;
};

/// A model of the reference library as its file describes it, in whatever layout it came: the
/// tensors by the keys of the current one, and how it was made.
struct ReferenceModel {
  std::string source;
  std::string prefix;  ///< of its keys in the file
  ReferenceLayout layout;
  ReferenceFamily family;
  FieldNumbers numbers;
  std::size_t dimensions;
  SpectralWeightForm weight;
  ReferenceNaming naming;
  ReferenceArguments arguments;
  Semantics semantics;             ///< that the model will follow
  std::vector<std::string> notes;  ///< what a user has to know
  NamedArrays tensors;
};

}  // namespace nop
