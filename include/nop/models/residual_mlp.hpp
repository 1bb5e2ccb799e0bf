// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/autodiff/field.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>
#include <nop/layers/channel_linear.hpp>
#include <nop/layers/context.hpp>
#include <nop/layers/embedded_times.hpp>
#include <nop/layers/init.hpp>
#include <nop/layers/norm.hpp>
#include <nop/layers/time_embedding.hpp>
#include <nop/models/backbone.hpp>
#include <nop/ops/activation.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/ops/samples.hpp>
#include <nop/ops/scale_and_shift.hpp>

#include <cstddef>
#include <type_traits>
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
/// an embedded time, and W_2 = 0 at first. A point that meets several times begins once.
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
  auto operator()(const X& x, const EmbeddedTimes<Embedding>& told) const {
    const auto numbers      = told.through([&](const auto& e) { return modulation_(silu(e)); });
    const std::size_t times = numbers.extent(0) / x.extent(0);
    const auto h            = repeat_samples(first_(silu(norm_(x))), times);
    return add(repeat_samples(x, times), second_(silu(scale_and_shift(h, numbers))));
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
///     mlp(x, times, between)   each point at all of the times
///
/// gives [batch, out_channels]. It is a backbone (backbone.hpp) with a place after every block.
template <backend Backend = Cpu, real Real = float>
class ResidualMlp {
 public:
  static constexpr std::size_t dimensions = 0;
  static constexpr const char* name       = "ResidualMlp";

  using BackendType = Backend;
  using Element     = Real;
  using Config      = ResidualMlpConfig;
  template <backend Other>
  using On = ResidualMlp<Other, Real>;

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

  /// Throws PreconditionError if channels or times do not fit. It has nothing to be told but the
  /// time; a context is there as in any backbone.
  template <field_like<0, Backend, Real> X, field Times, context... Context>
    requires(rank_of<Times> == 1)
  auto operator()(const X& x, const Times& times, Context&&...) const {
    return last_(trunk(x, times));
  }

  template <field_like<0, Backend, Real> X, field Times, between_blocks Between, context... Context>
    requires(rank_of<Times> == 1)
  auto operator()(const X& x, const Times& times, const Between& between, Context&&...) const {
    check(x.shape(), times.extent(0), times.extent(0));
    const auto e = embedding_(on_tape_of(x, times));
    return last_(through_blocks(
        x,
        [&](std::size_t place) { return times_of_states(e, between.states(place), x.extent(0)); },
        between));
  }

  /// What the last block says, [batch, width].
  template <field_like<0, Backend, Real> X, field Times, context... Context>
    requires(rank_of<Times> == 1)
  auto trunk(const X& x, const Times& times, Context&&...) const {
    check(x.shape(), times.extent(0), x.extent(0));
    const auto e = embedding_(on_tape_of(x, times));
    return through_blocks(
        x, [&e](std::size_t) { return EmbeddedTimes<std::remove_const_t<decltype(e)>>{e}; },
        [](std::size_t, const auto& h) { return h; });
  }

  using Head = ChannelLinear<Backend, Real>;
  [[nodiscard]] const Head& head() const { return last_; }
  [[nodiscard]] Head new_head(const Initializer& init) const {
    return Head({.in_channels  = config_.width,
                 .out_channels = config_.out_channels,
                 .start        = WeightStart::zero},
                init);
  }

  /// The channels at each place.
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
  /// `told(place)` are the embedded times of the block there.
  template <class X, class Told, class Between>
  auto through_blocks(const X& x, const Told& told, const Between& between) const {
    auto h = first_(x);
    for (std::size_t block = 0; block < blocks_.size(); ++block)
      h = between(block, blocks_[block](h, told(block)));
    return h;
  }

  void check(const Shape<2>& shape, std::size_t times, std::size_t expected) const {
    expects(shape[0] > 0 && shape[1] == config_.in_channels && times > 0 && times == expected,
            "ResidualMlp: expected points [batch, ", config_.in_channels,
            "] and a time for each, got ", shape, " and ", times, " times");
  }
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
  Head last_;
};

}  // namespace nop
