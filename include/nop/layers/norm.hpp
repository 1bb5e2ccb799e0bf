// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/autodiff/field.hpp>
#include <nop/autodiff/parameter.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/enumerator.hpp>
#include <nop/core/expects.hpp>
#include <nop/layers/batch_statistics.hpp>
#include <nop/layers/channel_mlp.hpp>
#include <nop/layers/context.hpp>
#include <nop/layers/init.hpp>
#include <nop/layers/norm_embedding.hpp>
#include <nop/ops/activation.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/channels.hpp>
#include <nop/ops/modulated_norm.hpp>
#include <nop/ops/normalize.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace nop {

/// How a field is brought to mean 0 and variance 1.
enum class NormKind {
  none,
  instance,  ///< each channel of each sample, nothing to train
  group,     ///< each group of channels of each sample, then a factor and an offset per channel
  batch,     ///< each channel of the batch, then likewise
  adaptive   ///< each channel of each sample, then factor and offset out of an embedding
};
constexpr auto enumerator_names(NormKind) {
  return std::to_array<const char*>({"none", "instance", "group", "batch", "adaptive"});
}

/// The most groups, up to 32, of at least four of so many channels: the usual choice for images.
inline std::size_t usual_groups(std::size_t channels) {
  std::size_t groups = std::clamp<std::size_t>(channels / 4, 1, 32);
  while (channels % groups != 0) --groups;
  return groups;
}

/// A part of the way from one value to another.
template <real Real>
struct Towards {
  Real share;
  constexpr auto operator()(auto from, auto to) const { return from + (to - from) * share; }
};

/// Normalisation of real fields [batch, channel, grid...] to the same shape, with n = (x - mean) /
/// sqrt(variance + epsilon):
///
///     none, instance   x, and n of each channel of each sample
///     group            weight_c n + bias_c, of each group of channels (Wu and He 2018)
///     batch            likewise, of each channel of the batch (Ioffe and Szegedy 2015)
///     adaptive         f_c n + o_c, of each channel of each sample, (f, o) out of an embedding
///
/// weight and bias start as 1 and 0. Throws PreconditionError for groups that do not divide the
/// channels and an adaptive norm of no embedding; when called, for other channels and an adaptive
/// norm that is told no embedding of its length.
///
/// Batch norm goes by its running mean and variance, kept tensors that begin with 0 and 1 and
/// travel with the model, unless it is told BatchStatistics: then by those of the batch, and the
/// running ones follow in `BatchStatistics::update`,
///
///     running = (1 - momentum) running + momentum seen.
///
/// Adaptive instance norm (Huang and Belongie, ICCV 2017) has to be told a NormEmbedding, from
/// which an MLP of 512 hidden channels makes a factor and an offset for each channel.
template <backend Backend, real Real>
class Norm {
 public:
  struct Config {
    NormKind kind;
    std::size_t channels;
    std::size_t groups    = 1;     ///< of a group norm
    std::size_t embedding = 0;     ///< numbers that an adaptive norm is told
    double epsilon        = 1e-5;  ///< added to the variance
    double momentum       = 0.1;   ///< of running statistics
  };

  Norm(const Config& config, const Initializer& init) : config_(config) {
    expects(config.epsilon >= 0, "Norm: expected an epsilon of at least 0, got ", config.epsilon);
    switch (config.kind) {
      case NormKind::none:
      case NormKind::instance:
        break;
      case NormKind::batch:
        running_mean_.emplace(filled(0, init));
        running_variance_.emplace(filled(1, init));
        make_affine(init);
        break;
      case NormKind::group:
        expects(config.groups > 0 && config.channels % config.groups == 0,
                "Norm: expected a number of groups that divides ", config.channels,
                " channels, got ", config.groups);
        make_affine(init);
        break;
      case NormKind::adaptive:
        expects(config.embedding > 0,
                "Norm: expected an embedding of at least one number for an adaptive norm, got 0");
        mlp_.emplace(
            typename ChannelMlp<Backend, Real>::Config{.in_channels     = config.embedding,
                                                       .hidden_channels = 512,
                                                       .out_channels    = 2 * config.channels},
            init);
        break;
    }
  }

  template <field F, context... Context>
  auto operator()(const F& x, Context&&... context) const -> decltype(group_norm(x, 1, Real())) {
    expect_channels(x.shape());
    switch (config_.kind) {
      case NormKind::instance:
        return group_norm(x, config_.channels, epsilon());
      case NormKind::group:
        return activated(x, Activation::identity);
      case NormKind::batch:
        return affine(batch_normalized(x, context...));
      case NormKind::adaptive:
        return adapted(x, context...);
      case NormKind::none:
        break;
    }
    return activate(x, Activation::identity);
  }

  /// A group norm and an activation, in one pass over the field.
  template <field F>
  auto activated(const F& x, Activation activation) const -> decltype(group_norm(x, 1, Real())) {
    expect_group();
    // Where there is no grid, channels lie side by side: a pass over all of them is shorter.
    if constexpr (rank_of<F> == 2)
      return activate(affine(group_norm(x, config_.groups, epsilon())), activation);
    else
      return modulated_norm(x, *weight_, *bias_, options(activation));
  }
  /// The same, told scales and shifts in between: see `modulated_norm`.
  template <field F, field Numbers>
  auto activated(const F& x, const Numbers& numbers, Activation activation) const {
    expect_group();
    return modulated_norm(x, *weight_, *bias_, numbers, options(activation));
  }

  /// Takes what was noted of this batch norm into its running statistics.
  void take(const BatchStatistics& statistics) {
    if (config_.kind != NormKind::batch) return;
    statistics.template for_each<Real, Backend>(weight_->identity(), [this](const auto& seen) {
      *running_mean_     = mapped(Towards<Real>{share()}, *running_mean_, seen.mean);
      *running_variance_ = mapped(Towards<Real>{share()}, *running_variance_, seen.variance);
    });
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("weight", self.weight_);
    visit("bias", self.bias_);
    visit("running_mean", self.running_mean_);
    visit("running_variance", self.running_variance_);
    visit("mlp", self.mlp_);
  }

 private:
  using Vector = Tensor<Real, 1, Backend>;

  [[nodiscard]] NormOptions options(Activation activation) const {
    return {config_.groups, config_.epsilon, activation};
  }
  void expect_group() const {
    expects(config_.kind == NormKind::group, "Norm: expected a group norm to be activated, got ",
            enumerator_name(config_.kind));
  }
  template <std::size_t Rank>
  void expect_channels(const Shape<Rank>& shape) const {
    expects(config_.kind == NormKind::none || shape[1] == config_.channels, "Norm: expected ",
            config_.channels, " channels, got a field of shape ", shape);
  }
  [[nodiscard]] Real epsilon() const { return static_cast<Real>(config_.epsilon); }
  [[nodiscard]] Real share() const { return static_cast<Real>(config_.momentum); }
  [[nodiscard]] Vector filled(Real value, const Initializer& init) const {
    return init.template constant<Real, 1, Backend>({config_.channels}, value);
  }
  void make_affine(const Initializer& init) {
    weight_.emplace(filled(1, init));
    bias_.emplace(filled(0, init));
  }

  template <class Field>
  auto affine(const Field& x) const {
    return add_channels(scale_channels(x, *weight_), *bias_);
  }

  template <class F, class... Context>
  auto batch_normalized(const F& x, Context&... context) const {
    if constexpr (is_told<BatchStatistics, Context...>) {
      const auto seen  = batch_norm(x, epsilon());
      const auto count = static_cast<double>(x.extent(0) * element_count(x.shape(), 2));
      const TimesConstant<Real> unbiased{static_cast<Real>(count / (count - 1))};
      told<BatchStatistics>(context...)
          .note(weight_->identity(),
                BatchMoments<Real, Backend>{seen.mean, mapped(unbiased, seen.variance)});
      return seen.field;
    } else {
      return standardize_channels(x, *running_mean_, *running_variance_, epsilon());
    }
  }

  template <class F, class... Context>
  auto adapted(const F& x, const Context&... context) const -> decltype(group_norm(x, 1, Real())) {
    if constexpr ((detail::is_norm_embedding<Context> || ...)) {
      const auto embedding = on_tape_of(x, detail::told_embedding(context...));
      expects(embedding.extent(0) == config_.embedding, "Norm: expected an embedding of ",
              config_.embedding, " numbers, got ", embedding.shape());
      const auto both = (*mlp_)(reshape(embedding, Shape<2>{1, config_.embedding}));
      const auto half = [&](std::size_t which) {
        const std::size_t channels = config_.channels;
        return reshape(crop(both, {0, which * channels}, {1, channels}), Shape<1>{channels});
      };
      return add_channels(scale_channels(group_norm(x, config_.channels, epsilon()), half(0)),
                          half(1));
    } else {
      expects(false, "Norm: expected an embedding of ", config_.embedding,
              " numbers for an adaptive norm, model(x, NormEmbedding{e}), got none");
      return activate(x, Activation::identity);
    }
  }

  Config config_;
  std::optional<Parameter<Real, 1, Backend>> weight_;
  std::optional<Parameter<Real, 1, Backend>> bias_;
  std::optional<Vector> running_mean_;
  std::optional<Vector> running_variance_;
  std::optional<ChannelMlp<Backend, Real>> mlp_;
};

}  // namespace nop
