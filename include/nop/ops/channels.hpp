// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/ops/map.hpp>
#include <nop/ops/mix_chain.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace nop {

namespace detail {

/// [batch, channel, points] as one matrix per sample.
template <class Field>
Matrices<const typename Field::Element> samples(const Field& x) {
  const Shape<3> box = channel_box(x.shape());
  return {x.data(), box[2], box[1] * box[2]};
}
template <class Field>
Matrices<typename Field::Element> mutable_samples(Field& x) {
  const Shape<3> box = channel_box(x.shape());
  return {x.mutable_data(), box[2], box[1] * box[2]};
}

/// The pullbacks of y = weight x, by x and by weight [out, in].
template <class X, class Weight>
auto mix_pullbacks(const X& x, const Weight& weight) {
  using Backend   = typename X::Backend;
  const auto by_x = [weight](const auto& g) {
    const Shape<3> box = channel_box(g.shape());
    auto gx            = X::uninitialized(with_channels(g.shape(), weight.extent(1)));
    Backend::multiply(
        {box[0], weight.extent(1), box[1], box[2]},
        Matrices<const typename X::Element>{weight.data(), weight.extent(1), 0, Form::adjoint},
        samples(g), mutable_samples(gx), Update::overwrite);
    return gx;
  };
  const auto by_weight = [x](const auto& g) {
    const Shape<3> box = channel_box(g.shape());
    auto gw            = Weight::uninitialized({box[1], x.extent(1)});
    auto inputs        = samples(x);
    inputs.form        = Form::adjoint;
    Backend::multiply({box[0], box[1], box[2], x.extent(1)}, samples(g), inputs,
                      Matrices<typename X::Element>{gw.mutable_data(), x.extent(1), 0},
                      Update::overwrite);
    return gw;
  };
  return std::pair(by_x, by_weight);
}

struct AddChannels {
  /// x_c + bias_c at every point; bias of shape [channel].
  template <operand X, operand Bias>
  auto operator()(const X& x, const Bias& bias) const {
    expects(x.extent(1) == bias.extent(0), "add_channels: expected a bias of ", x.extent(1),
            " channels, got ", bias.shape());
    return evaluate(rule, x, bias);
  }

 private:
  static constexpr auto rule = [](const auto& x, const auto& bias) {
    return with_pullbacks(mapped_by_channel(Plus{}, x, bias), pass_gradient,
                          [](const auto& g) { return summed_by_channel(Same{}, g); });
  };
};

struct MixChannels {
  /// y_o = sum_i weight_oi x_i at every point: [batch, in, grid...] and weight [out, in] to
  /// [batch, out, grid...]. Throws PreconditionError if the channels differ.
  template <operand X, operand Weight>
  auto operator()(const X& x, const Weight& weight) const {
    expects(x.extent(1) == weight.extent(1), "mix_channels: expected ", weight.extent(1),
            " channels, got a field of shape ", x.shape());
    if constexpr (real<element_of<X>>)
      return mix_chain(x, through(weight));
    else
      return evaluate(complex_rule, x, weight);
  }

  /// The same plus bias_o, of shape [out].
  template <operand X, operand Weight, operand Bias>
  auto operator()(const X& x, const Weight& weight, const Bias& bias) const {
    expects(x.extent(1) == weight.extent(1), "mix_channels: expected ", weight.extent(1),
            " channels, got a field of shape ", x.shape());
    expects(bias.extent(0) == weight.extent(0), "mix_channels: expected a bias of ",
            weight.extent(0), " channels, got ", bias.shape());
    if constexpr (real<element_of<X>>)
      return mix_chain(x, through(weight, bias));
    else
      return AddChannels{}(evaluate(complex_rule, x, weight), bias);
  }

 private:
  static constexpr auto complex_rule = [](const auto& x, const auto& weight) {
    using Field        = std::remove_cvref_t<decltype(x)>;
    const Shape<3> box = channel_box(x.shape());
    auto y             = Field::uninitialized(with_channels(x.shape(), weight.extent(0)));
    Field::Backend::multiply({box[0], weight.extent(0), box[1], box[2]},
                             Matrices<const typename Field::Element>{weight.data(), box[1], 0},
                             samples(x), mutable_samples(y), Update::overwrite);
    auto [by_x, by_weight] = mix_pullbacks(x, weight);
    return with_pullbacks(std::move(y), by_x, by_weight);
  };
};

struct ScaleChannels {
  /// x_c gate_c at every point: a field [batch, channel, grid...] and a gate [channel] to the shape
  /// of x. Throws PreconditionError if the channels differ.
  template <operand X, operand Gate>
  auto operator()(const X& x, const Gate& gate) const {
    expects(x.extent(1) == gate.extent(0), "scale_channels: expected a gate of ", x.extent(1),
            " channels, got ", gate.shape());
    return evaluate(rule, x, gate);
  }

 private:
  static constexpr auto rule = [](const auto& x, const auto& gate) {
    return with_pullbacks(
        mapped_by_channel(Times{}, x, gate),
        [gate](const auto& g) { return mapped_by_channel(TimesConjugate{}, g, gate); },
        [x](const auto& g) { return summed_by_channel(TimesConjugate{}, g, x); });
  };
};

}  // namespace detail

inline constexpr detail::MixChannels mix_channels;
inline constexpr detail::AddChannels add_channels;
inline constexpr detail::ScaleChannels scale_channels;

}  // namespace nop
