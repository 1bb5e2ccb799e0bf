// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/autodiff/field.hpp>
#include <nop/core/activation.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>
#include <nop/layers/channel_linear.hpp>
#include <nop/layers/context.hpp>
#include <nop/layers/embedded_times.hpp>
#include <nop/layers/init.hpp>
#include <nop/layers/local_conv.hpp>
#include <nop/layers/norm.hpp>
#include <nop/ops/activation.hpp>
#include <nop/ops/dropout.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/ops/samples.hpp>
#include <nop/ops/sampling.hpp>

#include <array>
#include <cstddef>
#include <optional>

namespace nop {

/// The grid a block answers on: its own, one of twice or one of half the points along each axis.
enum class Resampling { none, up, down };
constexpr auto enumerator_names(Resampling) {
  return std::to_array<const char*>({"none", "up", "down"});
}

/// The residual block of diffusion models, told an embedded time (Dhariwal and Nichol, NeurIPS
/// 2021; Salimans and Ho, ICLR 2022):
///
///     h = conv(resample(silu(norm(x))))
///     h = silu((1 + scale) norm(h) + shift),   scale, shift = W silu(embedding) + b
///     y = resample(x) + conv(dropout(h))
///
/// with W_s x in the place of x, a mixing of channels, where their number changes. Kernels have 3
/// points along each axis, the second convolution starts at 0, so that a new block only resamples.
///
/// Maps [batch, in_channels, grid...] and embeddings [batch, embedding] to [batch, out_channels,
/// grid...]. Where there are n times as many embeddings as samples, each sample meets n in a row,
/// for [n batch, ...], and what does not know of them is computed once. Scales and shifts of times
/// that all samples have in common, EmbeddedTimes, are made once for all samples.
template <std::size_t Dim, backend Backend, real Real>
class ResidualBlock {
 public:
  struct Config {
    std::size_t in_channels;
    std::size_t out_channels;
    std::size_t embedding;
    Resampling resampling = Resampling::none;
    double dropout        = 0;  ///< when called with an Rng
  };

  ResidualBlock(const Config& config, const Initializer& init)
      : config_(checked(config)),
        first_norm_(norm(config.in_channels), init),
        first_(convolution(config.in_channels, config, WeightStart::fan_average), init),
        modulation_({.in_channels  = config.embedding,
                     .out_channels = 2 * config.out_channels,
                     .start        = WeightStart::fan_average},
                    init),
        second_norm_(norm(config.out_channels), init),
        second_(convolution(config.out_channels, config, WeightStart::zero), init) {
    if (config.in_channels != config.out_channels)
      skip_.emplace(
          typename ChannelLinear<Backend, Real>::Config{.in_channels  = config.in_channels,
                                                        .out_channels = config.out_channels,
                                                        .start        = WeightStart::fan_average},
          init);
  }

  /// Throws PreconditionError if channels or embeddings do not fit.
  template <field_like<Dim, Backend, Real> X, field Embedding, context... Context>
    requires(rank_of<Embedding> == 2)
  auto operator()(const X& x, const Embedding& embedding, Context&&... context) const {
    return (*this)(x, EmbeddedTimes<Embedding>{embedding}, context...);
  }

  template <field_like<Dim, Backend, Real> X, field Embedding, context... Context>
  auto operator()(const X& x, const EmbeddedTimes<Embedding>& told, Context&&... context) const {
    const auto& embedding     = told.embedding;
    const std::size_t samples = x.extent(0), embeddings = told.samples * embedding.extent(0);
    expects(x.extent(1) == config_.in_channels, "ResidualBlock: expected ", config_.in_channels,
            " channels, got a field of shape ", x.shape());
    expects(samples > 0 && embeddings > 0 && embeddings % samples == 0 &&
                embedding.extent(1) == config_.embedding,
            "ResidualBlock: expected embeddings of ", config_.embedding, " numbers for a batch of ",
            samples, " samples, got ", embedding.shape());
    const std::size_t times = embeddings / samples;
    const auto numbers =
        told.through([&](const auto& e) { return modulation_(silu(on_tape_of(x, e))); });
    const auto h    = first_(resampled(first_norm_.activated(x, Activation::silu)));
    const auto u    = second_norm_.activated(h, numbers, Activation::silu);
    const auto past = resampled(x);
    return add(repeat_samples(skip_ ? (*skip_)(past) : past, times),
               second_(dropped(u, context...)));
  }

  [[nodiscard]] const Config& config() const { return config_; }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("first_norm", self.first_norm_);
    visit("first", self.first_);
    visit("modulation", self.modulation_);
    visit("second_norm", self.second_norm_);
    visit("second", self.second_);
    visit("skip", self.skip_);
  }

 private:
  using Convolution = LocalConv<Dim, Backend, Real>;
  using GroupNorm   = Norm<Backend, Real>;

  static const Config& checked(const Config& config) {
    expects(config.in_channels > 0 && config.out_channels > 0 && config.embedding > 0,
            "ResidualBlock: expected at least one channel in and out and one number of an "
            "embedding, got ",
            config.in_channels, ", ", config.out_channels, " and ", config.embedding);
    expects(config.dropout >= 0 && config.dropout < 1,
            "ResidualBlock: expected a dropout in [0, 1), got ", config.dropout);
    return config;
  }
  static typename GroupNorm::Config norm(std::size_t channels) {
    return {.kind     = NormKind::group,
            .channels = channels,
            .groups   = usual_groups(channels),
            .epsilon  = 1e-6};
  }
  static typename Convolution::Config convolution(std::size_t in, const Config& config,
                                                  WeightStart start) {
    return {.in_channels  = in,
            .out_channels = config.out_channels,
            .kernel       = uniform_shape<Dim>(3),
            .bias         = true,
            .start        = start};
  }

  template <class X>
  auto resampled(const X& x) const -> decltype(repeat_samples(x, 1)) {
    switch (config_.resampling) {
      case Resampling::up:
        return upsample_nearest(x, 2);
      case Resampling::down:
        return average_pool(x, 2);
      case Resampling::none:
        break;
    }
    return repeat_samples(x, 1);
  }
  template <class Field, class... Context>
  Field dropped(const Field& x, Context&... context) const {
    if constexpr (is_told<Rng, Context...>)
      return config_.dropout > 0 ? dropout(x, config_.dropout, told<Rng>(context...)) : x;
    else
      return x;
  }

  Config config_;
  GroupNorm first_norm_;
  Convolution first_;
  ChannelLinear<Backend, Real> modulation_;
  GroupNorm second_norm_;
  Convolution second_;
  std::optional<ChannelLinear<Backend, Real>> skip_;
};

}  // namespace nop
