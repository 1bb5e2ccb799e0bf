// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>
#include <nop/layers/channel_linear.hpp>
#include <nop/layers/init.hpp>
#include <nop/layers/norm.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/ops/matrix_product.hpp>
#include <nop/ops/softmax.hpp>

#include <cmath>
#include <cstddef>

namespace nop {

/// Self-attention between the points of a grid, beside which the field goes past:
///
///     q, k, v = W_qkv GroupNorm(x),   y = x + W ( v softmax(q^T k / sqrt(d))^T )
///
/// for each head of d = channels / heads channels (Vaswani et al., NeurIPS 2017; for images Ho et
/// al., NeurIPS 2020). Maps [batch, channels, grid...] to the same shape, with as many weights on
/// any grid, and work that grows as the square of its points. W starts at 0: a new layer does
/// nothing.
template <backend Backend, real Real>
class SelfAttention {
 public:
  struct Config {
    std::size_t channels;
    std::size_t heads  = 1;
    std::size_t groups = 1;  ///< of the norm
  };

  SelfAttention(const Config& config, const Initializer& init)
      : config_(checked(config)),
        norm_({.kind     = NormKind::group,
               .channels = config.channels,
               .groups   = config.groups,
               .epsilon  = 1e-6},
              init),
        query_key_value_({.in_channels  = config.channels,
                          .out_channels = 3 * config.channels,
                          .start        = WeightStart::fan_average},
                         init),
        projection_({.in_channels  = config.channels,
                     .out_channels = config.channels,
                     .start        = WeightStart::zero},
                    init) {}

  /// Throws PreconditionError if the channels differ.
  template <field F>
    requires(rank_of<F> >= 3)
  auto operator()(const F& x) const {
    expects(x.extent(1) == config_.channels, "SelfAttention: expected ", config_.channels,
            " channels, got a field of shape ", x.shape());
    const auto all     = query_key_value_(norm_(x));
    const auto query   = heads(all, 0);
    const auto each    = config_.channels / config_.heads;
    const auto scaled  = scale_by(query, 1 / std::sqrt(static_cast<Real>(each)));
    const auto weights = softmax(matrix_product(scaled, Form::adjoint, heads(all, 1), Form::plain));
    const auto seen    = matrix_product(heads(all, 2), Form::plain, weights, Form::adjoint);
    return add(x, projection_(reshape(seen, x.shape())));
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("norm", self.norm_);
    visit("query_key_value", self.query_key_value_);
    visit("projection", self.projection_);
  }

 private:
  static const Config& checked(const Config& config) {
    expects(config.heads > 0 && config.channels % config.heads == 0,
            "SelfAttention: expected a number of heads that divides ", config.channels,
            " channels, got ", config.heads);
    return config;
  }

  /// Queries, keys or values, as [batch x heads, channels of a head, points].
  template <class F>
  auto heads(const F& all, std::size_t which) const {
    auto from = Shape<rank_of<F>>{};
    from[1]   = which * config_.channels;
    return reshape(crop(all, from, with_channels(all.shape(), config_.channels)),
                   Shape<3>{all.extent(0) * config_.heads, config_.channels / config_.heads,
                            element_count(all.shape(), 2)});
  }

  Config config_;
  Norm<Backend, Real> norm_;
  ChannelLinear<Backend, Real> query_key_value_, projection_;
};

}  // namespace nop
