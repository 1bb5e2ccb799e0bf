// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/config_json.hpp>
#include <nop/io/json.hpp>
#include <nop/io/reference/arguments.hpp>
#include <nop/io/reference/describe.hpp>
#include <nop/io/reference/layer_shapes.hpp>
#include <nop/io/reference/layout_physics_nemo.hpp>
#include <nop/io/reference/layout_scripts.hpp>
#include <nop/io/reference/layout_v0_2.hpp>
#include <nop/io/reference/layout_v0_3.hpp>
#include <nop/io/reference/model.hpp>
#include <nop/io/reference/notes.hpp>
#include <nop/io/reference/state.hpp>
#include <nop/io/reference/stored_arguments.hpp>
#include <nop/io/reference/values.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>

namespace nop {

namespace detail {

/// A state dict with the keys of the current layout, whatever it had.
inline ReferenceState in_current_layout(ReferenceState state) {
  switch (state.layout) {
    case ReferenceLayout::v0_3:
      return from_v0_3(state);
    case ReferenceLayout::scripts:
      return from_scripts(state);
    case ReferenceLayout::v0_2:
      return from_v0_2(state);
    case ReferenceLayout::physics_nemo:
      return from_physics_nemo(state);
    case ReferenceLayout::current:
      break;
  }
  return state;
}

/// Likewise; two tensors that have the same key there are a FormatError.
inline ReferenceState with_current_keys(ReferenceState state) {
  const std::string source = state.source;
  try {
    return in_current_layout(std::move(state));
  } catch (const PreconditionError& error) {
    throw FormatError(source, 0, std::string("two tensors for one thing: ") + error.what());
  }
}

/// What somebody says of a model in the words of its layout, in those of today.
inline Json in_current_words(const ReferenceState& state, const Json& said, std::size_t axes) {
  switch (state.layout) {
    case ReferenceLayout::v0_2:
      return words_of_v0_2(said, axes, state.source);
    case ReferenceLayout::physics_nemo:
      return words_of_physics_nemo(said, axes);
    default:
      return said;
  }
}

}  // namespace detail

/// What a state dict tells of a model, together with what is said beside it. Where tensors and
/// words contradict each other it is a FormatError; what is missing is listed in
/// `arguments.missing()`.
inline ReferenceModel describe_reference(ReferenceState state,
                                         const ReferenceOptions& options = {}) {
  state                = detail::with_current_keys(std::move(state));
  const Json stored    = detail::canonical_arguments(state.arguments);
  const auto semantics = options.semantics.value_or(detail::stored_semantics(stored, state.source));
  const ReferenceTensors tensors(state.tensors, state.source);
  const Json given = detail::in_current_words(state, options.arguments, tensors.dimensions());
  ReferenceArguments arguments(state.source, detail::given_arguments(given), stored);
  detail::ReferenceDescriber(tensors, arguments, semantics).describe();
  arguments.expect_all_used();
  const auto form   = tensors.spectral(0).form;
  const auto kernel = arguments["conv_bias_kernel"];
  ReferenceModel model{.source     = state.source,
                       .prefix     = state.prefix,
                       .layout     = state.layout,
                       .family     = tensors.family(),
                       .numbers    = tensors.numbers(),
                       .dimensions = tensors.dimensions(),
                       .weight     = form,
                       .naming     = {.family = tensors.family(),
                                      .norm   = norm_of_reference("norm", arguments["norm"], arguments),
                                      .skip_kernel = kernel.is_null() ? 1 : kernel.get<std::size_t>()},
                       .arguments  = std::move(arguments),
                       .semantics  = semantics,
                       .notes      = {},
                       .tensors    = std::move(state.tensors)};
  model.notes = detail::notes_on(model);
  return model;
}

/// Reads a model of the reference library from a PyTorch checkpoint: finds its state dict, its
/// layout, and how it was made. Nothing is executed.
///
///     const auto found = nop::read_reference("model.pt");
///     for (const auto& argument : found.arguments.list()) ...
inline ReferenceModel read_reference(const std::filesystem::path& path,
                                     const ReferenceOptions& options = {}) {
  return describe_reference(read_reference_state(path, options.state), options);
}

}  // namespace nop
