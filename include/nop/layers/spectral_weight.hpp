// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/autodiff/parameter.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/expects.hpp>
#include <nop/layers/init.hpp>
#include <nop/layers/spectral_weight/contraction.hpp>
#include <nop/layers/spectral_weight/cp.hpp>
#include <nop/layers/spectral_weight/form.hpp>
#include <nop/layers/spectral_weight/tensor_train.hpp>
#include <nop/layers/spectral_weight/tucker.hpp>
#include <nop/ops/mode_bias.hpp>
#include <nop/ops/mode_channels.hpp>

#include <cmath>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <variant>

namespace nop {

/// The weights R of a spectral convolution, Y_o(k) = sum_i X_i(k) R_io(k), in one of their forms.
/// At first E|R|^2 = 2 / (in + out) in all of them. Throws PreconditionError for a form that
/// `Forms` leaves out.
template <std::size_t Dim, backend Backend, complex Complex, WeightForms Forms>
class SpectralWeight {
 public:
  struct Config {
    std::size_t in_channels;
    std::size_t out_channels;
    Shape<Dim> stored;  ///< coefficients per axis
    SpectralWeightForm form;
  };
  /// A dense form: in memory [modes..., in, out], in files [in, out, modes...].
  using Dense = Parameter<Complex, Dim + 2, Backend>;
  /// A dense separable form: in memory [modes..., channel], in files [channel, modes...].
  using Diagonal = Parameter<Complex, Dim + 1, Backend>;

  SpectralWeight(const Config& config, const Initializer& init)
      : config_(config), weight_(made(config, init)) {}

  /// Of each weight.
  static double deviation(const Config& config) {
    return std::sqrt(2.0 / static_cast<double>(config.in_channels + config.out_channels));
  }

  /// A spectrum [modes..., batch, in], of the modes that begin at `first` among those stored, times
  /// the weights: [modes..., batch, out]. What is given beside is added: a bias [out] and the mode
  /// to which it is.
  template <field Spectrum, class... Bias>
  auto operator()(const Spectrum& spectrum, const Shape<Dim>& first, const Bias&... bias) const {
    const ModeBox<Dim> box{first, subshape<0, Dim>(spectrum.shape())};
    return std::visit([&](const auto& weight) { return mixed(weight, spectrum, box, bias...); },
                      weight_);
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("weight", self.weight_);
  }

 private:
  template <std::size_t Channels>
  using Tucker = TuckerWeight<Dim, Channels, Backend, Complex>;
  template <std::size_t Channels>
  using Cp = CpWeight<Dim, Channels, Backend, Complex>;
  template <std::size_t Channels>
  using TensorTrain = TensorTrainWeight<Dim, Channels, Backend, Complex>;
  using Weight      = std::conditional_t<Forms == WeightForms::dense, std::variant<Dense, Diagonal>,
                                         std::variant<Dense, Diagonal, Tucker<2>, Tucker<1>, Cp<2>,
                                                      Cp<1>, TensorTrain<2>, TensorTrain<1>>>;

  static Weight made(const Config& config, const Initializer& init) {
    if (config.form.mixing == ChannelMixing::full)
      return made_for<2>(config, {config.in_channels, config.out_channels}, init);
    expects(config.in_channels == config.out_channels,
            "SpectralWeight: expected as many channels out as in for separable weights, got ",
            config.in_channels, " in and ", config.out_channels, " out");
    return made_for<1>(config, {config.in_channels}, init);
  }

  template <std::size_t Channels>
  static Weight made_for(const Config& config, const Shape<Channels>& channels,
                         const Initializer& init) {
    const double each = deviation(config);
    if constexpr (Forms == WeightForms::all) {
      const auto shape = joined(channels, config.stored);
      switch (config.form.kind) {
        case SpectralWeightKind::tucker:
          return Tucker<Channels>(shape, config.form, each, init);
        case SpectralWeightKind::cp:
          return Cp<Channels>(shape, config.form, each, init);
        case SpectralWeightKind::tensor_train:
          return TensorTrain<Channels>(shape, config.form, each, init);
        case SpectralWeightKind::dense:
          break;
      }
    }
    expects(
        config.form.kind == SpectralWeightKind::dense,
        "SpectralWeight: expected dense weights of a model compiled for WeightForms::dense, got "
        "those made of factors, as a Tfno has them");
    return Parameter<Complex, Dim + Channels, Backend>(
        init.normal<Complex, Dim + Channels, Backend>(joined(config.stored, channels), each),
        Channels == 1 ? FileLayout::channel_first : FileLayout::channels_first);
  }

  template <class Spectrum, class... Bias>
  auto mixed(const Dense& weight, const Spectrum& spectrum, const ModeBox<Dim>& box,
             const Bias&... bias) const {
    return box.extents == config_.stored
               ? mix_channels_per_mode(spectrum, weight, bias...)
               : mix_channels_per_mode(spectrum, kept(spectrum, weight, box), bias...);
  }
  template <class Spectrum, class... Bias>
  auto mixed(const Diagonal& weight, const Spectrum& spectrum, const ModeBox<Dim>& box,
             const Bias&... bias) const {
    return biased(detail::scale_channels_per_mode(spectrum, kept(spectrum, weight, box)), bias...);
  }
  template <class Form, class Spectrum, class... Bias>
  auto mixed(const Form& weight, const Spectrum& spectrum, const ModeBox<Dim>& box,
             const Bias&... bias) const {
    if constexpr (Form::channel_axes == 1)
      return biased(detail::scale_channels_per_mode(spectrum, weight.rebuilt(spectrum, box)),
                    bias...);
    else
      return is_rebuilt(weight, spectrum.extent(Dim))
                 ? mix_channels_per_mode(spectrum, weight.rebuilt(spectrum, box), bias...)
                 : biased(weight.factorised(spectrum, box), bias...);
  }

  template <class Form>
  [[nodiscard]] bool is_rebuilt(const Form& weight, std::size_t batch) const {
    const auto cost = weight.cost(batch);
    return config_.form.contraction == Contraction::rebuilt ||
           (config_.form.contraction == Contraction::automatic && cost.rebuilt < cost.factorised);
  }

  template <class X, class Parameter>
  auto kept(const X& x, const Parameter& weight, const ModeBox<Dim>& box) const {
    const auto all = on_tape_of(x, weight);
    if (box.extents == config_.stored) return all;
    auto from = Shape<Parameter::rank>{}, shape = weight.shape();
    for (std::size_t axis = 0; axis < Dim; ++axis)
      from[axis] = box.first[axis], shape[axis] = box.extents[axis];
    return crop(all, from, shape);
  }

  template <class Spectrum, class... Bias>
  static auto biased(const Spectrum& spectrum, const Bias&... bias) {
    if constexpr (sizeof...(Bias) == 0)
      return spectrum;
    else
      return add_to_mode(spectrum, bias...);
  }

  Config config_;
  Weight weight_;
};

}  // namespace nop
