// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/autodiff/parameter.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>
#include <nop/layers/init.hpp>
#include <nop/ops/local_convolution.hpp>

#include <cstddef>
#include <optional>

namespace nop {

/// Convolution with a kernel of a few points; outside of its grid, a field is 0.
///
/// Maps [batch, in_channels, grid...] to [batch, out_channels, grid...] by `local_convolution`.
/// What it sees is as many points on every grid, and so another part of the box: unlike a spectral
/// convolution it belongs to a resolution. The weight starts uniform in +-1/sqrt(in_channels times
/// points of the kernel), unless the Config says otherwise, and lies in files as [out, in,
/// kernel...].
template <std::size_t Dim, backend Backend, real Real>
class LocalConv {
 public:
  struct Config {
    std::size_t in_channels;
    std::size_t out_channels;
    Shape<Dim> kernel;  ///< points along each axis
    bool bias         = false;
    WeightStart start = WeightStart::fan_in;
  };

  LocalConv(const Config& config, const Initializer& init)
      : weight_(init.uniform<Real, Dim + 2, Backend>(
                    joined(config.kernel, Shape<2>{config.out_channels, config.in_channels}),
                    bound(config)),
                FileLayout::channels_first) {
    if (config.bias)
      bias_.emplace(init.uniform<Real, 1, Backend>(
          {config.out_channels}, config.start == WeightStart::fan_in ? bound(config) : 0));
  }

  template <field_like<Dim, Backend, Real> Field>
  auto operator()(const Field& x) const {
    return bias_ ? local_convolution(x, weight_, *bias_) : local_convolution(x, weight_);
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("weight", self.weight_);
    visit("bias", self.bias_);
  }

 private:
  static double bound(const Config& config) {
    expects(config.in_channels > 0 && config.out_channels > 0 && element_count(config.kernel) > 0,
            "LocalConv: expected at least one channel and one point of the kernel, got ",
            config.in_channels, " in, ", config.out_channels, " out, a kernel of ", config.kernel);
    const std::size_t points = element_count(config.kernel);
    return start_bound(config.start, config.in_channels * points, config.out_channels * points);
  }

  Parameter<Real, Dim + 2, Backend> weight_;
  std::optional<Parameter<Real, 1, Backend>> bias_;
};

}  // namespace nop
