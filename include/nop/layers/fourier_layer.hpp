// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/layers/channel_mlp.hpp>
#include <nop/layers/complex_valued.hpp>
#include <nop/layers/context.hpp>
#include <nop/layers/layer_order.hpp>
#include <nop/layers/local_conv.hpp>
#include <nop/layers/norm.hpp>
#include <nop/layers/skip.hpp>
#include <nop/layers/spectral_conv.hpp>
#include <nop/ops/activation.hpp>
#include <nop/ops/complex_parts.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/ops/mix_chain.hpp>
#include <nop/ops/resample.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <optional>

namespace nop {

/// One layer of a Fourier neural operator (Li et al. 2021), with the channel MLP of its successors:
///
///     y = sigma( norm( K x ) + skip(x) ),    z = sigma( norm( mlp(y) + mlp_skip(x) ) )
///
/// for [batch, in_channels, grid...] to [batch, out_channels, grid...]. In pre-activation order x
/// is first replaced by norm(sigma(x)), and then
///
///     y = norm( sigma( K x + skip(x) ) ),    z = mlp(y) + mlp_skip(x).
///
/// Without an MLP, z is y in the first form followed by norm and sigma again, and y in the second.
/// In original order, z = sigma( mlp( norm( K x ) ) + skip(x) ).
///
/// The last layer of a model (`is_last`) has none of these sigmas but that in its MLP and, in
/// pre-activation order, the first one.
///
/// Called with another grid, it gives its result there: K x is evaluated on it, and what the skips
/// add is resampled.
///
/// On complex fields sigma acts on both parts, and the other layers of real fields are two of their
/// kind, f + i g. What has no parameters, an identity or an instance norm, acts on both parts
/// unless the semantics are those of the reference library.
template <std::size_t Dim, backend Backend, scalar Element, WeightForms Forms = WeightForms::dense>
class FourierLayer {
  using Real        = real_of<Element>;
  using Convolution = SpectralConv<Dim, Backend, Element, Forms>;
  using Mlp         = ChannelMlp<Backend, Real>;
  using RealSkip    = Skip<Backend, Real>;
  using RealNorm    = Norm<Backend, Real>;
  using LocalSkip   = LocalConv<Dim, Backend, Real>;

 public:
  struct Config {
    std::size_t in_channels;
    std::size_t out_channels;
    Shape<Dim> modes;
    bool is_last                 = false;  ///< has no activation at its end
    Activation activation        = Activation::gelu;
    LayerOrder order             = LayerOrder::post_activation;
    Stabilizer stabilizer        = Stabilizer::none;
    SkipKind skip                = SkipKind::linear;
    std::size_t skip_kernel      = 1;  ///< points along each axis of the kernel of a linear skip
    NormKind norm                = NormKind::none;
    std::size_t norm_groups      = 1;
    std::size_t norm_embedding   = 0;  ///< numbers that adaptive norms are told
    bool channel_mlp             = true;
    SkipKind channel_mlp_skip    = SkipKind::soft_gating;
    double channel_mlp_expansion = 0.5;  ///< hidden channels of the MLP per channel
    Activation channel_mlp_activation = Activation::gelu;  ///< inside the MLP
    double channel_mlp_dropout        = 0;
    Interpolation interpolation       = Interpolation::trigonometric;  ///< of skips to another grid
    FourierEngine engine              = FourierEngine::automatic;
    Shape<Dim> max_modes              = {};  ///< as in SpectralConv
    SpectralWeightForm weight         = {};
    Semantics semantics               = Semantics::exact;
  };

  FourierLayer(const Config& config, const Initializer& init);

  /// The result on the grid of `x`.
  template <field_like<Dim, Backend, Element> Field, context... Context>
  auto operator()(const Field& x, Context&&... context) const {
    return (*this)(x, grid_of(x.shape()), context...);
  }

  /// The result on another grid of the same box.
  template <field_like<Dim, Backend, Element> Field, context... Context>
  field_as<Field, Element, Dim + 2> operator()(const Field& x, const Shape<Dim>& grid,
                                               Context&&... context) const;

  /// Does a field on `grid` get another answer on `output_grid` than with exact semantics?
  [[nodiscard]] bool differs_from_exact(const Shape<Dim>& grid,
                                        const Shape<Dim>& output_grid) const {
    const bool has_identity =
        config_.skip == SkipKind::identity ||
        (config_.channel_mlp && config_.channel_mlp_skip == SkipKind::identity);
    const bool mixes_parts = complex<Element> && config_.semantics != Semantics::exact &&
                             (has_identity || config_.norm == NormKind::instance);
    return mixes_parts || convolution_.differs_from_exact(grid, output_grid);
  }

  [[nodiscard]] const Convolution& convolution() const { return convolution_; }
  /// Uses other modes from now on; see SpectralConv.
  void set_modes(const Shape<Dim>& modes) { convolution_.set_modes(modes); }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("convolution", self.convolution_);
    visit("skip", self.skip_);
    visit("skip", self.local_skip_);
    visit("mlp", self.mlp_);
    visit("mlp_skip", self.mlp_skip_);
    visit("norm.0", self.first_norm_);
    visit("norm.1", self.second_norm_);
  }

 private:
  static auto skip_of(const Config& config, SkipKind kind, const Initializer& init) {
    const bool separate = kind == SkipKind::none ||
                          (kind == SkipKind::identity && config.semantics == Semantics::exact);
    return layer_on<Element, RealSkip>(
        separate ? ComplexParts::separate : ComplexParts::mixed,
        typename RealSkip::Config{
            .kind = kind, .in_channels = config.in_channels, .out_channels = config.out_channels},
        init);
  }
  static auto norm_of(const Config& config, std::size_t channels, const Initializer& init) {
    const bool separate = config.norm == NormKind::none || (config.norm == NormKind::instance &&
                                                            config.semantics == Semantics::exact);
    return layer_on<Element, RealNorm>(
        separate ? ComplexParts::separate : ComplexParts::mixed,
        typename RealNorm::Config{.kind      = config.norm,
                                  .channels  = channels,
                                  .groups    = config.norm_groups,
                                  .embedding = config.norm_embedding},
        init);
  }

  static Config second_norm_config(Config config) {
    if (config.order == LayerOrder::original) config.norm = NormKind::none;
    return config;
  }

  void make_local_skip(const Config& config, const Initializer& init) {
    if (config.skip_kernel == 1) return;
    expects(config.skip == SkipKind::linear && config.skip_kernel > 0,
            "FourierLayer: expected a skip_kernel of at least one point, of more for a linear skip "
            "only, got ",
            config.skip_kernel);
    local_skip_.emplace(layer_on<Element, LocalSkip>(
        ComplexParts::mixed,
        typename LocalSkip::Config{.in_channels  = config.in_channels,
                                   .out_channels = config.out_channels,
                                   .kernel       = uniform_shape<Dim>(config.skip_kernel)},
        init));
  }

  template <class Field, class... Context>
  auto post_activated(const Field& x, const Shape<Dim>& grid, Context&... context) const {
    const auto k = convolved(x, grid);
    return beside(x, grid, [&](const auto& past) {
      if constexpr (real<Element>)
        if (is_chain(context...))  // the same as below, in one pass over memory
          return mix_chain(past, through(*skip_.weight()).plus(k).then(between()), mlp_->first(),
                           mlp_->second().plus_gated(*mlp_skip_->gate()).then(between()));
      const auto y = activated(plus_skip(first_norm_(k, context...), x, past), between());
      const auto z = mlp_ ? mlp_skip_->add_to((*mlp_)(y, context...), past) : y;
      return activated(second_norm_(z, context...), between());
    });
  }

  /// Is the layer, but for its convolution, a chain of channel mixings? By default it is.
  template <class... Context>
  bool is_chain(const Context&... context) const {
    return config_.norm == NormKind::none && skip_.weight() != nullptr && mlp_ &&
           config_.channel_mlp_skip == SkipKind::soft_gating && !mlp_->drops_out(context...);
  }

  template <class Field, class... Context>
  auto pre_activated(const Field& sigma, const Shape<Dim>& grid, Context&... context) const {
    const auto x = first_norm_(sigma, context...);
    const auto k = convolved(x, grid);
    return beside(x, grid, [&](const auto& past) {
      const auto y = second_norm_(activated(plus_skip(k, x, past), between()), context...);
      return mlp_ ? mlp_skip_->add_to((*mlp_)(y, context...), past) : y;
    });
  }

  template <class Field, class... Context>
  auto activated_once(const Field& x, const Shape<Dim>& grid, Context&... context) const {
    const auto k = first_norm_(convolved(x, grid), context...);
    const auto y = mlp_ ? (*mlp_)(k, context...) : k;
    return beside(x, grid, [&](const auto& past) {
      if constexpr (real<Element>)
        if (skip_.weight() != nullptr)  // the same as below, in one pass over memory
          return mix_chain(past, through(*skip_.weight()).plus(y).then(between()));
      return activated(plus_skip(y, x, past), between());
    });
  }

  /// y and what the skip makes of x, which is `past` on the grid of y.
  template <class Y, class X, class Past>
  Y plus_skip(const Y& y, const X& x, const Past& past) const {
    return local_skip_ ? add(y, resampled((*local_skip_)(x), grid_of(y.shape())))
                       : skip_.add_to(y, past);
  }

  /// `use` of what goes past the convolution, x on the grid of its result. Where a skip acts at
  /// every point alone, it makes no difference whether it or the resampling comes first.
  template <class Field, class Use>
  auto beside(const Field& x, const Shape<Dim>& grid, const Use& use) const {
    return grid == grid_of(x.shape()) ? use(x) : use(resampled(x, grid));
  }
  template <class Field>
  auto resampled(const Field& x, const Shape<Dim>& grid) const {
    return on_parts([&](const auto& part) { return resample(part, grid, config_.interpolation); },
                    x);
  }

  template <class Field>
  auto convolved(const Field& x, const Shape<Dim>& grid) const {
    return config_.stabilizer == Stabilizer::hyperbolic_tangent
               ? convolution_(on_parts(nop::tanh, x), grid)
               : convolution_(x, grid);
  }

  template <class Field>
  static auto activated(const Field& x, Activation activation) {
    return on_parts([activation](const auto& part) { return activate(part, activation); }, x);
  }

  /// The activation between layers, which the last one does without.
  [[nodiscard]] Activation between() const {
    return config_.is_last ? Activation::identity : config_.activation;
  }

  Config config_;
  Convolution convolution_;
  LayerOn<Element, RealSkip> skip_;
  std::optional<LayerOn<Element, LocalSkip>> local_skip_;  ///< in the place of a linear one
  std::optional<LayerOn<Element, Mlp>> mlp_;
  std::optional<LayerOn<Element, RealSkip>> mlp_skip_;
  LayerOn<Element, RealNorm> first_norm_;
  LayerOn<Element, RealNorm> second_norm_;
};

template <std::size_t Dim, backend Backend, scalar Element, WeightForms Forms>
FourierLayer<Dim, Backend, Element, Forms>::FourierLayer(const Config& config,
                                                         const Initializer& init)
    : config_(config),
      convolution_({.in_channels  = config.in_channels,
                    .out_channels = config.out_channels,
                    .modes        = config.modes,
                    .engine       = config.engine,
                    .max_modes    = config.max_modes,
                    .weight       = config.weight,
                    .semantics    = config.semantics},
                   init),
      skip_(skip_of(config, config.skip_kernel == 1 ? config.skip : SkipKind::none, init)),
      first_norm_(norm_of(
          config,
          config.order == LayerOrder::pre_activation ? config.in_channels : config.out_channels,
          init)),
      second_norm_(norm_of(second_norm_config(config), config.out_channels, init)) {
  make_local_skip(config, init);
  if (!config.channel_mlp) return;
  const double hidden =
      std::nearbyint(static_cast<double>(config.out_channels) * config.channel_mlp_expansion);
  expects(hidden >= 1,
          "FourierLayer: expected a channel_mlp_expansion that leaves a hidden channel, got ",
          config.channel_mlp_expansion);
  mlp_.emplace(layer_on<Element, Mlp>(
      ComplexParts::mixed,
      typename Mlp::Config{.in_channels     = config.out_channels,
                           .hidden_channels = static_cast<std::size_t>(hidden),
                           .out_channels    = config.out_channels,
                           .activation      = config.channel_mlp_activation,
                           .dropout         = config.channel_mlp_dropout},
      init));
  mlp_skip_.emplace(skip_of(
      config, config.order == LayerOrder::original ? SkipKind::none : config.channel_mlp_skip,
      init));
}

template <std::size_t Dim, backend Backend, scalar Element, WeightForms Forms>
template <field_like<Dim, Backend, Element> Field, context... Context>
field_as<Field, Element, Dim + 2> FourierLayer<Dim, Backend, Element, Forms>::operator()(
    const Field& x, const Shape<Dim>& grid, Context&&... context) const {
  if (config_.order == LayerOrder::original) return activated_once(x, grid, context...);
  if (config_.order == LayerOrder::pre_activation)
    return pre_activated(activated(x, config_.activation), grid, context...);
  return post_activated(x, grid, context...);
}

}  // namespace nop
