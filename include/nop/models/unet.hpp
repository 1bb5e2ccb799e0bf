// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/autodiff/field.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>
#include <nop/layers/context.hpp>
#include <nop/layers/embedded_times.hpp>
#include <nop/layers/init.hpp>
#include <nop/layers/local_conv.hpp>
#include <nop/layers/time_embedding.hpp>
#include <nop/models/backbone.hpp>
#include <nop/models/unet_head.hpp>
#include <nop/models/unet_stage.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/pixel_shuffle.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace nop {

/// What a UNet is made of, in any precision.
struct UNetConfig {
  std::size_t in_channels;
  std::size_t out_channels;
  std::size_t width;  ///< channels, and waves that a time is embedded by
  /// Of the width at each level; every level after the first has half the points along each axis.
  std::vector<std::size_t> multipliers = std::vector<std::size_t>(1, 1);
  std::size_t blocks                   = 2;  ///< residual blocks a level; one more on the way up
  /// Levels with attention after each block; the middle always has it.
  std::vector<std::size_t> attention = std::vector<std::size_t>(0);
  std::size_t head_channels          = 0;  ///< of each head of attention; 0 for one head
  double dropout                     = 0;  ///< when called with an Rng
  std::size_t unshuffle = 1;  ///< blocks of so many points along each axis enter as channels

  template <class Self>
  static void fields(Self& self, auto&& visit) {
    visit("in_channels", self.in_channels);
    visit("out_channels", self.out_channels);
    visit("width", self.width);
    visit("multipliers", self.multipliers);
    visit("blocks", self.blocks);
    visit("attention", self.attention);
    visit("head_channels", self.head_channels);
    visit("dropout", self.dropout);
    visit("unshuffle", self.unshuffle);
  }
};

/// The U-Net of diffusion models: what a field looks like at a time, by residual blocks on ever
/// coarser grids and back, each block on the way up beside what came by on the way down.
///
///     unet(x, times)            fields [batch, in_channels, grid...] and a time in [0, 1] each
///     unet(x, times, rng)       with dropout
///
/// gives [batch, out_channels, grid...]. It is a backbone (backbone.hpp) with a place after every
/// residual block and its attention, but for those that resample and the last of the middle: a
/// level has `blocks` places on the way down and one more on the way up.
///
///     unet(x, times, between)   each sample at all of the times
///
/// Ho, Jain, Abbeel, "Denoising diffusion probabilistic models", NeurIPS 2020, in the form of
/// Salimans and Ho, "Progressive distillation for fast sampling of diffusion models", ICLR 2022.
template <std::size_t Dim, backend Backend = Cpu, real Real = float>
class UNet {
 public:
  static constexpr std::size_t dimensions = Dim;
  static constexpr const char* name       = "UNet";

  using BackendType = Backend;
  using Element     = Real;
  using Config      = UNetConfig;
  template <backend Other>
  using On = UNet<Dim, Other, Real>;

  UNet(const Config& config, const Initializer& init)
      : config_(checked(config)),
        embedding_({.waves = config.width, .channels = 4 * config.width}, init),
        first_({.in_channels =
                    config.in_channels * element_count(uniform_shape<Dim>(config.unshuffle)),
                .out_channels = config.width,
                .kernel       = uniform_shape<Dim>(3),
                .bias         = true,
                .start        = WeightStart::fan_average},
               init),
        head_(new_head(init)) {
    std::size_t channels = config.width;
    std::vector<std::size_t> skips{channels};
    const auto append = [&](std::vector<Stage>& way, std::size_t beside, std::size_t out,
                            bool attention, Resampling resampling = Resampling::none) {
      way.emplace_back(stage_config(channels + beside, out, attention, resampling), init);
      channels = out;
    };
    const std::size_t levels = config.multipliers.size();
    for (std::size_t level = 0; level < levels; ++level) {
      for (std::size_t block = 0; block < config.blocks; ++block) {
        append(down_, 0, channels_at(level), attends(level));
        skips.push_back(channels);
      }
      if (level + 1 == levels) break;
      append(down_, 0, channels, false, Resampling::down);
      skips.push_back(channels);
    }
    append(middle_, 0, channels, true);
    append(middle_, 0, channels, false);
    for (std::size_t level = levels; level-- > 0;) {
      for (std::size_t block = 0; block <= config.blocks; ++block) {
        const std::size_t beside = skips.back();
        skips.pop_back();
        append(up_, beside, channels_at(level), attends(level));
      }
      if (level > 0) append(up_, 0, channels, false, Resampling::up);
    }
  }

  /// Throws PreconditionError if channels, grid or times do not fit.
  template <field_like<Dim, Backend, Real> X, field Times, context... Context>
    requires(rank_of<Times> == 1)
  auto operator()(const X& x, const Times& times, Context&&... context) const {
    return head_(trunk(x, times, context...));
  }

  /// Each sample at all of `times` [times]: to [batch states, out_channels, grid...], the states of
  /// a sample in a row, as many as `between` leaves. Throws PreconditionError as the one before.
  template <field_like<Dim, Backend, Real> X, field Times, between_blocks Between,
            context... Context>
    requires(rank_of<Times> == 1)
  auto operator()(const X& x, const Times& times, const Between& between,
                  Context&&... context) const {
    check(x.shape());
    expects(times.extent(0) > 0, "UNet: expected at least one time for all samples, got none");
    const auto e = embedding_(on_tape_of(x, times));
    return head_(through_blocks(
        x,
        [&](std::size_t place) { return times_of_states(e, between.states(place), x.extent(0)); },
        between, context...));
  }

  /// What the last block says, [batch, places().back(), grid...] on the grid of the first level.
  template <field_like<Dim, Backend, Real> X, field Times, context... Context>
    requires(rank_of<Times> == 1)
  auto trunk(const X& x, const Times& times, Context&&... context) const {
    check(x.shape());
    expects(times.extent(0) == x.extent(0), "UNet: expected a time for each of ", x.extent(0),
            " samples, got ", times.extent(0));
    const auto e = embedding_(on_tape_of(x, times));
    return through_blocks(
        x, [&e](std::size_t) { return EmbeddedTimes<std::remove_const_t<decltype(e)>>{e}; },
        [](std::size_t, const auto& h) { return h; }, context...);
  }

  using Head = UNetHead<Dim, Backend, Real>;
  [[nodiscard]] const Head& head() const { return head_; }
  [[nodiscard]] Head new_head(const Initializer& init) const {
    return Head({.channels     = config_.width * config_.multipliers.front(),
                 .out_channels = config_.out_channels,
                 .unshuffle    = config_.unshuffle},
                init);
  }

  /// The channels at each place.
  [[nodiscard]] std::vector<std::size_t> places() const {
    std::vector<std::size_t> channels;
    const auto append = [&channels](const std::vector<Stage>& stages) {
      for (const auto& stage : stages)
        if (!stage.resamples()) channels.push_back(stage.out_channels());
    };
    append(down_);
    channels.push_back(middle_.front().out_channels());
    append(up_);
    return channels;
  }

  [[nodiscard]] const Config& config() const { return config_; }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("embedding", self.embedding_);
    visit("first", self.first_);
    visit("down", self.down_);
    visit("middle", self.middle_);
    visit("up", self.up_);
    Head::members(self.head_, visit);
  }

 private:
  using Stage = UNetStage<Dim, Backend, Real>;

  /// `told(place)` are the embedded times of the stages up to a place.
  template <class X, class Told, class Between, class... Context>
  auto through_blocks(const X& x, const Told& told, const Between& between,
                      Context&... context) const {
    std::size_t place = 0;
    auto h            = first_(pixel_unshuffle(x, config_.unshuffle));
    std::vector<decltype(h)> skips{h};
    const auto go_on = [&](const Stage& stage) {
      h = stage(h, told(place), context...);
      if (!stage.resamples()) h = between(place++, h);
    };
    for (const auto& stage : down_) {
      go_on(stage);
      skips.push_back(h);
    }
    go_on(middle_[0]);
    h = middle_[1](h, told(place), context...);
    for (const auto& stage : up_) {
      if (!stage.resamples()) {
        h = concat_channels(h, in_states(skips.back(), h.extent(0)));
        skips.pop_back();
      }
      go_on(stage);
    }
    return h;
  }

  static const Config& checked(const Config& config) {
    expects(config.in_channels > 0 && config.out_channels > 0 && config.blocks > 0,
            "UNet: expected at least one channel in and out and one block a level, got ",
            config.in_channels, ", ", config.out_channels, " and ", config.blocks);
    expects(!config.multipliers.empty() && config.multipliers.size() < 32 &&
                std::count(config.multipliers.begin(), config.multipliers.end(), 0U) == 0,
            "UNet: expected 1 to 31 levels of multipliers above 0, got ",
            config.multipliers.size());
    constexpr std::size_t most = std::size_t{1} << 20U;
    expects(config.width <= most, "UNet: expected a width of at most ", most, ", got ",
            config.width);
    for (const std::size_t multiplier : config.multipliers)
      expects(multiplier <= most, "UNet: expected multipliers of at most ", most, ", got ",
              multiplier);
    for (const std::size_t level : config.attention)
      expects(level < config.multipliers.size(), "UNet: expected attention at one of ",
              config.multipliers.size(), " levels, got ", level);
    expects(config.unshuffle > 0 && config.unshuffle < 1024,
            "UNet: expected blocks of 1 to 1023 points to enter as channels, got ",
            config.unshuffle);
    return config;
  }
  [[nodiscard]] std::size_t channels_at(std::size_t level) const {
    return config_.width * config_.multipliers[level];
  }
  [[nodiscard]] bool attends(std::size_t level) const {
    return std::count(config_.attention.begin(), config_.attention.end(), level) > 0;
  }
  [[nodiscard]] typename Stage::Config stage_config(std::size_t in, std::size_t out, bool attention,
                                                    Resampling resampling) const {
    const std::size_t each = config_.head_channels == 0 ? out : config_.head_channels;
    expects(!attention || out % each == 0,
            "UNet: expected heads of a number of channels that "
            "divides ",
            out, ", got ", each);
    return {.block = {.in_channels  = in,
                      .out_channels = out,
                      .embedding    = 4 * config_.width,
                      .resampling   = resampling,
                      .dropout      = config_.dropout},
            .heads = attention ? out / each : 0};
  }

  void check(const Shape<Dim + 2>& shape) const {
    const std::size_t unit = config_.unshuffle << (config_.multipliers.size() - 1);
    bool divides           = shape[1] == config_.in_channels;
    for (const std::size_t points : grid_of(shape))
      divides = divides && points > 0 && points % unit == 0;
    expects(divides, "UNet: expected ", config_.in_channels, " channels on a grid of multiples of ",
            unit, " points, got a field of shape ", shape);
    expects(shape[0] > 0, "UNet: expected at least one sample, got none");
  }

  Config config_;
  TimeEmbedding<Backend, Real> embedding_;
  LocalConv<Dim, Backend, Real> first_;
  std::vector<Stage> down_, middle_, up_;
  Head head_;
};

}  // namespace nop
