// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/activation.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/shape.hpp>
#include <nop/layers/init.hpp>
#include <nop/layers/local_conv.hpp>
#include <nop/layers/norm.hpp>
#include <nop/ops/pixel_shuffle.hpp>

#include <cstddef>

namespace nop {

/// What a UNet makes its answer with, of what its last block says:
///
///     y = pixel_shuffle(conv(silu(norm(h))))
///
/// Maps [batch, channels, grid...] to [batch, out_channels, grid...] of `unshuffle` times as many
/// points along each axis. The kernel has 3 points along each axis and starts at 0, so that a new
/// head answers with zeros. Its members have the names that they have as members of a UNet.
template <std::size_t Dim, backend Backend, real Real>
class UNetHead {
 public:
  struct Config {
    std::size_t channels;
    std::size_t out_channels;
    std::size_t unshuffle = 1;
  };

  UNetHead(const Config& config, const Initializer& init)
      : unshuffle_(config.unshuffle),
        norm_({.kind     = NormKind::group,
               .channels = config.channels,
               .groups   = usual_groups(config.channels),
               .epsilon  = 1e-6},
              init),
        convolution_({.in_channels = config.channels,
                      .out_channels =
                          config.out_channels * element_count(uniform_shape<Dim>(config.unshuffle)),
                      .kernel = uniform_shape<Dim>(3),
                      .bias   = true,
                      .start  = WeightStart::zero},
                     init) {}

  template <field_like<Dim, Backend, Real> X>
  auto operator()(const X& h) const {
    return pixel_shuffle(convolution_(norm_.activated(h, Activation::silu)), unshuffle_);
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("last_norm", self.norm_);
    visit("last", self.convolution_);
  }

 private:
  std::size_t unshuffle_;
  Norm<Backend, Real> norm_;
  LocalConv<Dim, Backend, Real> convolution_;
};

}  // namespace nop
