// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/activation.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/scalar.hpp>
#include <nop/layers/channel_mlp.hpp>
#include <nop/layers/complex_valued.hpp>
#include <nop/layers/grid_embedding.hpp>
#include <nop/layers/init.hpp>

#include <array>
#include <cstddef>

namespace nop {

/// What a model is told about where its points are.
enum class PositionalEmbedding {
  none,
  grid,           ///< the coordinates of each point, as channels after the data
  grid_with_ends  ///< likewise, the last point of each axis on the end of the box
};
constexpr auto enumerator_names(PositionalEmbedding) {
  return std::to_array<const char*>({"none", "grid", "grid_with_ends"});
}

/// How a model begins: the coordinates of the points are appended to the data, if they are to be,
/// and a channel MLP makes many channels of them. [batch, in_channels, grid...] to
/// [batch, out_channels, grid...].
template <std::size_t Dim, backend Backend, scalar Element>
class Lifting {
  using Mlp = ChannelMlp<Backend, real_of<Element>>;

 public:
  struct Config {
    std::size_t in_channels;
    std::size_t hidden_channels;
    std::size_t out_channels;
    Activation activation                    = Activation::gelu;
    PositionalEmbedding positional_embedding = PositionalEmbedding::grid;
    GridBox<Dim> box                         = {};  ///< whose coordinates are appended
    std::size_t hidden_layers                = 1;
  };

  Lifting(const Config& config, const Initializer& init)
      : positional_embedding_(config.positional_embedding),
        embedding_(config.box, config.positional_embedding == PositionalEmbedding::grid_with_ends
                                   ? GridEnd::included
                                   : GridEnd::left_out),
        mlp_(layer_on<Element, Mlp>(
            ComplexParts::mixed,
            typename Mlp::Config{
                .in_channels = config.in_channels +
                               (config.positional_embedding == PositionalEmbedding::none ? 0 : Dim),
                .hidden_channels = config.hidden_channels,
                .out_channels    = config.out_channels,
                .activation      = config.activation,
                .hidden_layers   = config.hidden_layers},
            init)) {}

  template <field_like<Dim, Backend, Element> Field>
  auto operator()(const Field& x) const {
    return positional_embedding_ == PositionalEmbedding::none ? mlp_(x) : mlp_(embedding_(x));
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    self.mlp_.members(self.mlp_, visit);
  }

 private:
  PositionalEmbedding positional_embedding_;
  GridEmbedding<Dim> embedding_;
  LayerOn<Element, Mlp> mlp_;
};

}  // namespace nop
