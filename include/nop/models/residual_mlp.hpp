// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/autodiff/field.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/core/expects.hpp>
#include <nop/layers/channel_linear.hpp>
#include <nop/layers/context.hpp>
#include <nop/layers/init.hpp>
#include <nop/layers/norm.hpp>
#include <nop/layers/time_embedding.hpp>
#include <nop/ops/activation.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/ops/samples.hpp>
#include <nop/ops/scale_and_shift.hpp>

#include <cstddef>
#include <vector>

namespace nop {

/// What a ResidualMlp is made of, in any precision.
struct ResidualMlpConfig {
  std::size_t in_channels;
  std::size_t out_channels;
  std::size_t width;  ///< channels, and waves that a time is embedded by
  std::size_t blocks = 3;

  template <class Self>
  static void fields(Self& self, auto&& visit) {
    visit("in_channels", self.in_channels);
    visit("out_channels", self.out_channels);
    visit("width", self.width);
    visit("blocks", self.blocks);
  }
};

namespace detail {

/// h = silu((1 + scale) W_1 silu(norm(x)) + shift),   y = x + W_2 h,   with scale and shift out of
/// an embedded time, and W_2 = 0 at first.
template <backend Backend, real Real>
class ResidualMlpBlock {
 public:
  using Map = ChannelLinear<Backend, Real>;

  ResidualMlpBlock(std::size_t width, const Initializer& init)
      : norm_({.kind = NormKind::group, .channels = width}, init),
        first_({.in_channels = width, .out_channels = width, .start = WeightStart::fan_average},
               init),
        modulation_(
            {.in_channels = width, .out_channels = 2 * width, .start = WeightStart::fan_average},
            init),
        second_({.in_channels = width, .out_channels = width, .start = WeightStart::zero}, init) {}

  template <field X, field Embedding>
  auto operator()(const X& x, const Embedding& embedding) const {
    const auto h = first_(silu(norm_(x)));
    return add(x, second_(silu(scale_and_shift(h, modulation_(silu(embedding))))));
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("norm", self.norm_);
    visit("first", self.first_);
    visit("modulation", self.modulation_);
    visit("second", self.second_);
  }

 private:
  Norm<Backend, Real> norm_;
  Map first_, modulation_, second_;
};

}  // namespace detail

/// A residual network of points that knows a time, for data without a grid: what a UNet is for
/// pictures.
///
///     mlp(x, times)            points [batch, in_channels] and a time in [0, 1] each
///     mlp(x, times, between)   between(place, h) goes on in the place of h, after every block
///
/// gives [batch, out_channels]. Of n times as many times as points each point gets n in a row.
template <backend Backend = Cpu, real Real = float>
class ResidualMlp {
 public:
  static constexpr std::size_t dimensions = 0;
  static constexpr const char* name       = "ResidualMlp";

  using BackendType = Backend;
  using Element     = Real;
  using Config      = ResidualMlpConfig;

  ResidualMlp(const Config& config, const Initializer& init)
      : config_(checked(config)),
        embedding_({.waves = config.width, .channels = config.width}, init),
        first_({.in_channels  = config.in_channels,
                .out_channels = config.width,
                .start        = WeightStart::fan_average},
               init),
        last_({.in_channels  = config.width,
               .out_channels = config.out_channels,
               .start        = WeightStart::fan_average},
              init) {
    for (std::size_t block = 0; block < config.blocks; ++block)
      blocks_.emplace_back(config.width, init);
  }

  /// Throws PreconditionError if channels or times do not fit.
  template <field_like<0, Backend, Real> X, field Times, context... Context>
    requires(rank_of<Times> == 1)
  auto operator()(const X& x, const Times& times, Context&&... context) const {
    return (*this)(x, times, [](std::size_t, const auto& h) { return h; }, context...);
  }

  /// It has nothing to be told but the time; a context is there as in any backbone.
  template <field_like<0, Backend, Real> X, field Times, class Between, context... Context>
    requires(rank_of<Times> == 1 && !context<Between>)
  auto operator()(const X& x, const Times& times, const Between& between, Context&&...) const {
    const std::size_t batch = x.extent(0), count = times.extent(0);
    expects(x.extent(1) == config_.in_channels && batch > 0 && count > 0 && count % batch == 0,
            "ResidualMlp: expected points [batch, ", config_.in_channels,
            "] and a time for each, or as many for each, got ", x.shape(), " and ", times.shape());
    const auto e = embedding_(on_tape_of(x, times));
    auto h       = repeat_samples(first_(x), count / batch);
    for (std::size_t block = 0; block < blocks_.size(); ++block)
      h = between(block, blocks_[block](h, e));
    return last_(h);
  }

  /// The channels at each place that `between` is called for.
  [[nodiscard]] std::vector<std::size_t> places() const {
    return std::vector<std::size_t>(blocks_.size(), config_.width);
  }

  [[nodiscard]] const Config& config() const { return config_; }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("embedding", self.embedding_);
    visit("first", self.first_);
    visit("blocks", self.blocks_);
    visit("last", self.last_);
  }

 private:
  static const Config& checked(const Config& config) {
    expects(config.in_channels > 0 && config.out_channels > 0 && config.blocks > 0,
            "ResidualMlp: expected at least one channel in and out and one block, got ",
            config.in_channels, ", ", config.out_channels, " and ", config.blocks);
    return config;
  }

  Config config_;
  TimeEmbedding<Backend, Real> embedding_;
  ChannelLinear<Backend, Real> first_;
  std::vector<detail::ResidualMlpBlock<Backend, Real>> blocks_;
  ChannelLinear<Backend, Real> last_;
};

}  // namespace nop
