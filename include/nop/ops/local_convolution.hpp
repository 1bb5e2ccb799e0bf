// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/convolution_size.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/shape.hpp>
#include <nop/ops/map.hpp>

#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>

namespace nop {

namespace detail {

struct LocalConvolution {
  /// y_o(p) = sum_t sum_i weight_toi x_i(p + t - floor((k - 1) / 2)) over the points t of a kernel
  /// of k along each axis, where a real field is 0 outside of its grid: a cross-correlation that
  /// keeps the grid. [batch, in, grid...] and a weight [kernel..., out, in] to [batch, out,
  /// grid...]. Throws PreconditionError if the channels differ or something is empty.
  template <operand X, operand Weight>
    requires(real<element_of<X>> && rank_of<Weight> == rank_of<X>)
  auto operator()(const X& x, const Weight& weight) const {
    check(x.shape(), weight.shape());
    return evaluate(
        [](const auto& u, const auto& w) {
          return with_joint_pullback(
              result(u, w, nullptr),
              [u, w](const auto& dy, const auto& wanted) { return pulled(u, w, dy, wanted); });
        },
        x, weight);
  }

  /// The same plus bias_o, of shape [out].
  template <operand X, operand Weight, operand Bias>
    requires(real<element_of<X>> && rank_of<Weight> == rank_of<X> && rank_of<Bias> == 1)
  auto operator()(const X& x, const Weight& weight, const Bias& bias) const {
    check(x.shape(), weight.shape());
    expects(bias.extent(0) == weight.extent(rank_of<X> - 2),
            "local_convolution: expected a bias of ", weight.extent(rank_of<X> - 2),
            " channels, got ", bias.shape());
    return evaluate(
        [](const auto& u, const auto& w, const auto& b) {
          return with_joint_pullback(result(u, w, b.data()), [u, w](const auto& dy,
                                                                    const auto& wanted) {
            auto by_bias = wanted[2] ? std::optional(summed_by_channel(Same{}, dy)) : std::nullopt;
            return std::tuple_cat(pulled(u, w, dy, wanted), std::tuple(std::move(by_bias)));
          });
        },
        x, weight, bias);
  }

 private:
  template <std::size_t Rank>
  static void check(const Shape<Rank>& x, const Shape<Rank>& weight) {
    expects(weight[Rank - 1] == x[1] && element_count(weight) > 0 && element_count(x, 1) > 0,
            "local_convolution: expected a field of at least one point and a weight [kernel..., "
            "out, in] for its channels, got ",
            x, " and ", weight);
  }

  template <class Field, class Weight>
  static auto size_of(const Field& x, const Weight& weight) {
    constexpr std::size_t dim = Field::rank - 2;
    return ConvolutionSize<dim>{x.extent(0), x.extent(1), weight.extent(dim), grid_of(x.shape()),
                                subshape<0, dim>(weight.shape())};
  }

  template <class Field, class Weight>
  static Field result(const Field& x, const Weight& weight, const typename Field::Element* bias) {
    const auto size = size_of(x, weight);
    auto y          = Field::uninitialized(with_channels(x.shape(), size.out));
    Field::Backend::convolve(size, x.data(), weight.data(), bias, y.mutable_data());
    return y;
  }

  /// The gradients by x and by the weight.
  template <class Field, class Weight>
  static auto pulled(const Field& x, const Weight& weight, const Field& dy, const auto& wanted) {
    std::tuple<std::optional<Field>, std::optional<Weight>> gradients;
    auto& [dx, dweight] = gradients;
    if (wanted[0]) dx = Field::uninitialized(x.shape());
    if (wanted[1]) dweight = Weight::uninitialized(weight.shape());
    Field::Backend::pull_convolve(size_of(x, weight), x.data(), weight.data(), dy.data(),
                                  dx ? dx->mutable_data() : nullptr,
                                  dweight ? dweight->mutable_data() : nullptr);
    return gradients;
  }
};

}  // namespace detail

inline constexpr detail::LocalConvolution local_convolution;

}  // namespace nop
