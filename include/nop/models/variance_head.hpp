// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/activation.hpp>
#include <nop/layers/channel_linear.hpp>
#include <nop/layers/init.hpp>
#include <nop/layers/norm.hpp>
#include <nop/ops/activation.hpp>
#include <nop/ops/elementwise.hpp>

#include <cstddef>

namespace nop {

/// A second head of a backbone (backbone.hpp), beside its own:
///
///     y = head(h + W_2 silu(W_1 silu(norm(h)) + b_1) + b_2)
///
/// with maps of the channels at every point, as many as there are, and a head of the backbone's
/// kind. Maps what the trunk says, [batch, channels, ...], to a field of the shape of the
/// backbone's answer. W_2 and the head start at 0, so that a new one answers with zeros.
template <class Backbone>
class VarianceHead {
  using Backend = typename Backbone::BackendType;
  using Real    = typename Backbone::Element;

 public:
  VarianceHead(const Backbone& backbone, const Initializer& init)
      : VarianceHead(backbone, backbone.places().back(), init) {}

  template <field H>
  auto operator()(const H& h) const {
    const auto u = first_(norm_.activated(h, Activation::silu));
    return last_(add(h, second_(silu(u))));
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("norm", self.norm_);
    visit("first", self.first_);
    visit("second", self.second_);
    visit("answer", self.last_);
  }

 private:
  VarianceHead(const Backbone& backbone, std::size_t channels, const Initializer& init)
      : norm_({.kind     = NormKind::group,
               .channels = channels,
               .groups   = usual_groups(channels),
               .epsilon  = 1e-6},
              init),
        first_(
            {.in_channels = channels, .out_channels = channels, .start = WeightStart::fan_average},
            init),
        second_({.in_channels = channels, .out_channels = channels, .start = WeightStart::zero},
                init),
        last_(backbone.new_head(init)) {}

  Norm<Backend, Real> norm_;
  ChannelLinear<Backend, Real> first_, second_;
  typename Backbone::Head last_;
};

}  // namespace nop
