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

/// What one layer of a Uno is like.
template <std::size_t Dim>
struct UnoLayer {
  std::size_t out_channels;
  Shape<Dim> modes;
  GridScaling<Dim> scaling;  ///< of the grid, rounded half to even

  template <class Self>
  static void fields(Self& self, auto&& visit) {
    visit("out_channels", self.out_channels);
    visit("modes", self.modes);
    visit("scaling", self.scaling);
  }
};

/// What layer `from` gives is resampled, and its channels appended to those that layer `to` gets.
/// In a Config at most one to each layer; where their list is absent, the mirrored ones.
struct HorizontalSkip {
  std::size_t from;
  std::size_t to;

  template <class Self>
  static void fields(Self& self, auto&& visit) {
    visit("from", self.from);
    visit("to", self.to);
  }
};

/// Those of layer i to layer depth-1-i, across the U.
inline std::vector<HorizontalSkip> mirrored_skips(std::size_t depth) {
  std::vector<HorizontalSkip> skips;
  for (std::size_t i = 0; i < depth / 2; ++i) skips.push_back({i, depth - 1 - i});
  return skips;
}

namespace detail {  // g++ 12 breaks down where {} stands for an absent list in a Config
inline std::optional<std::vector<HorizontalSkip>> no_list_of_skips() { return {}; }
}  // namespace detail

/// What a Uno is made of, in any precision. The defaults are those of the reference library, but
/// for the skip of the MLPs: one that keeps the channels does not fit where others are appended.
template <std::size_t Dim>
struct UnoConfig {
  std::size_t in_channels;
  std::size_t out_channels;
  std::size_t width;                      ///< channels after the lifting
  std::vector<UnoLayer<Dim>> layers;      ///< one at least
  std::size_t lifting_channels    = 256;  ///< hidden ones of the lifting
  std::size_t projection_channels = 256;  ///< hidden ones of the projection
  std::optional<std::vector<HorizontalSkip>> horizontal_skips = detail::no_list_of_skips();
  SkipKind horizontal_skip                                    = SkipKind::linear;
  Activation activation                    = Activation::gelu;  ///< but in lifting and MLPs
  bool activation_between                  = false;             ///< sigma after a layer, as in Fno
  PositionalEmbedding positional_embedding = PositionalEmbedding::grid;
  GridBox<Dim> box                         = {};  ///< whose coordinates the grid embedding has
  SkipKind skip                            = SkipKind::linear;
  std::size_t skip_kernel           = 1;  ///< points along each axis of the kernel of a linear skip
  NormKind norm                     = NormKind::none;
  std::size_t norm_groups           = 1;
  std::size_t norm_embedding        = 0;  ///< numbers that adaptive norms are told
  bool channel_mlp                  = true;
  SkipKind channel_mlp_skip         = SkipKind::linear;
  double channel_mlp_expansion      = 0.5;
  Activation channel_mlp_activation = Activation::gelu;
  double channel_mlp_dropout        = 0;
  std::array<double, Dim> domain_padding = {};  ///< zeros at each side, as a fraction of the grid
  Shape<Dim> padding_points              = {};  ///< or as a number of points
  PaddingSides padding_sides             = PaddingSides::both;
  LayerOrder order                       = LayerOrder::post_activation;
  Stabilizer stabilizer                  = Stabilizer::none;
  Interpolation interpolation = Interpolation::trigonometric;  ///< of skips to another grid
  FourierEngine engine        = FourierEngine::automatic;
  SpectralWeightForm weight   = {};
  Semantics semantics         = Semantics::exact;

  /// That files written before there were these fields lack.
  static constexpr auto later_fields =
      std::to_array<std::string_view>({"padding_points", "padding_sides"});

  template <class Self>
  static void fields(Self& self, auto&& visit) {
    visit("in_channels", self.in_channels);
    visit("out_channels", self.out_channels);
    visit("width", self.width);
    visit("layers", self.layers);
    visit("lifting_channels", self.lifting_channels);
    visit("projection_channels", self.projection_channels);
    visit("horizontal_skips", self.horizontal_skips);
    visit("horizontal_skip", self.horizontal_skip);
    visit("activation", self.activation);
    visit("activation_between", self.activation_between);
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
    visit("stabilizer", self.stabilizer);
    visit("interpolation", self.interpolation);
    visit("engine", self.engine);
    visit("weight", self.weight);
    visit("semantics", self.semantics);
  }
};

}  // namespace nop
