// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/core/rng.hpp>
#include <nop/layers/spectral_weight/contraction.hpp>
#include <nop/layers/spectral_weight/form.hpp>
#include <nop/ops/mode_channels.hpp>

#include "support/layer_battery.hpp"
#include "support/naive_weight.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstddef>
#include <utility>
#include <vector>

/// \file
/// What every form of spectral weights that is made of factors has to fulfil.

namespace nop::test {

/// The product of a spectrum with a form of weights, one way or the other.
template <class Form, std::size_t Dim>
struct FormProduct {
  Form form;
  ModeBox<Dim> box;
  Contraction contraction = Contraction::rebuilt;

  template <class Spectrum>
  auto operator()(const Spectrum& spectrum) const {
    if constexpr (Form::channel_axes == 1)
      return detail::scale_channels_per_mode(spectrum, form.rebuilt(spectrum, box));
    else
      return contraction == Contraction::rebuilt
                 ? mix_channels_per_mode(spectrum, form.rebuilt(spectrum, box))
                 : form.factorised(spectrum, box);
  }
  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("form", self.form);
  }
};

/// A form against its definition, on the modes of a box; both products; all gradients.
template <class Form, std::size_t Axes, std::size_t Dim = Axes - Form::channel_axes>
void check_form(SpectralWeightKind kind, const Shape<Axes>& shape,
                const std::vector<std::size_t>& ranks, const ModeBox<Dim>& box) {
  CAPTURE(shape);
  CAPTURE(box.first);
  CAPTURE(box.extents);
  using Complex = std::complex<double>;
  Rng rng(1);
  const Form form(shape, {.kind = kind, .ranks = ranks}, 1.0, rng);
  const NaiveWeight naive(form, kind);
  constexpr std::size_t channels = Form::channel_axes;
  const std::size_t in = shape[0], out = shape[channels - 1];
  const auto spectrum = random_field<Complex>(joined(box.extents, Shape<2>{2, in}));

  std::vector<std::size_t> order(box.extents.begin(), box.extents.end());
  order.insert(order.end(), shape.begin(), shape.begin() + channels);
  std::vector<Complex> weights;
  NaiveWeight::for_each_index(order, [&](const std::vector<std::size_t>& at) {
    std::vector<std::size_t> index(at.begin() + Dim, at.end());
    for (std::size_t axis = 0; axis < Dim; ++axis) index.push_back(box.first[axis] + at[axis]);
    weights.push_back(naive.entry(index));
  });
  CHECK(worst_error(form.rebuilt(spectrum, box).to_host(), weights) < 1e-13);

  std::vector<Complex> expected;
  const auto x = spectrum.to_host();
  for (std::size_t k = 0; k < element_count(box.extents); ++k)
    for (std::size_t b = 0; b < 2; ++b)
      for (std::size_t o = 0; o < out; ++o) {
        Complex sum = 0;
        if constexpr (channels == 1)
          sum = x[(k * 2 + b) * in + o] * weights[k * in + o];
        else
          for (std::size_t i = 0; i < in; ++i)
            sum += x[(k * 2 + b) * in + i] * weights[(k * in + i) * out + o];
        expected.push_back(sum);
      }
  for (const auto contraction : {Contraction::rebuilt, Contraction::factorised}) {
    if (channels == 1 && contraction == Contraction::factorised) continue;
    const FormProduct<Form, Dim> product{form, box, contraction};
    CHECK(worst_error(product(spectrum).to_host(), expected) < 1e-13);
    check_gradients(product, spectrum);
    check_ways_to_call(product, spectrum);
    check_adjoint(product, spectrum);
  }
}

/// The mean of |R|^2 over many weights.
template <class Form, std::size_t Axes>
double mean_square(SpectralWeightKind kind, const Shape<Axes>& shape, double rank,
                   double deviation) {
  constexpr std::size_t dim = Axes - Form::channel_axes;
  double total = 0, count = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng(seed);
    const Form form(shape, {.kind = kind, .rank = rank}, deviation, rng);
    const ModeBox<dim> all{{}, subshape<Form::channel_axes, dim>(shape)};
    const auto anything = random_field<std::complex<double>>(Shape<1>{1});
    for (const auto weight : form.rebuilt(anything, all).to_host()) {
      total += std::norm(weight);
      ++count;
    }
  }
  return total / count;
}

}  // namespace nop::test
