// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/shape.hpp>
#include <nop/io/array.hpp>
#include <nop/io/model_file.hpp>
#include <nop/io/reference/notes.hpp>
#include <nop/layers/init.hpp>
#include <nop/models/fno.hpp>
#include <nop/models/normalized.hpp>
#include <nop/models/uno_config.hpp>

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

/// \file
/// What nop-run says of a grid on which it matters whose arithmetic a model follows.

namespace nop::program {

/// The semantics that a model may be meant to have in place of its own: exact ones, or those that
/// it may have been trained with.
inline std::vector<Semantics> other_semantics(const ModelFile& file, Semantics own) {
  if (own != Semantics::exact) return {Semantics::exact};
  const auto* const reference = std::get_if<ReferenceModel>(&file.content);
  return reference == nullptr ? std::vector<Semantics>{}
                              : detail::training_semantics(reference->layout);
}

/// A model of one channel has the widths that the Config leaves to it.
template <std::size_t Dim>
void narrow(FnoConfig<Dim>& config) {
  config.lifting_ratio = config.projection_ratio = 1;
}
template <std::size_t Dim>
void narrow(UnoConfig<Dim>& config) {
  config.lifting_channels = config.projection_channels = 1;
  for (auto& layer : config.layers) layer.out_channels = 1;
}

/// Does a model of this Config answer otherwise on a grid than with exact semantics? Its channels
/// and the form of its weights have no part in that: a small one is asked.
template <class Model>
bool differs_from_exact(typename Model::Config config, Semantics semantics,
                        const Shape<Model::dimensions>& grid) {
  config.in_channels = config.out_channels = config.width = config.norm_groups = 1;
  config.channel_mlp_expansion                                                 = 1;
  narrow(config);

  config.weight                = {};
  config.semantics             = semantics;
  constexpr std::size_t budget = std::size_t{1} << 32;
  return Model(config, Initializer::zeros(budget)).differs_from_exact(grid);
}

/// One line if a model would answer otherwise on a grid with other semantics; else nothing.
template <class Model>
std::string semantics_note(const Model& model, const ModelFile& file,
                           const Shape<Model::dimensions>& grid) {
  const Semantics own = model.config().semantics;
  std::vector<Semantics> different;
  for (const Semantics other : other_semantics(file, own))
    if (differs_from_exact<Model>(model.config(), own == Semantics::exact ? other : own, grid))
      different.push_back(other);
  if (different.empty()) return {};
  return enumerator_name(own) + " semantics are in use; on a grid of " + detail::shape_text(grid) +
         " points, " + detail::names_of(different) + " would give another answer (--semantics)";
}
template <class Model>
std::string semantics_note(const Normalized<Model>& model, const ModelFile& file,
                           const Shape<Model::dimensions>& grid) {
  return semantics_note(model.model(), file, grid);
}

}  // namespace nop::program
