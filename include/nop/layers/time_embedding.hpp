// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/layers/channel_linear.hpp>
#include <nop/layers/init.hpp>
#include <nop/ops/activation.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/sinusoids.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace nop {

/// Tells a network what time it is: waves of t in [0, 1] go through two linear maps.
///
///     e(t) = W_2 silu(W_1 [sin(w_k t), cos(w_k t)] + b_1) + b_2,
///     w_k = 1000 10000^(-k / (waves/2 - 1)),   k = 0, ..., waves/2 - 1
///
/// Maps times [batch] to [batch, channels] (Ho et al., NeurIPS 2020). Sines and cosines of a
/// frequency stand beside each other, where others write all sines first: the columns of W_1 are in
/// that order.
template <backend Backend, real Real>
class TimeEmbedding {
 public:
  struct Config {
    std::size_t waves;  ///< sines and cosines together
    std::size_t channels;
  };

  TimeEmbedding(const Config& config, const Initializer& init)
      : first_({.in_channels  = config.waves,
                .out_channels = config.channels,
                .start        = WeightStart::fan_average},
               init),
        second_({.in_channels  = config.channels,
                 .out_channels = config.channels,
                 .start        = WeightStart::fan_average},
                init),
        frequencies_(frequencies(config)) {}

  template <field Times>
    requires(rank_of<Times> == 1)
  auto operator()(const Times& times) const {
    const auto waves = sinusoids(reshape(times, Shape<2>{times.extent(0), 1}), frequencies_);
    return second_(silu(first_(waves)));
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("first", self.first_);
    visit("second", self.second_);
  }

 private:
  static Tensor<Real, 1, Backend> frequencies(const Config& config) {
    expects(config.waves >= 4 && config.waves % 2 == 0,
            "TimeEmbedding: expected an even number of at least 4 waves, got ", config.waves);
    const std::size_t count = config.waves / 2;
    std::vector<Real> values;
    for (std::size_t k = 0; k < count; ++k)
      values.push_back(static_cast<Real>(
          1000 * std::pow(10000, -static_cast<double>(k) / static_cast<double>(count - 1))));
    return Tensor<Real, 1, Backend>({count}, std::span<const Real>(values));
  }

  ChannelLinear<Backend, Real> first_, second_;
  Tensor<Real, 1, Backend> frequencies_;
};

}  // namespace nop
