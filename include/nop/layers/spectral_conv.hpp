// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/autodiff/parameter.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/band.hpp>
#include <nop/core/expects.hpp>
#include <nop/layers/init.hpp>
#include <nop/layers/reference_convolution.hpp>
#include <nop/layers/reference_semantics.hpp>
#include <nop/layers/spectral_weight.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/complex_parts.hpp>
#include <nop/ops/mode_bias.hpp>
#include <nop/ops/modes.hpp>

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
/// The weights are complex, at first random with E|R|^2 = 2 / (in + out); they may be separable or
/// made of factors (spectral_weight/form.hpp). The bias is real, one number per channel, of the
/// same deviation.
template <std::size_t Dim, backend Backend, scalar Element, WeightForms Forms = WeightForms::dense>
class SpectralConv {
 public:
  struct Config {
    std::size_t in_channels;
    std::size_t out_channels;
    Shape<Dim> modes;  ///< in use per axis, as core/band.hpp counts them
    bool bias            = true;
    FourierEngine engine = FourierEngine::automatic;
    /// Weights are stored for these, of which `modes` are in use; 0 for as many as in use. The
    /// reference library gives the last axis of a real field by its coefficients: m/2 + 1 there.
    Shape<Dim> max_modes      = {};
    SpectralWeightForm weight = {};
    Semantics semantics       = Semantics::exact;
  };
  using Weight = SpectralWeight<Dim, Backend, complex_of<Element>, Forms>;
  using Bias   = Parameter<real_of<Element>, 1, Backend>;

  SpectralConv(const Config& config, const Initializer& init)
      : config_(checked(config)), weight_(weight_config(config_), init) {
    if (config.bias)
      bias_.emplace(init.normal<real_of<Element>, 1, Backend>(
          {config.out_channels}, Weight::deviation(weight_config(config))));
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
    if (config_.semantics != Semantics::exact) {
      const auto reference = reference_for(grid_of(x.shape()), output_grid);
      if (reference.differs_from_exact()) return as_reference(x, output_grid, reference);
    }
    const auto modes    = held_modes(held_modes(config_.modes, grid_of(x.shape())), output_grid);
    const auto spectrum = to_leading_modes(x, modes, config_.engine);
    const auto first    = band_offset<Element>(config_.max_modes, modes);
    // The bias is a constant field, so that it is added to one mode and not to every point.
    return inverse(bias_ ? weight_(spectrum, first, *bias_, zero_mode<Element>(modes))
                         : weight_(spectrum, first),
                   output_grid);
  }

  /// Uses other modes from now on: any number up to those that weights are stored for. Throws
  /// PreconditionError for 0 or more of them.
  void set_modes(const Shape<Dim>& modes) {
    auto changed  = config_;
    changed.modes = modes;
    config_       = checked(changed);
  }

  /// Does a field on `grid` get another answer on `output_grid` than with exact semantics?
  [[nodiscard]] bool differs_from_exact(const Shape<Dim>& grid,
                                        const Shape<Dim>& output_grid) const {
    return reference_for(grid, output_grid).differs_from_exact();
  }

  [[nodiscard]] const Config& config() const { return config_; }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    Weight::members(self.weight_, visit);
    visit("bias", self.bias_);
  }

 private:
  using Reference = ReferenceConvolution<Element, Dim, Backend>;

  static Config checked(Config config) {
    expects(config.in_channels > 0 && config.out_channels > 0 && element_count(config.modes) > 0,
            "SpectralConv: expected at least one channel and one mode per axis, got ",
            config.in_channels, " in, ", config.out_channels, " out, modes ", config.modes);
    for (std::size_t axis = 0; axis < Dim; ++axis)
      if (config.max_modes[axis] == 0) config.max_modes[axis] = config.modes[axis];
    expects(held_modes(config.modes, config.max_modes) == config.modes,
            "SpectralConv: expected modes of at most ", config.max_modes, ", got ", config.modes);
    return config;
  }
  static typename Weight::Config weight_config(const Config& config) {
    return {.in_channels  = config.in_channels,
            .out_channels = config.out_channels,
            .stored       = spectrum_shape<Element>(config.max_modes),
            .form         = config.weight};
  }

  template <class Spectrum>
  auto inverse(const Spectrum& spectrum, const Shape<Dim>& grid) const {
    if constexpr (real<Element>)
      return from_leading_modes(spectrum, grid, config_.engine);
    else
      return complex_from_leading_modes(spectrum, grid, config_.engine);
  }

  [[nodiscard]] Reference reference_for(const Shape<Dim>& grid,
                                        const Shape<Dim>& output_grid) const {
    expects(element_count(grid) > 0 && element_count(output_grid) > 0,
            "SpectralConv: expected grids of at least one point, got ", grid, " and ", output_grid);
    return {config_.semantics, grid, output_grid, spectrum_shape<Element>(config_.modes),
            spectrum_shape<Element>(config_.max_modes)};
  }

  /// The result of the version that the weights come from.
  template <class Field>
  auto as_reference(const Field& x, const Shape<Dim>& output_grid,
                    const Reference& reference) const {
    auto read = to_leading_modes(x, reference.read_modes(), config_.engine);
    for (std::size_t axis = 0; axis < Dim; ++axis)
      read = axis_product(read, reference.reading(axis), axis);
    auto written = weight_(read, reference.first());
    for (std::size_t axis = 0; axis < Dim; ++axis)
      written = axis_product(written, reference.writing(axis), axis);
    if (bias_)
      written =
          add_to_mode(written, *bias_, zero_mode<complex_of<Element>>(reference.written_modes()));
    const auto y = complex_from_leading_modes(written, output_grid, config_.engine);
    if constexpr (real<Element>)
      return real_part(y);
    else
      return y;
  }

  Config config_;
  Weight weight_;
  std::optional<Bias> bias_;
};

}  // namespace nop
