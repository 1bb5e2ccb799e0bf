// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/normalization.hpp>
#include <nop/core/shape.hpp>

#include "backend_array.hpp"
#include "naive_normalization.hpp"
#include "random_field.hpp"
#include "tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

/// \file
/// What the normalizations of every backend have to do, and their gradients.

namespace nop::test {

/// Random operands of a normalization, on the host.
template <class Real>
struct NormOperands {
  Shape<3> box;
  std::vector<Real> x, weight, bias, modulation, dy;
  std::size_t groups, times;
  Activation activation;

  NormOperands(const Shape<3>& box_, std::size_t groups_, std::size_t times_,
               Activation activation_)
      : box(box_),
        x(random_values<Real>(element_count(box), 1)),
        weight(random_values<Real>(box[1], 2)),
        bias(random_values<Real>(box[1], 3)),
        modulation(random_values<Real>(box[0] * times_ * 2 * box[1], 4)),
        dy(random_values<Real>(element_count(box) * std::max<std::size_t>(times_, 1), 5)),
        groups(groups_),
        times(times_),
        activation(activation_) {}

  /// By operands that are there; no times are no modulation.
  [[nodiscard]] Normalization<Real> norm(const Real* w, const Real* b, const Real* told) const {
    Normalization<Real> all{groups, Real(0.125), w, b};
    all.activation = activation;
    if (times == 0) return all;
    all.modulation = told;
    all.times      = times;
    return all;
  }
  [[nodiscard]] Normalization<Real> norm() const {
    return norm(weight.data(), bias.data(), modulation.data());
  }
};

/// Which gradients are asked for.
struct WantedNormGradients {
  bool x = true, weight = true, bias = true, modulation = true;
};

/// The result of a backend, in memory that held no numbers.
template <class Backend, class Real>
std::vector<Real> normalized(const NormOperands<Real>& all) {
  using Array = BackendArray<Backend, Real>;
  const Array x(all.x), weight(all.weight), bias(all.bias), told(all.modulation);
  Array y(all.dy.size(), std::numeric_limits<Real>::quiet_NaN());
  Backend::normalize(all.box, x.data(), all.norm(weight.data(), bias.data(), told.data()),
                     y.data());
  return y.values();
}

/// The gradients by x, weight, bias and modulation, or NaN where they are not wanted.
template <class Backend, class Real>
std::vector<std::vector<Real>> norm_gradients(const NormOperands<Real>& all,
                                              const WantedNormGradients& want = {}) {
  using Array            = BackendArray<Backend, Real>;
  constexpr Real nothing = std::numeric_limits<Real>::quiet_NaN();
  const Array x(all.x), weight(all.weight), bias(all.bias), told(all.modulation), dy(all.dy);
  Array dx(all.x.size(), nothing), dweight(all.weight.size(), nothing),
      dbias(all.bias.size(), nothing), dtold(all.modulation.size(), nothing);
  Backend::pull_normalize(
      all.box, x.data(), all.norm(weight.data(), bias.data(), told.data()), dy.data(),
      want.x ? dx.data() : nullptr,
      NormalizationGradient<Real>{want.weight ? dweight.data() : nullptr,
                                  want.bias ? dbias.data() : nullptr,
                                  want.modulation && all.times > 0 ? dtold.data() : nullptr});
  return {dx.values(), dweight.values(), dbias.values(), dtold.values()};
}

template <class Real>
std::vector<Real> naively_normalized(const NormOperands<Real>& all) {
  auto y = all.dy;
  naive_normalize(all.box, all.x.data(), all.norm(), y.data());
  return y;
}
template <class Real>
std::vector<std::vector<Real>> naive_norm_gradients(const NormOperands<Real>& all) {
  auto dx = all.x, dweight = all.weight, dbias = all.bias, dtold = all.modulation;
  naive_pull_normalize(all.box, all.x.data(), all.norm(), all.dy.data(), dx.data(),
                       NormalizationGradient<Real>{dweight.data(), dbias.data(),
                                                   all.times > 0 ? dtold.data() : nullptr});
  return {dx, dweight, dbias, dtold};
}

/// In this precision against the definition in double.
template <class Backend, class Real>
void check_normalization(const Shape<3>& box, std::size_t groups, std::size_t times,
                         Activation activation) {
  CAPTURE(box);
  CAPTURE(groups);
  CAPTURE(times);
  CHECK(worst_error(normalized<Backend>(NormOperands<Real>(box, groups, times, activation)),
                    naively_normalized(NormOperands<double>(box, groups, times, activation))) <
        rounding<Real>);
}

/// The same for its gradients.
template <class Backend, class Real>
void check_norm_gradients(const Shape<3>& box, std::size_t groups, std::size_t times,
                          Activation activation) {
  CAPTURE(box);
  CAPTURE(groups);
  CAPTURE(times);
  const auto got      = norm_gradients<Backend>(NormOperands<Real>(box, groups, times, activation));
  const auto expected = naive_norm_gradients(NormOperands<double>(box, groups, times, activation));
  for (std::size_t which = 0; which < got.size(); ++which) {
    CAPTURE(which);
    CHECK(worst_error(got[which], expected[which]) < rounding<Real>);
  }
}

/// Calls `check(box, groups, times, activation)` for every activation, and for few and many groups,
/// points and times.
void for_each_normalization(const auto& check) {
  for (const auto activation :
       {Activation::identity, Activation::gelu, Activation::relu, Activation::leaky_relu,
        Activation::silu, Activation::tanh, Activation::selu})
    check(Shape<3>{2, 6, 8}, 3, 1, activation);
  for (const std::size_t times : {0U, 1U, 3U}) {
    for (const auto activation : {Activation::identity, Activation::silu, Activation::gelu}) {
      check(Shape<3>{2, 6, 7}, 3, times, activation);
      check(Shape<3>{3, 4, 49}, 1, times, activation);
      check(Shape<3>{1, 4, 1}, 2, times, activation);
    }
    check(Shape<3>{2, 8, 196}, 8, times, Activation::gelu);
    check(Shape<3>{2, 3, 1100}, 1, times, Activation::identity);
  }
}

/// Gradients that have no place are not written, and those that have are the same.
template <class Backend>
void check_wanted_norm_gradients(std::size_t points) {
  CAPTURE(points);
  const auto is_nan = [](double value) { return value != value; };
  const NormOperands<double> all({2, 4, points}, 2, 2, Activation::silu);
  const auto expected = naive_norm_gradients(all);
  for (std::size_t only = 0; only < 4; ++only) {
    const auto got = norm_gradients<Backend>(all, {only == 0, only == 1, only == 2, only == 3});
    for (std::size_t which = 0; which < got.size(); ++which) {
      CAPTURE(only);
      CAPTURE(which);
      if (which == only)
        CHECK(worst_error(got[which], expected[which]) < rounding<double>);
      else
        CHECK(std::all_of(got[which].begin(), got[which].end(), is_nan));
    }
  }
}

}  // namespace nop::test
