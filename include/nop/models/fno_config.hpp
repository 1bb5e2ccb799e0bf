// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/activation.hpp>
#include <nop/core/band.hpp>
#include <nop/core/shape.hpp>
#include <nop/layers/domain_padding.hpp>
#include <nop/layers/fourier_layer.hpp>
#include <nop/layers/grid_embedding.hpp>
#include <nop/layers/grid_scaling.hpp>
#include <nop/layers/lifting.hpp>
#include <nop/layers/norm.hpp>
#include <nop/layers/reference_semantics.hpp>
#include <nop/layers/skip.hpp>
#include <nop/layers/spectral_weight/form.hpp>
#include <nop/ops/resample.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace nop {

/// What an Fno is made of, in any precision. The defaults are those of the reference library.
template <std::size_t Dim>
struct FnoConfig {
  std::size_t in_channels;
  std::size_t out_channels;
  std::size_t width;      ///< channels between lifting and projection
  std::size_t depth = 4;  ///< Fourier layers
  Shape<Dim> modes;       ///< kept per axis, as core/band.hpp counts them
  Activation activation         = Activation::gelu;  ///< but in the layers' MLPs
  double lifting_ratio          = 2;                 ///< hidden channels of the lifting per width
  double projection_ratio       = 2;  ///< hidden channels of the projection per width
  std::size_t lifting_layers    = 1;  ///< hidden ones; without any a linear map
  std::size_t projection_layers = 1;  ///< likewise
  std::optional<Activation> projection_activation = std::nullopt;  ///< if another one
  PositionalEmbedding positional_embedding        = PositionalEmbedding::grid;
  GridBox<Dim> box                  = {};  ///< whose coordinates the grid embedding has
  SkipKind skip                     = SkipKind::linear;
  std::size_t skip_kernel           = 1;  ///< points along each axis of the kernel of a linear skip
  NormKind norm                     = NormKind::none;
  std::size_t norm_groups           = 1;
  std::size_t norm_embedding        = 0;  ///< numbers that adaptive norms are told
  bool channel_mlp                  = true;
  SkipKind channel_mlp_skip         = SkipKind::soft_gating;
  double channel_mlp_expansion      = 0.5;
  Activation channel_mlp_activation = Activation::gelu;
  double channel_mlp_dropout        = 0;
  std::array<double, Dim> domain_padding = {};  ///< zeros at each side, as a fraction of the grid
  Shape<Dim> padding_points              = {};  ///< or as a number of points
  PaddingSides padding_sides             = PaddingSides::both;
  LayerOrder order                       = LayerOrder::post_activation;
  /// So many first layers end with the activation; if absent, all but the last.
  std::optional<std::size_t> activated_layers = std::nullopt;
  Stabilizer stabilizer                       = Stabilizer::none;
  /// Of the grid by each layer, rounded half to even; if none, 1. (At = {}, g++ 12 breaks down.)
  std::vector<GridScaling<Dim>> scaling = std::vector<GridScaling<Dim>>(0);
  Interpolation interpolation = Interpolation::trigonometric;  ///< of skips to another grid
  FourierEngine engine        = FourierEngine::automatic;
  Shape<Dim> max_modes        = {};  ///< that weights are stored for; 0 for as many as in use
  SpectralWeightForm weight   = {};
  Semantics semantics         = Semantics::exact;

  /// That files written before there were these fields lack.
  static constexpr auto later_fields = std::to_array<std::string_view>(
      {"lifting_layers", "projection_layers", "projection_activation", "padding_points",
       "padding_sides", "activated_layers"});

  template <class Self>
  static void fields(Self& self, auto&& visit) {
    visit("in_channels", self.in_channels);
    visit("out_channels", self.out_channels);
    visit("width", self.width);
    visit("depth", self.depth);
    visit("modes", self.modes);
    visit("activation", self.activation);
    visit("lifting_ratio", self.lifting_ratio);
    visit("projection_ratio", self.projection_ratio);
    visit("lifting_layers", self.lifting_layers);
    visit("projection_layers", self.projection_layers);
    visit("projection_activation", self.projection_activation);
    visit("positional_embedding", self.positional_embedding);
    visit("box", self.box);
    visit("skip", self.skip);
    visit("skip_kernel", self.skip_kernel);
    visit("norm", self.norm);
    visit("norm_groups", self.norm_groups);
    visit("norm_embedding", self.norm_embedding);
    visit("channel_mlp", self.channel_mlp);
    visit("channel_mlp_skip", self.channel_mlp_skip);
    visit("channel_mlp_expansion", self.channel_mlp_expansion);
    visit("channel_mlp_activation", self.channel_mlp_activation);
    visit("channel_mlp_dropout", self.channel_mlp_dropout);
    visit("domain_padding", self.domain_padding);
    visit("padding_points", self.padding_points);
    visit("padding_sides", self.padding_sides);
    visit("order", self.order);
    visit("activated_layers", self.activated_layers);
    visit("stabilizer", self.stabilizer);
    visit("scaling", self.scaling);
    visit("interpolation", self.interpolation);
    visit("engine", self.engine);
    visit("max_modes", self.max_modes);
    visit("weight", self.weight);
    visit("semantics", self.semantics);
  }
};

}  // namespace nop
