// SPDX-License-Identifier: BSD-3-Clause
// A result of the reference library, neuraloperator at commit 93d3f063 (2026), of a model that
// scales its grid: ours with its semantics, and ours in all but the convolution of the layer that
// scales.
#include <nop/backend/cpu.hpp>
#include <nop/models/fno.hpp>

#include "support/golden.hpp"
#include "support/naive_uno.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstddef>
#include <numeric>
#include <vector>

namespace nop::test::fno_grid_golden_test {
namespace {

nop::Fno<2, Cpu, double> reference_model(nop::Semantics semantics) {
  nop::Fno<2, Cpu, double> model({.in_channels   = 3,
                                  .out_channels  = 2,
                                  .width         = 8,
                                  .depth         = 3,
                                  .modes         = {6, 5},
                                  .scaling       = {{1, 1}, {2, 2}, {1, 1}},
                                  .interpolation = nop::reference_interpolation(2),
                                  .semantics     = semantics},
                                 nop::Initializer::zeros(1 << 20));
  nop::test::fill_with_golden_values(model, nop::test::reference_name);
  return model;
}

nop::Tensor<double, 4, Cpu> reference_input() {
  return nop::test::golden_input<double, Cpu>(Shape{2, 3, 8, 10});
}

/// The reference computed its result in float.
void check_golden(const std::vector<double>& y) {
  REQUIRE(y.size() == 2 * 2 * 16 * 20);
  const double expected[] = {0.46007192, 0.45988196, 0.45932031};
  for (std::size_t i = 0; i < 3; ++i) CHECK(std::abs(y[i] - expected[i]) < 5e-7);
  CHECK(std::abs(y.back() - 0.1967206) < 5e-7);
  CHECK(std::abs(std::reduce(y.begin(), y.end()) - 417.75777) < 1280 * 2e-7);
  CHECK(std::abs(std::inner_product(y.begin(), y.end(), y.begin(), 0.0) - 157.43582) < 1280 * 2e-7);
}

}  // namespace

TEST_CASE("with the reference's semantics a model that scales its grid answers as the reference") {
  check_golden(reference_model(nop::Semantics::head)(reference_input()).to_host());
}

TEST_CASE("a model that scales its grid answers as the reference but for one convolution") {
  const auto model = reference_model(nop::Semantics::exact);
  const auto x     = reference_input();
  CHECK(model.output_grid({8, 10}) == Shape<2>{16, 20});

  Rng rng(1);
  using Layer      = nop::FourierLayer<2, Cpu, double>;
  const auto layer = [&](const std::string& name, bool is_last) {
    return taken(
        model, name,
        Layer({.in_channels = 8, .out_channels = 8, .modes = {6, 5}, .is_last = is_last}, rng));
  };
  const auto first = layer("layers.0", false)(
      taken(model, "lifting",
            nop::Lifting<2, Cpu, double>(
                {.in_channels = 3, .hidden_channels = 16, .out_channels = 8}, rng))(x));
  using Weight = nop::Parameter<std::complex<double>, 4, Cpu>;
  using Vector = nop::Parameter<double, 1, Cpu>;
  const auto k = nop::test::naive_reference_convolution<2>(
      first, nop::test::parameter_of<Weight>(model, "layers.1.convolution.weight").value(),
      nop::test::parameter_of<Vector>(model, "layers.1.convolution.bias").value().to_host(), {6, 5},
      {16, 20});
  const auto past = nop::resample(first, Shape<2>{16, 20}, nop::reference_interpolation(2));
  const auto skip = [&](const std::string& name, nop::SkipKind kind) {
    return taken(model, name,
                 nop::Skip<Cpu, double>({.kind = kind, .in_channels = 8, .out_channels = 8}, rng));
  };
  const auto mlp = taken(model, "layers.1.mlp",
                         nop::ChannelMlp<Cpu, double>(
                             {.in_channels = 8, .hidden_channels = 4, .out_channels = 8}, rng));
  const auto y   = nop::gelu(skip("layers.1.skip", nop::SkipKind::linear).add_to(k, past));
  const auto second =
      nop::gelu(skip("layers.1.mlp_skip", nop::SkipKind::soft_gating).add_to(mlp(y), past));
  const auto result = taken(model, "projection",
                            nop::ChannelMlp<Cpu, double>(
                                {.in_channels = 8, .hidden_channels = 16, .out_channels = 2}, rng))(
                          layer("layers.2", true)(second))
                          .to_host();
  check_golden(result);
}

}  // namespace nop::test::fno_grid_golden_test
