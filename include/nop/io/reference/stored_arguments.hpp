// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/enumerator.hpp>
#include <nop/core/error.hpp>
#include <nop/core/expects.hpp>
#include <nop/io/json.hpp>
#include <nop/io/reference/values.hpp>
#include <nop/layers/reference_semantics.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

/// \file
/// How a model was made, as files and users write it, in the words of one version.

namespace nop::detail {

/// In the order of FNO's constructor, as far as anybody gives them without their names.
inline constexpr auto positional_arguments = std::to_array<std::string_view>(
    {"n_modes", "in_channels", "out_channels", "hidden_channels", "n_layers",
     "lifting_channel_ratio", "projection_channel_ratio", "positional_embedding", "non_linearity",
     "norm"});

/// All that has a meaning here, of FNO and UNO; of PhysicsNeMo what these have not.
inline constexpr auto known_arguments =
    std::to_array<std::string_view>({"n_modes",
                                     "in_channels",
                                     "out_channels",
                                     "hidden_channels",
                                     "n_layers",
                                     "lifting_channel_ratio",
                                     "projection_channel_ratio",
                                     "positional_embedding",
                                     "non_linearity",
                                     "norm",
                                     "norm_groups",
                                     "ada_in_features",
                                     "complex_data",
                                     "use_channel_mlp",
                                     "channel_mlp_dropout",
                                     "channel_mlp_expansion",
                                     "channel_mlp_skip",
                                     "fno_skip",
                                     "conv_bias_kernel",
                                     "resolution_scaling_factor",
                                     "domain_padding",
                                     "domain_padding_mode",
                                     "padding",
                                     "padding_type",
                                     "decoder_layers",
                                     "decoder_layer_size",
                                     "decoder_activation_fn",
                                     "dimension",
                                     "stabilizer",
                                     "max_n_modes",
                                     "factorization",
                                     "rank",
                                     "separable",
                                     "preactivation",
                                     "lifting_channels",
                                     "projection_channels",
                                     "uno_out_channels",
                                     "uno_n_modes",
                                     "uno_scalings",
                                     "horizontal_skips_map",
                                     "horizontal_skip"});

/// Those that say nothing about the numbers that come out, or of which one value is worked with.
inline constexpr auto idle_arguments = std::to_array<std::string_view>(
    {"fixed_rank_modes", "implementation", "decomposition_kwargs", "fno_block_precision",
     "enforce_hermitian_symmetry", "verbose", "fft_norm", "joint_factorization"});

/// What older versions call something.
inline constexpr auto renamed_arguments =
    std::to_array<std::pair<std::string_view, std::string_view>>(
        {{"use_mlp", "use_channel_mlp"},
         {"mlp_dropout", "channel_mlp_dropout"},
         {"mlp_expansion", "channel_mlp_expansion"},
         {"mlp_skip", "channel_mlp_skip"},
         {"skip", "fno_skip"},
         {"output_scaling_factor", "resolution_scaling_factor"},
         {"incremental_n_modes", "max_n_modes"}});

template <class Names>
bool is_among(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Stored arguments under the names of today; what means nothing here is left out.
inline Json canonical_arguments(const Json& stored) {
  if (!stored.is_object()) return nullptr;
  Json result = Json::object();
  for (const auto& [old_name, name] : renamed_arguments)
    if (const auto place = stored.find(std::string(old_name)); place != stored.end())
      result[std::string(name)] = *place;
  for (const auto& [name, value] : stored.items())
    if (is_among(known_arguments, name) || name.starts_with("nop_")) result[name] = value;
  const auto unnamed = stored.find("args");
  if (unnamed != stored.end() && unnamed->is_array())
    for (std::size_t i = 0; i < std::min(unnamed->size(), positional_arguments.size()); ++i)
      result[std::string(positional_arguments[i])] = (*unnamed)[i];
  if (const auto sigma = result.find("non_linearity"); sigma != result.end())
    if (const auto known = activation_of_reference(*sigma))
      *sigma = activation_for_reference(*known);
  if (const auto embedding = result.find("positional_embedding"); embedding != result.end())
    *embedding = embedding_of_reference(*embedding);
  return result;
}

/// What the caller says, under the names of today. Throws PreconditionError for a name that is
/// none.
inline Json given_arguments(const Json& given) {
  if (given.is_null()) return given;
  expects(given.is_object(), "read_reference: expected arguments by their names, got ",
          given.dump(-1, ' ', true).substr(0, 60));
  for (const auto& entry : given.items()) {
    const std::string& name = entry.key();
    const bool is_old       = std::any_of(renamed_arguments.begin(), renamed_arguments.end(),
                                          [&](const auto& renamed) { return renamed.first == name; });
    expects(is_old || is_among(known_arguments, name) || is_among(idle_arguments, name),
            "read_reference: expected arguments of the reference library's FNO or UNO, got '", name,
            "'");
  }
  return canonical_arguments(given);
}

/// The semantics that a model of ours had when it was written; exact for any other.
inline Semantics stored_semantics(const Json& stored, const std::string& source) {
  if (!stored.is_object() || !stored.contains("nop_semantics")) return Semantics::exact;
  const Json& name = stored["nop_semantics"];
  if (name.is_string())
    if (const auto found = find_enumerator<Semantics>(name.get<std::string>())) return *found;
  throw FormatError(source, 0, "'nop_semantics' cannot be " + name.dump());
}

}  // namespace nop::detail
