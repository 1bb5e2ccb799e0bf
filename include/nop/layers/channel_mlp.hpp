// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/activation.hpp>
#include <nop/layers/channel_linear.hpp>
#include <nop/layers/context.hpp>
#include <nop/ops/dropout.hpp>
#include <nop/ops/mix_chain.hpp>

#include <cstddef>

namespace nop {

/// Two linear maps of the channels at every point with an activation between:
/// y = W2 sigma(W1 u + b1) + b2. Maps [batch, in_channels, grid...] to [batch, out_channels,
/// grid...].
///
/// Called with an Rng it drops out entries after both maps, as in training; without one it does
/// not.
template <backend Backend, real Real>
class ChannelMlp {
 public:
  struct Config {
    std::size_t in_channels;
    std::size_t hidden_channels;
    std::size_t out_channels;
    Activation activation = Activation::gelu;
    double dropout        = 0;
  };

  ChannelMlp(const Config& config, const Initializer& init)
      : activation_(config.activation),
        dropout_(config.dropout),
        first_({.in_channels = config.in_channels, .out_channels = config.hidden_channels}, init),
        second_({.in_channels = config.hidden_channels, .out_channels = config.out_channels},
                init) {
    expects(dropout_ >= 0 && dropout_ < 1, "ChannelMlp: expected a dropout in [0, 1), got ",
            dropout_);
  }

  template <field F, context... Context>
  auto operator()(const F& x, Context&&... context) const {
    if (!drops_out(context...)) return mix_chain(x, first(), second());
    return dropped(mix_chain(dropped(mix_chain(x, first()), context...), second()), context...);
  }

  /// The two maps as links of a chain, where nothing is dropped out.
  [[nodiscard]] auto first() const {
    return through(first_.weight(), first_.bias()).then(activation_);
  }
  [[nodiscard]] auto second() const { return through(second_.weight(), second_.bias()); }
  template <context... Context>
  [[nodiscard]] bool drops_out(const Context&...) const {
    return is_told<Rng, Context...> && dropout_ > 0;
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("0", self.first_);
    visit("1", self.second_);
  }

 private:
  template <class Field, class... Context>
  Field dropped(const Field& x, Context&... context) const {
    if constexpr (is_told<Rng, Context...>)
      return dropout(x, dropout_, told<Rng>(context...));
    else
      return x;
  }

  Activation activation_;
  double dropout_;
  ChannelLinear<Backend, Real> first_;
  ChannelLinear<Backend, Real> second_;
};

}  // namespace nop
