// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/backend.hpp>
#include <nop/layers/attention.hpp>
#include <nop/layers/context.hpp>
#include <nop/layers/init.hpp>
#include <nop/layers/residual_block.hpp>

#include <cstddef>
#include <optional>

namespace nop {

/// A residual block of a UNet, and the attention after it where there is some.
template <std::size_t Dim, backend Backend, real Real>
class UNetStage {
 public:
  struct Config {
    typename ResidualBlock<Dim, Backend, Real>::Config block;
    std::size_t heads;  ///< of the attention; 0 for none
  };

  UNetStage(const Config& config, const Initializer& init) : block_(config.block, init) {
    const std::size_t channels = config.block.out_channels;
    if (config.heads > 0)
      attention_.emplace(
          typename SelfAttention<Backend, Real>::Config{
              .channels = channels, .heads = config.heads, .groups = usual_groups(channels)},
          init);
  }

  /// Of a field and embedded times, as the residual block.
  template <field_like<Dim, Backend, Real> X, class Embedding, context... Context>
  auto operator()(const X& x, const Embedding& embedding, Context&&... context) const {
    const auto h = block_(x, embedding, context...);
    return attention_ ? (*attention_)(h) : h;
  }

  [[nodiscard]] bool resamples() const { return block_.config().resampling != Resampling::none; }
  [[nodiscard]] std::size_t out_channels() const { return block_.config().out_channels; }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("block", self.block_);
    visit("attention", self.attention_);
  }

 private:
  ResidualBlock<Dim, Backend, Real> block_;
  std::optional<SelfAttention<Backend, Real>> attention_;
};

}  // namespace nop
