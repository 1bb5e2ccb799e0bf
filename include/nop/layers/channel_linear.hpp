// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/autodiff/parameter.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/expects.hpp>
#include <nop/layers/init.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/channels.hpp>

#include <cstddef>
#include <optional>

namespace nop {

/// The same linear map of the channels at every point: y(x) = W u(x) + b.
///
/// Maps [batch, in_channels, grid...] to [batch, out_channels, grid...]. Elsewhere called a
/// convolution with a kernel of one point. W and b start uniform in +-1/sqrt(in_channels),
/// unless the Config says otherwise.
template <backend Backend, real Real>
class ChannelLinear {
 public:
  struct Config {
    std::size_t in_channels;
    std::size_t out_channels;
    bool bias         = true;
    WeightStart start = WeightStart::fan_in;
  };

  ChannelLinear(const Config& config, const Initializer& init)
      : weight_(init.uniform<Real, 2, Backend>({config.out_channels, config.in_channels},
                                               bound(config))) {
    if (config.bias)
      bias_.emplace(init.uniform<Real, 1, Backend>(
          {config.out_channels}, config.start == WeightStart::fan_in ? bound(config) : 0));
  }

  template <field F>
  auto operator()(const F& x) const {
    if constexpr (rank_of<F> == 2) {  // of no grid: one product for the whole batch
      expects(x.extent(1) == weight_.extent(1), "ChannelLinear: expected ", weight_.extent(1),
              " channels, got a field of shape ", x.shape());
      const auto y = axis_product(x, weight_, 1);
      return bias_ ? add_channels(y, *bias_) : y;
    } else {
      return bias_ ? mix_channels(x, weight_, *bias_) : mix_channels(x, weight_);
    }
  }

  [[nodiscard]] const Parameter<Real, 2, Backend>& weight() const { return weight_; }
  /// Of a map that has one.
  [[nodiscard]] const Parameter<Real, 1, Backend>& bias() const { return *bias_; }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("weight", self.weight_);
    visit("bias", self.bias_);
  }

 private:
  static double bound(const Config& config) {
    expects(config.in_channels > 0 && config.out_channels > 0,
            "ChannelLinear: expected at least one channel, got ", config.in_channels, " in and ",
            config.out_channels, " out");
    return start_bound(config.start, config.in_channels, config.out_channels);
  }

  Parameter<Real, 2, Backend> weight_;
  std::optional<Parameter<Real, 1, Backend>> bias_;
};

}  // namespace nop
