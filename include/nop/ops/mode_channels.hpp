// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>
#include <nop/ops/matrix_product.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace nop {

namespace detail {

struct MixChannelsPerMode {
  /// Y_bo(k) = sum_i X_bi(k) W_io(k): a spectrum [modes..., batch, in] and weights
  /// [modes..., in, out] to [modes..., batch, out]. Throws PreconditionError if they do not fit.
  template <operand X, operand Weight>
  auto operator()(const X& spectrum, const Weight& weight) const {
    check(spectrum, weight);
    return evaluate(rule, spectrum, weight);
  }

  /// The same plus bias_o, of shape [out], in the one mode at `mode`: where its frequency is zero,
  /// that is a constant added to the field. A real bias is added to the real part.
  template <operand X, operand Weight, operand Bias>
  auto operator()(const X& spectrum, const Weight& weight, const Bias& bias,
                  const Shape<rank_of<X> - 2>& mode) const {
    check(spectrum, weight);
    expects(bias.extent(0) == weight.extent(rank_of<X> - 1),
            "mix_channels_per_mode: expected a bias of ", weight.extent(rank_of<X> - 1),
            " channels, got ", bias.shape());
    std::size_t place = 0;
    for (std::size_t axis = 0; axis < mode.rank(); ++axis) {
      expects(mode[axis] < spectrum.extent(axis), "mix_channels_per_mode: expected a mode inside ",
              spectrum.shape(), ", got ", mode);
      place = place * spectrum.extent(axis) + mode[axis];
    }
    return evaluate(
        [place](const auto& x, const auto& w, const auto& b) { return biased(x, w, b, place); },
        spectrum, weight, bias);
  }

 private:
  template <class X, class Weight>
  static void check(const X& spectrum, const Weight& weight) {
    constexpr std::size_t in = rank_of<X> - 2;
    static_assert(rank_of<X> >= 3 && rank_of<Weight> == rank_of<X>,
                  "mix_channels_per_mode: expected a spectrum [modes..., batch, in] and weights "
                  "[modes..., in, out]");
    auto expected = spectrum.shape();
    expected[in] = spectrum.extent(in + 1), expected[in + 1] = weight.extent(in + 1);
    expects(weight.shape() == expected, "mix_channels_per_mode: expected weights of shape ",
            expected, ", got ", weight.shape());
  }

  template <class X, class Weight>
  static auto by_spectrum(const X&, const Weight& w) {
    return [w](const auto& g) { return batched_product(g, Form::plain, w, Form::adjoint); };
  }
  template <class X, class Weight>
  static auto by_weight(const X& x, const Weight&) {
    return [x](const auto& g) { return batched_product(x, Form::adjoint, g, Form::plain); };
  }

  static constexpr auto rule = [](const auto& x, const auto& w) {
    return with_pullbacks(batched_product(x, Form::plain, w, Form::plain), by_spectrum(x, w),
                          by_weight(x, w));
  };

  /// Of one mode: its part of a spectrum as a box [1, batch, channel].
  template <class X>
  static Shape<3> mode_box(const X& x) {
    return {1, x.extent(X::rank - 2), x.extent(X::rank - 1)};
  }

  template <class X, class Weight, class Bias>
  static auto biased(const X& x, const Weight& w, const Bias& bias, std::size_t place) {
    using Backend      = typename X::Backend;
    using Element      = typename X::Element;
    auto y             = batched_product(x, Form::plain, w, Form::plain);
    const Shape<3> box = mode_box(y);
    Element* const at  = y.mutable_data() + place * box[1] * box[2];
    Backend::map(Plus{}, box, whole(at, box), whole<const Element>(at, box),
                 per_inner(bias.data()));
    return with_pullbacks(std::move(y), by_spectrum(x, w), by_weight(x, w), [place](const auto& g) {
      const Shape<3> part = mode_box(g);
      auto gradient       = Bias::uninitialized({part[2]});
      Backend::sum(As<typename Bias::Element>{}, part, per_inner(gradient.mutable_data()),
                   whole(g.data() + place * part[1] * part[2], part));
      return gradient;
    });
  }
};

}  // namespace detail

inline constexpr detail::MixChannelsPerMode mix_channels_per_mode;

}  // namespace nop
