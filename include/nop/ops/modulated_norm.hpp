// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/activation.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/normalization.hpp>
#include <nop/core/shape.hpp>
#include <nop/ops/map.hpp>

#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>

namespace nop {

/// How a modulated norm normalises, and what it ends with.
struct NormOptions {
  std::size_t groups    = 1;  ///< of the channels
  double epsilon        = 1e-5;
  Activation activation = Activation::identity;
};

namespace detail {

struct ModulatedNorm {
  /// sigma(weight_c n_c + bias_c) at every point, n the group norm of a field [batch, channel,
  /// grid...], weight and bias of shape [channel]. Throws PreconditionError unless the groups
  /// divide the channels, there is a point, and each channel has its numbers.
  template <operand X, operand Weight, operand Bias>
    requires(real<element_of<X>> && rank_of<Weight> == 1 && rank_of<Bias> == 1)
  auto operator()(const X& x, const Weight& weight, const Bias& bias,
                  const NormOptions& options) const {
    check(x.shape(), weight.shape(), bias.shape(), options.groups);
    return evaluate(
        [&options](const auto& u, const auto& w, const auto& b) {
          const auto norm = [options, w, b] { return normalization(options, w, b); };
          return with_joint_pullback(result(u, norm()),
                                     [u, norm](const auto& dy, const auto& want) {
                                       using Vector = std::remove_cvref_t<decltype(w)>;
                                       std::tuple<std::optional<std::remove_cvref_t<decltype(u)>>,
                                                  std::optional<Vector>, std::optional<Vector>>
                                           gradients;
                                       pull(u, norm(), dy, want, gradients, nullptr);
                                       return gradients;
                                     });
        },
        x, weight, bias);
  }

  /// sigma((1 + scale) (weight n + bias) + shift) with numbers for each channel of each sample, the
  /// scales and then the shifts [batch, 2 channel]: what a network is told comes in here, such as a
  /// time (Perez et al., AAAI 2018; Dhariwal and Nichol, NeurIPS 2021). Of n times as many numbers
  /// as samples each sample meets n in a row, for [n batch, ...]. Throws PreconditionError for
  /// other numbers than those.
  template <operand X, operand Weight, operand Bias, operand Numbers>
    requires(real<element_of<X>> && rank_of<Weight> == 1 && rank_of<Bias> == 1 &&
             rank_of<Numbers> == 2)
  auto operator()(const X& x, const Weight& weight, const Bias& bias, const Numbers& numbers,
                  const NormOptions& options) const {
    check(x.shape(), weight.shape(), bias.shape(), options.groups);
    expects(numbers.extent(1) == 2 * x.extent(1) && x.extent(0) > 0 && numbers.extent(0) > 0 &&
                numbers.extent(0) % x.extent(0) == 0,
            "modulated_norm: expected scales and shifts [batch, ", 2 * x.extent(1),
            "] for a field of shape ", x.shape(), ", got ", numbers.shape());
    return evaluate(
        [&options](const auto& u, const auto& w, const auto& b, const auto& m) {
          const auto norm = [options, w, b, m, times = m.extent(0) / u.extent(0)] {
            auto all       = normalization(options, w, b);
            all.modulation = m.data();
            all.times      = times;
            return all;
          };
          return with_joint_pullback(result(u, norm()), [u, norm, shape = m.shape()](
                                                            const auto& dy, const auto& want) {
            using Vector     = std::remove_cvref_t<decltype(w)>;
            using Modulation = std::remove_cvref_t<decltype(m)>;
            std::tuple<std::optional<std::remove_cvref_t<decltype(u)>>, std::optional<Vector>,
                       std::optional<Vector>, std::optional<Modulation>>
                gradients;
            auto& by_numbers = std::get<3>(gradients);
            if (want[3]) by_numbers = Modulation::uninitialized(shape);
            pull(u, norm(), dy, want, gradients, by_numbers ? by_numbers->mutable_data() : nullptr);
            return gradients;
          });
        },
        x, weight, bias, numbers);
  }

 private:
  template <std::size_t Rank>
  static void check(const Shape<Rank>& x, const Shape<1>& weight, const Shape<1>& bias,
                    std::size_t groups) {
    expects(groups > 0 && x[1] % groups == 0,
            "modulated_norm: expected a number of groups that divides ", x[1], " channels, got ",
            groups);
    expects(element_count(x, 1) > 0, "modulated_norm: expected at least one point, got ", x);
    expects(weight[0] == x[1] && bias[0] == x[1],
            "modulated_norm: expected a weight and a bias of ", x[1], " channels, got ", weight,
            " and ", bias);
  }

  template <class Vector>
  static auto normalization(const NormOptions& options, const Vector& weight, const Vector& bias) {
    using Real = typename Vector::Element;
    Normalization<Real> norm{options.groups, static_cast<Real>(options.epsilon), weight.data(),
                             bias.data()};
    norm.activation = options.activation;
    return norm;
  }

  template <class Field, class Norm>
  static Field result(const Field& x, const Norm& norm) {
    auto shape = x.shape();
    shape[0] *= norm.times;
    auto y = Field::uninitialized(shape);
    Field::Backend::normalize(channel_box(x.shape()), x.data(), norm, y.mutable_data());
    return y;
  }

  template <class Field, class Norm>
  static void pull(const Field& x, const Norm& norm, const Field& dy, const auto& want,
                   auto& gradients, typename Field::Element* by_numbers) {
    auto& dx      = std::get<0>(gradients);
    auto &dweight = std::get<1>(gradients), &dbias = std::get<2>(gradients);
    using Vector = typename std::remove_cvref_t<decltype(dweight)>::value_type;
    if (want[0]) dx = Field::uninitialized(x.shape());
    if (want[1]) dweight = Vector::uninitialized({x.extent(1)});
    if (want[2]) dbias = Vector::uninitialized({x.extent(1)});
    Field::Backend::pull_normalize(
        channel_box(x.shape()), x.data(), norm, dy.data(), dx ? dx->mutable_data() : nullptr,
        NormalizationGradient<typename Field::Element>{dweight ? dweight->mutable_data() : nullptr,
                                                       dbias ? dbias->mutable_data() : nullptr,
                                                       by_numbers});
  }
};

}  // namespace detail

inline constexpr detail::ModulatedNorm modulated_norm;

}  // namespace nop
