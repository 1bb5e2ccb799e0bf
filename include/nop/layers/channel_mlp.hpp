// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/activation.hpp>
#include <nop/layers/channel_linear.hpp>
#include <nop/layers/context.hpp>
#include <nop/ops/dropout.hpp>
#include <nop/ops/mix_chain.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace nop {

/// Linear maps of the channels at every point with an activation between, of itself two:
/// y = W2 sigma(W1 u + b1) + b2. Maps [batch, in_channels, grid...] to [batch, out_channels,
/// grid...].
///
/// Called with an Rng it drops out entries after each map, as in training; without one it does
/// not.
template <backend Backend, real Real>
class ChannelMlp {
  using Map = ChannelLinear<Backend, Real>;

 public:
  struct Config {
    std::size_t in_channels;
    std::size_t hidden_channels;
    std::size_t out_channels;
    Activation activation     = Activation::gelu;
    double dropout            = 0;
    std::size_t hidden_layers = 1;  ///< of hidden_channels each; without any it is a linear map
  };

  ChannelMlp(const Config& config, const Initializer& init)
      : activation_(config.activation), dropout_(config.dropout) {
    expects(dropout_ >= 0 && dropout_ < 1, "ChannelMlp: expected a dropout in [0, 1), got ",
            dropout_);
    expects(config.hidden_layers < 1024, "ChannelMlp: expected fewer than 1024 hidden layers, got ",
            config.hidden_layers);
    std::size_t channels = config.in_channels;
    for (std::size_t layer = 0; layer <= config.hidden_layers; ++layer) {
      const std::size_t next =
          layer == config.hidden_layers ? config.out_channels : config.hidden_channels;
      maps_.emplace_back(typename Map::Config{.in_channels = channels, .out_channels = next}, init);
      channels = next;
    }
  }

  template <field F, context... Context>
  auto operator()(const F& x, Context&&... context) const {
    if (maps_.size() == 2 && !drops_out(context...)) return mix_chain(x, first(), second());
    expects(!maps_.empty(), "ChannelMlp: expected maps, got a layer that was moved from");
    auto u = dropped(mix_chain(x, link(0)), context...);
    for (std::size_t map = 1; map < maps_.size(); ++map)
      u = dropped(mix_chain(u, link(map)), context...);
    return u;
  }

  /// The two maps of one with a hidden layer as links of a chain, where nothing is dropped out.
  [[nodiscard]] auto first() const { return link(0); }
  [[nodiscard]] auto second() const { return link(1); }
  template <context... Context>
  [[nodiscard]] bool drops_out(const Context&...) const {
    return is_told<Rng, Context...> && dropout_ > 0;
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    for (std::size_t map = 0; map < self.maps_.size(); ++map)
      visit(std::to_string(map), self.maps_[map]);
  }

 private:
  [[nodiscard]] auto link(std::size_t map) const {
    return through(maps_[map].weight(), maps_[map].bias())
        .then(map + 1 < maps_.size() ? activation_ : Activation::identity);
  }
  template <class Field, class... Context>
  Field dropped(const Field& x, Context&... context) const {
    if constexpr (is_told<Rng, Context...>)
      return dropout_ > 0 ? dropout(x, dropout_, told<Rng>(context...)) : x;
    else
      return x;
  }

  Activation activation_;
  double dropout_;
  std::vector<Map> maps_;
};

}  // namespace nop
