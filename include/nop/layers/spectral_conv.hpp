// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/autodiff/field.hpp>
#include <nop/autodiff/parameter.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/band.hpp>
#include <nop/core/expects.hpp>
#include <nop/layers/init.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/mode_channels.hpp>
#include <nop/ops/modes.hpp>

#include <cmath>
#include <complex>
#include <cstddef>
#include <optional>

namespace nop {

/// Convolution with a learned kernel, done as a product of Fourier coefficients:
///
///     y = F^-1( R(k) F(x)(k) ) + b   for the kept modes k;   every other mode is 0 (Li et al.
///     2021)
///
/// Maps [batch, in_channels, grid...] to [batch, out_channels, grid...]. The weights belong to
/// modes, not to grid points: one layer serves every grid, and can answer on another than it was
/// asked on. On a grid that holds fewer modes it uses those. `Element` is that of the field, real
/// or complex.
///
/// The weights are complex, stored mode by mode `[modes..., in, out]`, at first normal with
/// E|R|^2 = 2 / (in + out); the bias is real, one number per channel, of the same deviation.
template <std::size_t Dim, backend Backend, scalar Element>
class SpectralConv {
 public:
  struct Config {
    std::size_t in_channels;
    std::size_t out_channels;
    Shape<Dim> modes;  ///< kept per axis, as core/band.hpp counts them
    bool bias            = true;
    FourierEngine engine = FourierEngine::automatic;
  };
  using Weight = Parameter<complex_of<Element>, Dim + 2, Backend>;

  SpectralConv(const Config& config, const Initializer& init)
      : config_(checked(config)),
        weight_(init.normal<complex_of<Element>, Dim + 2, Backend>(
                    joined(spectrum_shape<Element>(config.modes),
                           Shape<2>{config.in_channels, config.out_channels}),
                    deviation(config)),
                FileLayout::channels_first) {
    if (config.bias)
      bias_.emplace(init.normal<Element, 1, Backend>({config.out_channels}, deviation(config)));
  }

  /// The result on the grid of `x`.
  template <field_like<Dim, Backend, Element> Field>
  auto operator()(const Field& x) const {
    return (*this)(x, grid_of(x.shape()));
  }

  /// The result on another grid over the same domain.
  template <field_like<Dim, Backend, Element> Field>
  auto operator()(const Field& x, const Shape<Dim>& output_grid) const {
    expects(x.extent(1) == config_.in_channels, "SpectralConv: expected ", config_.in_channels,
            " channels, got a field of shape ", x.shape());
    const auto modes    = held_modes(held_modes(config_.modes, grid_of(x.shape())), output_grid);
    const auto spectrum = to_leading_modes(x, modes, config_.engine);
    const auto kept =
        joined(spectrum_shape<Element>(modes), Shape<2>{config_.in_channels, config_.out_channels});
    return inverse(kept == weight_.shape() ? mixed(spectrum, weight_, modes)
                                           : mixed(spectrum, kept_weight(x, modes, kept), modes),
                   output_grid);
  }

  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] const Weight& weight() const { return weight_; }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("weight", self.weight_);
    visit("bias", self.bias_);
  }

 private:
  static const Config& checked(const Config& config) {
    expects(config.in_channels > 0 && config.out_channels > 0 && element_count(config.modes) > 0,
            "SpectralConv: expected at least one channel and one mode per axis, got ",
            config.in_channels, " in, ", config.out_channels, " out, modes ", config.modes);
    return config;
  }
  static double deviation(const Config& config) {
    return std::sqrt(2.0 / static_cast<double>(config.in_channels + config.out_channels));
  }

  /// The weights of the modes that are left on a coarse grid.
  template <class Field>
  auto kept_weight(const Field& x, const Shape<Dim>& modes, const Shape<Dim + 2>& shape) const {
    return crop(on_tape_of(x, weight_),
                joined(band_offset<Element>(config_.modes, modes), Shape<2>{}), shape);
  }

  /// The bias is a constant field, so that it is added to one mode and not to every point.
  template <class Spectrum, class Weights>
  auto mixed(const Spectrum& spectrum, const Weights& weight, const Shape<Dim>& modes) const {
    return bias_ ? mix_channels_per_mode(spectrum, weight, *bias_, zero_mode<Element>(modes))
                 : mix_channels_per_mode(spectrum, weight);
  }

  template <class Spectrum>
  auto inverse(const Spectrum& spectrum, const Shape<Dim>& grid) const {
    if constexpr (real<Element>)
      return from_leading_modes(spectrum, grid, config_.engine);
    else
      return complex_from_leading_modes(spectrum, grid, config_.engine);
  }

  Config config_;
  Weight weight_;
  std::optional<Parameter<Element, 1, Backend>> bias_;
};

}  // namespace nop
