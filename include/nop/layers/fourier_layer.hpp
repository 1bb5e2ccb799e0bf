// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/layers/channel_mlp.hpp>
#include <nop/layers/complex_valued.hpp>
#include <nop/layers/norm.hpp>
#include <nop/layers/skip.hpp>
#include <nop/layers/spectral_conv.hpp>
#include <nop/ops/activation.hpp>
#include <nop/ops/complex_parts.hpp>
#include <nop/ops/mix_chain.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>

namespace nop {

/// Where the activation stands in a Fourier layer.
enum class LayerOrder {
  post_activation,  ///< after the convolution and after the channel MLP
  pre_activation    ///< before the convolution
};
constexpr auto enumerator_names(LayerOrder) {
  return std::to_array<const char*>({"post_activation", "pre_activation"});
}

/// What bounds the input of a spectral convolution.
enum class Stabilizer {
  none,
  hyperbolic_tangent  ///< tanh(x) goes into the convolution, x past it
};
constexpr auto enumerator_names(Stabilizer) {
  return std::to_array<const char*>({"none", "hyperbolic_tangent"});
}

/// One layer of a Fourier neural operator (Li et al. 2021), with the channel MLP of its successors:
///
///     y = sigma( norm( K x ) + skip(x) ),    z = sigma( norm( mlp(y) + mlp_skip(x) ) )
///
/// for [batch, channels, grid...] to the same shape. The last layer of a model has no sigma outside
/// its MLP. In pre-activation order x is first replaced by norm(sigma(x)), and then
///
///     y = norm( sigma( K x + skip(x) ) ),    z = mlp(y) + mlp_skip(x).
///
/// Without an MLP, z is y in the first form followed by norm and sigma again, and y in the second.
///
/// On complex fields sigma acts on both parts, and the other layers of real fields are two of their
/// kind, f + i g. What has no parameters, an identity or an instance norm, acts on both parts
/// unless the semantics are those of the reference library.
template <std::size_t Dim, backend Backend, scalar Element>
class FourierLayer {
  using Real = real_of<Element>;

 public:
  struct Config {
    std::size_t channels;
    Shape<Dim> modes;
    bool is_last                 = false;
    Activation activation        = Activation::gelu;
    LayerOrder order             = LayerOrder::post_activation;
    Stabilizer stabilizer        = Stabilizer::none;
    SkipKind skip                = SkipKind::linear;
    NormKind norm                = NormKind::none;
    std::size_t norm_groups      = 1;
    bool channel_mlp             = true;
    SkipKind channel_mlp_skip    = SkipKind::soft_gating;
    double channel_mlp_expansion = 0.5;  ///< hidden channels of the MLP per channel
    double channel_mlp_dropout   = 0;
    FourierEngine engine         = FourierEngine::automatic;
    Shape<Dim> max_modes         = {};  ///< as in SpectralConv
    SpectralWeightForm weight    = {};
    Semantics semantics          = Semantics::exact;
  };

  FourierLayer(const Config& config, const Initializer& init)
      : config_(config),
        convolution_({.in_channels  = config.channels,
                      .out_channels = config.channels,
                      .modes        = config.modes,
                      .engine       = config.engine,
                      .max_modes    = config.max_modes,
                      .weight       = config.weight,
                      .semantics    = config.semantics},
                     init),
        skip_(skip_of(config, config.skip, init)),
        first_norm_(norm_of(config)),
        second_norm_(norm_of(config)) {
    if (!config.channel_mlp) return;
    const double hidden =
        std::nearbyint(static_cast<double>(config.channels) * config.channel_mlp_expansion);
    expects(hidden >= 1,
            "FourierLayer: expected a channel_mlp_expansion that leaves a hidden channel, got ",
            config.channel_mlp_expansion);
    mlp_.emplace(layer_on<Element, ChannelMlp<Backend, Real>>(
        ComplexParts::mixed,
        typename ChannelMlp<Backend, Real>::Config{
            .in_channels     = config.channels,
            .hidden_channels = static_cast<std::size_t>(hidden),
            .out_channels    = config.channels,
            .activation      = config.activation,
            .dropout         = config.channel_mlp_dropout},
        init));
    mlp_skip_.emplace(skip_of(config, config.channel_mlp_skip, init));
  }

  template <field_like<Dim, Backend, Element> Field, std::same_as<Rng>... Random>
  auto operator()(const Field& x, Random&... random) const {
    return config_.order == LayerOrder::post_activation
               ? post_activated(x, random...)
               : pre_activated(activated(x, config_.activation), random...);
  }

  [[nodiscard]] const SpectralConv<Dim, Backend, Element>& convolution() const {
    return convolution_;
  }
  /// Uses other modes from now on; see SpectralConv.
  void set_modes(const Shape<Dim>& modes) { convolution_.set_modes(modes); }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("convolution", self.convolution_);
    visit("skip", self.skip_);
    visit("mlp", self.mlp_);
    visit("mlp_skip", self.mlp_skip_);
    visit("norm.0", self.first_norm_);
    visit("norm.1", self.second_norm_);
  }

 private:
  template <class Field, class... Random>
  auto post_activated(const Field& x, Random&... random) const {
    const auto k = convolved(x);
    if constexpr (real<Element>)
      if (is_chain(random...))  // the same as below, in one pass over memory
        return mix_chain(x, through(*skip_.weight()).plus(k).then(between()), mlp_->first(),
                         mlp_->second().plus_gated(*mlp_skip_->gate()).then(between()));
    const auto y = activated(skip_.add_to(first_norm_(k), x), between());
    const auto z = mlp_ ? mlp_skip_->add_to((*mlp_)(y, random...), x) : y;
    return activated(second_norm_(z), between());
  }

  /// Is the layer, but for its convolution, a chain of channel mixings? By default it is.
  template <class... Random>
  bool is_chain(const Random&... random) const {
    return config_.norm == NormKind::none && config_.skip == SkipKind::linear && mlp_ &&
           config_.channel_mlp_skip == SkipKind::soft_gating && !mlp_->drops_out(random...);
  }

  template <class Field, class... Random>
  auto pre_activated(const Field& sigma, Random&... random) const {
    const auto x = first_norm_(sigma);
    const auto y = second_norm_(activated(skip_.add_to(convolved(x), x), between()));
    return mlp_ ? mlp_skip_->add_to((*mlp_)(y, random...), x) : y;
  }

  template <class Field>
  auto convolved(const Field& x) const {
    return config_.stabilizer == Stabilizer::hyperbolic_tangent
               ? convolution_(on_parts(nop::tanh, x))
               : convolution_(x);
  }

  template <class Field>
  static auto activated(const Field& x, Activation activation) {
    return on_parts([activation](const auto& part) { return activate(part, activation); }, x);
  }

  using RealSkip = Skip<Backend, Real>;
  using RealNorm = Norm<Backend, Real>;

  static auto skip_of(const Config& config, SkipKind kind, const Initializer& init) {
    const bool separate = kind == SkipKind::identity && config.semantics == Semantics::exact;
    return layer_on<Element, RealSkip>(
        separate ? ComplexParts::separate : ComplexParts::mixed,
        typename RealSkip::Config{
            .kind = kind, .in_channels = config.channels, .out_channels = config.channels},
        init);
  }
  static auto norm_of(const Config& config) {
    const bool separate = config.norm == NormKind::none || (config.norm == NormKind::instance &&
                                                            config.semantics == Semantics::exact);
    return layer_on<Element, RealNorm>(
        separate ? ComplexParts::separate : ComplexParts::mixed,
        typename RealNorm::Config{
            .kind = config.norm, .channels = config.channels, .groups = config.norm_groups});
  }

  /// The activation between layers, which the last one does without.
  [[nodiscard]] Activation between() const {
    return config_.is_last ? Activation::identity : config_.activation;
  }

  Config config_;
  SpectralConv<Dim, Backend, Element> convolution_;
  LayerOn<Element, RealSkip> skip_;
  std::optional<LayerOn<Element, ChannelMlp<Backend, Real>>> mlp_;
  std::optional<LayerOn<Element, RealSkip>> mlp_skip_;
  LayerOn<Element, RealNorm> first_norm_;
  LayerOn<Element, RealNorm> second_norm_;
};

}  // namespace nop
