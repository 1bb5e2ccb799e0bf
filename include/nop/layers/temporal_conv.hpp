// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/autodiff/parameter.hpp>
#include <nop/core/activation.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/expects.hpp>
#include <nop/layers/init.hpp>
#include <nop/ops/temporal_convolution.hpp>

#include <complex>
#include <cstddef>

namespace nop {

/// The temporal convolution block of DSNO (Zheng et al. 2023, section 3.2): the states of a
/// trajectory see each other through a convolution along time, at every point alone, beside which
/// they go past:
///
///     y(t) = x(t) + sigma( F^-1( R(k) F(x)(k) )(t) )
///
/// Maps [batch, steps, channels, ...] to the same shape. It is a spectral convolution along time,
/// so that one layer serves any number of steps; modes that they cannot hold are dropped. The
/// weights start uniform in [0, 1 / channels^2), both parts, as the paper's: the layer begins close
/// to doing nothing, and what it is inserted into keeps what it learned.
template <backend Backend, real Real>
class TemporalConv {
 public:
  struct Config {
    std::size_t channels;
    std::size_t modes     = 2;  ///< frequencies k = 0, ..., modes - 1
    Activation activation = Activation::leaky_relu;
  };
  using Weight = Parameter<std::complex<Real>, 3, Backend>;

  TemporalConv(const Config& config, const Initializer& init)
      : config_(config), weight_(random_weight(config, init)) {}

  /// At the steps from `from` on. Throws PreconditionError if the channels differ or there is none.
  template <field Field>
  auto operator()(const Field& x, std::size_t from = 0) const {
    return temporal_convolution(x, weight_, config_.activation, from);
  }

  [[nodiscard]] const Config& config() const { return config_; }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("weight", self.weight_);
  }

 private:
  static Tensor<std::complex<Real>, 3, Backend> random_weight(const Config& config,
                                                              const Initializer& init) {
    expects(config.channels > 0 && config.modes > 0,
            "TemporalConv: expected at least one channel and one mode, got ", config.channels,
            " channels and ", config.modes, " modes");
    const double bound = 1 / static_cast<double>(config.channels * config.channels);
    return init.uniform_from_zero<std::complex<Real>, 3, Backend>(
        {config.modes, config.channels, config.channels}, bound);
  }

  Config config_;
  Weight weight_;
};

}  // namespace nop
