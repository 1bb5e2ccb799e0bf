// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/activation.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/time_mixing.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>

namespace nop {

namespace detail {

/// [batch, steps, channels, ...] as [batch, steps, channels, points].
template <std::size_t Rank>
constexpr Shape<4> time_box(const Shape<Rank>& shape) {
  return {shape[0], shape[1], shape[2], element_count(shape, 3)};
}

struct TemporalConvolution {
  /// A temporal convolution block (Zheng et al. 2023), at every point alone:
  ///
  ///     y(t) = x(t) + sigma( F^-1( R(k) F(x)(k) )(t) )
  ///
  /// for x [batch, steps, channels, ...], F along the steps, and complex weights R [modes, channels
  /// in, channels out] of the frequencies k = 0, ..., modes - 1, of those that the steps can hold,
  /// k <= steps / 2. Every other frequency is dropped. Of the result only the steps t >= from are
  /// made, [batch, steps - from, channels, ...]. Throws PreconditionError if the channels differ,
  /// or nothing is given or wanted.
  template <operand X, operand Weight>
    requires(rank_of<X> >= 3 && rank_of<Weight> == 3)
  auto operator()(const X& x, const Weight& weight, Activation sigma, std::size_t from = 0) const {
    const std::size_t channels = x.extent(2), modes = weight.extent(0);
    expects(channels > 0 && weight.extent(1) == channels && weight.extent(2) == channels,
            "temporal_convolution: expected weights [modes, channels, channels] for a field "
            "[batch, steps, channels, ...], got ",
            weight.shape(), " and ", x.shape());
    expects(modes > 0 && x.extent(1) > 0,
            "temporal_convolution: expected at least one mode and one step, got ", modes,
            " modes for a field of shape ", x.shape());
    expects(from < x.extent(1), "temporal_convolution: expected one of ", x.extent(1),
            " steps to answer from, got ", from);
    return evaluate([sigma, from](const auto& u, const auto& r) { return rule(u, r, sigma, from); },
                    x, weight);
  }

 private:
  template <class Field, class Weight>
  static auto rule(const Field& x, const Weight& weight, Activation sigma, std::size_t from) {
    auto shape = x.shape();
    shape[1] -= from;
    auto y = Field::uninitialized(shape);
    Field::Backend::mix_time(time_box(x.shape()), x.data(), mixing(x, weight, sigma, from),
                             y.mutable_data());
    return with_joint_pullback(
        std::move(y), [x, weight, sigma, from](const auto& dy, const auto& wanted) {
          std::tuple<std::optional<Field>, std::optional<Weight>> gradients;
          auto& [dx, dweight] = gradients;
          if (wanted[0]) dx = Field::uninitialized(x.shape());
          if (wanted[1]) dweight = Weight(weight.shape());  // zero for modes that are dropped
          Field::Backend::pull_mix_time(
              time_box(x.shape()), x.data(), mixing(x, weight, sigma, from), dy.data(),
              dx ? dx->mutable_data() : nullptr, dweight ? dweight->mutable_data() : nullptr);
          return gradients;
        });
  }

  template <class Field, class Weight>
  static auto mixing(const Field& x, const Weight& weight, Activation sigma, std::size_t from) {
    return TimeMixing<typename Field::Element>{std::min(weight.extent(0), x.extent(1) / 2 + 1),
                                               weight.data(), sigma, from};
  }
};

}  // namespace detail

inline constexpr detail::TemporalConvolution temporal_convolution;

}  // namespace nop
