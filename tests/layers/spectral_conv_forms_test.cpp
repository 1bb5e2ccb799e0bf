// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/tape.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/layers/spectral_conv.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/ops/modes.hpp>
#include <nop/ops/reduce.hpp>

#include "support/layer_battery.hpp"
#include "support/naive_weight.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::spectral_conv_forms_test {

using Kind    = nop::SpectralWeightKind;
using Complex = std::complex<double>;
template <std::size_t Dim, class Element = double>
using Layer = nop::SpectralConv<Dim, Cpu, Element, nop::WeightForms::all>;

namespace {

/// Calls `visit(form)` for every form of weights and every way to multiply by it.
template <class Visit>
void for_each_form(const Visit& visit) {
  for (const auto kind : {Kind::dense, Kind::tucker, Kind::cp, Kind::tensor_train})
    for (const auto mixing : {ChannelMixing::full, ChannelMixing::separable})
      for (const auto contraction : {Contraction::factorised, Contraction::rebuilt}) {
        const bool one_way = kind == Kind::dense || mixing == ChannelMixing::separable;
        if (one_way && contraction == Contraction::rebuilt) continue;
        CAPTURE(static_cast<int>(kind));
        CAPTURE(static_cast<int>(mixing));
        CAPTURE(static_cast<int>(contraction));
        visit(nop::SpectralWeightForm{
            .kind = kind, .mixing = mixing, .rank = 0.4, .contraction = contraction});
      }
}

template <class Element = double, std::size_t Dim>
Layer<Dim, Element> layer(const Shape<Dim>& modes, const nop::SpectralWeightForm& form,
                          bool bias = true, const Shape<Dim>& max_modes = {}) {
  nop::Rng rng(1);
  return {{.in_channels  = 3,
           .out_channels = 3,
           .modes        = modes,
           .bias         = bias,
           .max_modes    = max_modes,
           .weight       = form},
          rng};
}

/// The layer with dense weights of the same values.
template <class Element, std::size_t Dim>
Layer<Dim, Element> as_dense(const Layer<Dim, Element>& conv) {
  const auto& form = conv.config().weight;
  auto config      = conv.config();
  config.weight    = {};
  nop::Rng rng(1);
  Layer<Dim, Element> dense(config, rng);
  const nop::test::NaiveWeight naive(conv, form.kind, "weight.");
  auto& weight = nop::test::parameter_of<nop::Parameter<Complex, Dim + 2, Cpu>>(dense, "weight");
  std::vector<Complex> values;
  nop::test::NaiveWeight::for_each_index(
      {weight.shape().begin(), weight.shape().end()}, [&](const std::vector<std::size_t>& at) {
        const std::size_t in = at[Dim], out = at[Dim + 1];
        std::vector<std::size_t> index = {in};
        if (form.mixing == ChannelMixing::full) index.push_back(out);
        index.insert(index.end(), at.begin(), at.begin() + Dim);
        const bool present = form.mixing == ChannelMixing::full || in == out;
        values.push_back(present ? naive.entry(index) : 0);
      });
  weight.assign(nop::test::field_of(weight.shape(), values));
  using Bias = nop::Parameter<double, 1, Cpu>;
  nop::test::parameter_of<Bias>(dense, "bias")
      .assign(nop::test::parameter_of<Bias>(conv, "bias").value());
  return dense;
}

template <class Element = double, std::size_t Dim>
void check_dense(const Shape<Dim>& grid, const Shape<Dim>& modes, const Shape<Dim>& output_grid,
                 const Shape<Dim>& max_modes = {}) {
  CAPTURE(grid);
  CAPTURE(modes);
  CAPTURE(output_grid);
  CAPTURE(max_modes);
  const auto x = random_field<Element>(joined(Shape<2>{2, 3}, grid));
  for_each_form([&](const nop::SpectralWeightForm& form) {
    const auto conv = layer<Element>(modes, form, true, max_modes);
    CHECK(worst_error(conv(x, output_grid).to_host(), as_dense(conv)(x, output_grid).to_host()) <
          1e-12);
  });
}

template <class Element = double, std::size_t Dim>
void check_battery(const Shape<Dim>& grid, const Shape<Dim>& modes) {
  CAPTURE(grid);
  CAPTURE(modes);
  const auto x = random_field<Element>(joined(Shape<2>{2, 3}, grid));
  for_each_form([&](const nop::SpectralWeightForm& form) {
    nop::test::check_function(layer<Element>(modes, form), x);
    nop::test::check_adjoint(layer<Element>(modes, form, false), x);
    nop::test::check_translation(layer<Element>(modes, form, false), x);
  });
}

}  // namespace

TEST_CASE("a convolution with weights of any form is that with dense weights of the same values") {
  for (const std::size_t n : {4U, 5U, 8U, 9U})
    for (const std::size_t m : {4U, 5U, 7U}) {
      check_dense(Shape{n}, Shape{m}, Shape{n});
      check_dense(Shape{n}, Shape{m}, Shape{n + 3});
      check_dense(Shape{n}, Shape{m}, Shape{n - 2});
    }
  check_dense(Shape{6, 7}, Shape{4, 5}, Shape{6, 7});
  check_dense(Shape{5, 4}, Shape{6, 6}, Shape{10, 6});
  check_dense(Shape{4, 5, 3}, Shape{3, 6, 4}, Shape{4, 5, 3});
  check_dense(Shape{3, 4, 2, 5}, Shape{2, 3, 3, 4}, Shape{3, 4, 2, 5});
  check_dense<Complex>(Shape{5, 6}, Shape{6, 4}, Shape{7, 3});
  check_dense<Complex>(Shape{3, 4, 5}, Shape{2, 3, 4}, Shape{3, 4, 5});
}

TEST_CASE("of more weights than are in use those of the same frequencies are taken") {
  for (const std::size_t most : {5U, 6U, 8U, 9U})
    for (const std::size_t m : {4U, 5U}) {
      check_dense(Shape{7, 8}, Shape{m, m}, Shape{7, 8}, Shape{most, most});
      check_dense<Complex>(Shape{9}, Shape{m}, Shape{9}, Shape{most});
    }
  // Fewer modes in use make the same of a field as all do of the field without the others.
  for_each_form([&](const nop::SpectralWeightForm& form) {
    auto conv      = layer(Shape{7, 8}, form);
    const auto x   = random_field(Shape{2, 3, 9, 9});
    const auto low = nop::from_modes(nop::to_modes(x, Shape{5, 4}), Shape{9, 9});
    const auto y   = conv(low).to_host();
    conv.set_modes({5, 4});
    CHECK(conv.config().modes == Shape<2>{5, 4});
    CHECK(worst_error(conv(x).to_host(), y) < 1e-12);
    conv.set_modes({7, 8});
    CHECK(worst_error(conv(x).to_host(), layer(Shape{7, 8}, form)(x).to_host()) < 1e-15);
  });
}

TEST_CASE("modes that no weights are stored for are refused") {
  auto conv = layer(Shape{4, 4}, {}, true, Shape{6, 8});
  conv.set_modes({6, 8});
  CHECK_THROWS_WITH_AS(conv.set_modes({7, 8}),
                       "SpectralConv: expected modes of at most [6, 8], got [7, 8]",
                       nop::PreconditionError);
  CHECK_THROWS_AS(conv.set_modes({0, 8}), nop::PreconditionError);
  CHECK(conv.config().modes == Shape<2>{6, 8});
  CHECK_THROWS_AS(layer(Shape{4, 4}, {}, true, Shape{3, 8}), nop::PreconditionError);
}

TEST_CASE("a convolution of one axis passes the battery with weights of any form") {
  for (const std::size_t m : {3U, 4U, 7U}) check_battery(Shape{5}, Shape{m});
  check_battery(Shape{6}, Shape{5});
  check_battery<Complex>(Shape{5}, Shape{4});
}

TEST_CASE("a convolution of more axes passes the battery with weights of any form") {
  check_battery(Shape{4, 5}, Shape{3, 6});
  check_battery(Shape{3, 2, 3}, Shape{2, 3, 3});
  check_battery(Shape{2, 3, 2, 3}, Shape{2, 2, 1, 2});
  check_battery<Complex>(Shape{3, 4}, Shape{4, 2});
}

TEST_CASE("two grids agree on a field that both resolve, with weights of any form") {
  const auto low = random_field<Complex>(Shape{1, 3, 5, 3});
  for (const std::size_t modes : {5U, 6U, 8U})
    for_each_form([&](const nop::SpectralWeightForm& form) {
      const auto conv = layer(Shape{modes, modes}, form);
      const auto fine = nop::from_modes(low, Shape{16, 16});
      for (const std::size_t n : {15U, 9U, 8U, 7U, 6U, 5U}) {
        const Shape<2> grid = {n, n};
        CHECK(worst_error(conv(nop::from_modes(low, grid)).to_host(), conv(fine, grid).to_host()) <
              1e-12);
      }
    });
}

TEST_CASE("the answer on another grid is the trigonometric interpolant, with weights of any form") {
  const auto x = random_field(Shape{1, 3, 9, 8});
  for_each_form([&](const nop::SpectralWeightForm& form) {
    const auto conv = layer(Shape{5, 5}, form);
    const auto all  = nop::to_modes(conv(x), Shape{9, 7});
    for (const auto& grid : {Shape<2>{18, 16}, {14, 12}, {6, 5}})
      CHECK(worst_error(conv(x, grid).to_host(),
                        nop::from_modes(nop::to_modes(conv(x), Shape{5, 5}), grid).to_host()) <
            1e-12);
    CHECK(worst_error(nop::from_modes(all, Shape{9, 8}).to_host(), conv(x).to_host()) < 1e-12);
  });
}

TEST_CASE("descending the gradient lowers the loss with weights of any form") {
  const auto x      = random_field(Shape{4, 3, 6, 7}, 1);
  const auto target = random_field(Shape{4, 3, 6, 7}, 2);
  for_each_form([&](const nop::SpectralWeightForm& form) {
    auto conv       = layer(Shape{5, 4}, form);
    const auto loss = [&](nop::Tape& tape) {
      return nop::sum_of_squares(nop::subtract(conv(tape.input(x)), tape.input(target)));
    };
    double first = 0, last = 0;
    for (int step = 0; step < 20; ++step) {
      nop::Tape tape;
      const auto value = loss(tape);
      last             = value.item();
      if (step == 0) first = last;
      const auto gradients = tape.gradient(value);
      nop::for_each_parameter(conv, [&](const auto&, auto& parameter) {
        REQUIRE(gradients.contains(parameter));
        parameter.assign(
            nop::subtract(parameter.value(), nop::scale_by(gradients[parameter], 1e-3)));
      });
    }
    CHECK(last < 0.99 * first);
  });
}

}  // namespace nop::test::spectral_conv_forms_test
