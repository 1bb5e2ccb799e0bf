// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/core/scalar.hpp>
#include <nop/io/config_json.hpp>
#include <nop/io/json.hpp>
#include <nop/io/reference/config.hpp>
#include <nop/io/reference/values.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

/// \file
/// The way back: how the reference library's constructor is told of a model of ours.

namespace nop {

namespace detail {

template <class Config>
bool is_padded(const Config& config) {
  return std::any_of(config.domain_padding.begin(), config.domain_padding.end(),
                     [](double fraction) { return fraction > 0; });
}

inline void expect_there(bool is_there, const std::string& what) {
  expects(is_there, "save_reference: expected what the reference library has, got ", what);
}

/// Throws PreconditionError where a model has what the reference library has not.
template <class Config>
void expect_known_there(const Config& config) {
  expect_there(!config.channel_mlp || config.channel_mlp_activation == Activation::gelu,
               "another activation than gelu inside the channel MLPs");
  expect_there(config.activation != Activation::identity, "no activation");
  expect_there(config.order != LayerOrder::original, "layers in the original order");
  expect_there(config.positional_embedding != PositionalEmbedding::grid_with_ends,
               "coordinates whose last point is on the end of the box");
  expect_there(config.norm != NormKind::group || config.norm_groups == 1,
               "a group norm of several groups");
  expect_there(config.padding_points == decltype(config.padding_points){},
               "padding by a number of points");
  expect_there(!is_padded(config) || config.padding_sides == PaddingSides::both ||
                   config.semantics == Semantics::v1_0,
               "padding at the end alone, which it had up to version 1.0");
}

/// The ranks as the constructor takes them: of CP one number, of a tensor train with 1 at both
/// ends.
inline Json rank_for_reference(const SpectralWeightForm& form) {
  if (form.ranks.empty()) return form.rank;
  if (form.kind == SpectralWeightKind::cp) return form.ranks[0];
  auto ranks = form.ranks;
  if (form.kind == SpectralWeightKind::tensor_train) {
    ranks.insert(ranks.begin(), 1);
    ranks.push_back(1);
  }
  return ranks;
}

/// Coordinates from 0 to 1 have a name there, those of another box a module of these boundaries.
template <class Config>
Json embedding_for_reference(const Config& config) {
  if (config.positional_embedding == PositionalEmbedding::none) return nullptr;
  Json intervals = Json::array();
  bool is_unit   = true;
  for (std::size_t axis = 0; axis < config.box.begin.size(); ++axis) {
    intervals.push_back({config.box.begin[axis], config.box.end[axis]});
    is_unit = is_unit && config.box.begin[axis] == 0 && config.box.end[axis] == 1;
  }
  return is_unit ? Json("grid") : Json{{"grid_boundaries", intervals}};
}

template <class Config>
Json common_arguments(const Config& config) {
  expect_known_there(config);
  Json arguments{{"in_channels", config.in_channels},
                 {"out_channels", config.out_channels},
                 {"hidden_channels", config.width},
                 {"positional_embedding", embedding_for_reference(config)},
                 {"non_linearity", activation_for_reference(config.activation)},
                 {"norm", norm_for_reference(config.norm)},
                 {"fno_skip", skip_for_reference(config.skip)},
                 {"domain_padding", nullptr},
                 {"preactivation", config.order == LayerOrder::pre_activation},
                 {"separable", config.weight.mixing == ChannelMixing::separable},
                 {"factorization", factorization_for_reference(config.weight.kind)},
                 {"rank", rank_for_reference(config.weight)}};
  if (config.skip_kernel > 1) arguments["conv_bias_kernel"] = config.skip_kernel;
  if (config.norm == NormKind::adaptive) arguments["ada_in_features"] = config.norm_embedding;
  if (is_padded(config)) {
    arguments["domain_padding"] = config.domain_padding;
    if (config.semantics == Semantics::v1_0)
      arguments["domain_padding_mode"] =
          config.padding_sides == PaddingSides::both ? "symmetric" : "one-sided";
  }
  if (config.channel_mlp) {
    arguments["channel_mlp_skip"]      = skip_for_reference(config.channel_mlp_skip);
    arguments["channel_mlp_expansion"] = config.channel_mlp_expansion;
    arguments["channel_mlp_dropout"]   = config.channel_mlp_dropout;
  }
  if (config.semantics != Semantics::exact)
    arguments["nop_semantics"] = enumerator_name(config.semantics);
  return arguments;
}

template <class Config>
Json fno_arguments(const Config& config, FieldNumbers numbers) {
  expect_there(config.lifting_layers <= 1 && config.projection_layers == 1,
               "another number of hidden layers of lifting or projection");
  expect_there(config.projection_activation.value_or(config.activation) == config.activation,
               "another activation in the projection");
  expect_there(config.activated_layers.value_or(config.depth - 1) == config.depth - 1,
               "another number of activated layers");
  Json arguments                        = common_arguments(config);
  arguments["n_modes"]                  = config.modes.extents;
  arguments["n_layers"]                 = config.depth;
  arguments["lifting_channel_ratio"]    = config.lifting_layers == 0 ? 0 : config.lifting_ratio;
  arguments["projection_channel_ratio"] = config.projection_ratio;
  arguments["use_channel_mlp"]          = config.channel_mlp;
  arguments["complex_data"]             = numbers == FieldNumbers::complex;
  arguments["stabilizer"] =
      config.stabilizer == Stabilizer::hyperbolic_tangent ? Json("tanh") : Json();
  arguments["resolution_scaling_factor"] = config.scaling.empty() ? Json() : Json(config.scaling);
  arguments["max_n_modes"]               = nullptr;
  if (config.max_modes != config.modes) {
    auto most = config.max_modes.extents;
    if (numbers == FieldNumbers::real) most.back() = half_axis(most.back());
    arguments["max_n_modes"] = most;
  }
  arguments["_version"] = "0.1.0";  // of the reference library's models
  arguments["args"]     = Json::array();
  arguments["_name"]    = "FNO";
  return arguments;
}

template <class Config>
Json uno_arguments(const Config& config) {
  expects(!config.activation_between && config.stabilizer == Stabilizer::none && config.channel_mlp,
          "save_reference: expected a Uno as the reference library has it, with channel MLPs, got "
          "one with an activation between layers, with a stabilizer, or without MLPs");
  Json arguments                   = common_arguments(config);
  arguments["n_layers"]            = config.layers.size();
  arguments["lifting_channels"]    = config.lifting_channels;
  arguments["projection_channels"] = config.projection_channels;
  arguments["horizontal_skip"]     = skip_for_reference(config.horizontal_skip);
  for (const auto* const name : {"uno_out_channels", "uno_n_modes", "uno_scalings"})
    arguments[name] = Json::array();
  for (const auto& layer : config.layers) {
    arguments["uno_out_channels"].push_back(layer.out_channels);
    arguments["uno_n_modes"].push_back(layer.modes.extents);
    arguments["uno_scalings"].push_back(layer.scaling);
  }
  arguments["horizontal_skips_map"] =
      skips_for_reference(config.horizontal_skips.value_or(mirrored_skips(config.layers.size())));
  return arguments;
}

}  // namespace detail

/// The arguments with which the reference library's constructor makes a model like this one. Throws
/// PreconditionError for one that it cannot make.
template <reference_model Model>
Json reference_arguments(const Model& model) {
  using Traits = detail::ReferenceTraits<Model>;
  if constexpr (Traits::family == ReferenceFamily::fno)
    return detail::fno_arguments(model.config(), complex<typename Traits::Element>
                                                     ? FieldNumbers::complex
                                                     : FieldNumbers::real);
  else
    return detail::uno_arguments(model.config());
}

}  // namespace nop
