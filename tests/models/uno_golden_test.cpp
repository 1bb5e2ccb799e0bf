// SPDX-License-Identifier: BSD-3-Clause
// A result of the reference library, neuraloperator at commit 93d3f063 (2026), and the naive model
// that leads from it to ours.
#include <nop/backend/cpu.hpp>
#include <nop/models/uno.hpp>

#include "support/golden.hpp"
#include "support/naive_uno.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

namespace nop::test::uno_golden_test {
namespace {

nop::Uno<2, Cpu, double>::Config reference_config() {
  return {.in_channels         = 1,
          .out_channels        = 1,
          .width               = 6,
          .layers              = {{4, {4, 4}, {1, 1}},
                                  {6, {4, 4}, {0.5, 0.5}},
                                  {6, {2, 2}, {1, 1}},
                                  {6, {4, 4}, {2, 2}},
                                  {4, {4, 4}, {1, 1}}},
          .lifting_channels    = 8,
          .projection_channels = 6,
          .interpolation       = nop::reference_interpolation(2)};
}

nop::Uno<2, Cpu, double> reference_model() {
  nop::Uno<2, Cpu, double> model(reference_config(), nop::Initializer::zeros(1 << 20));
  nop::test::fill_with_golden_values(model, nop::test::uno_reference_name);
  return model;
}

/// The reference computed its result in float.
void check_golden(const std::vector<double>& y) {
  REQUIRE(y.size() == 144);
  const double expected[] = {-0.22462122, -0.22520211, -0.22548202};
  for (std::size_t i = 0; i < 3; ++i) CHECK(std::abs(y[i] - expected[i]) < 2e-7);
  CHECK(std::abs(y.back() + 0.22915207) < 2e-7);
  CHECK(std::abs(std::reduce(y.begin(), y.end()) + 32.623049) < 144 * 1e-7);
  CHECK(std::abs(std::inner_product(y.begin(), y.end(), y.begin(), 0.0) - 7.3908926) < 144 * 1e-7);
}

}  // namespace

TEST_CASE("parameters of a U-shaped model have the names of the reference") {
  const auto names = nop::test::reference_names(reference_model(), nop::test::uno_reference_name);
  CHECK(names.contains("fno_blocks.3.convs.0.weight.tensor"));
  CHECK(names.contains("fno_blocks.4.fno_skips.0.conv.weight"));
  CHECK(names.contains("fno_blocks.0.channel_mlp.0.fcs.1.bias"));
  CHECK(names.contains("fno_blocks.2.channel_mlp_skips.0.conv.weight"));
  CHECK(names.contains("horizontal_skips.1.conv.weight"));
  CHECK(names.contains("lifting.fcs.0.weight"));
  CHECK(names.size() == 5 * 8 + 2 + 8);
}

TEST_CASE("the naive model with the reference's convolution answers as the reference") {
  const NaiveUno<2> naive{reference_model(), NaiveUno<2>::Convolution::reference};
  check_golden(naive(nop::test::golden_input<double, Cpu>(Shape{1, 1, 12, 12})).to_host());
}

TEST_CASE("a U-shaped model is the naive model with a convolution that is exact on every grid") {
  const NaiveUno<2> naive{reference_model(), NaiveUno<2>::Convolution::ours};
  for (const auto& grid : {Shape{12UL, 12UL}, Shape{9UL, 14UL}}) {
    const auto x = nop::test::golden_input<double, Cpu>(joined(Shape<2>{1, 1}, grid));
    CHECK(worst_error(reference_model()(x).to_host(), naive(x).to_host()) < 1e-13);
  }
}

TEST_CASE("with the reference's semantics a U-shaped model answers as the reference") {
  auto config      = reference_config();
  config.semantics = nop::Semantics::head;
  nop::Uno<2, Cpu, double> model(config, nop::Initializer::zeros(1 << 20));
  nop::test::fill_with_golden_values(model, nop::test::uno_reference_name);
  check_golden(model(nop::test::golden_input<double, Cpu>(Shape{1, 1, 12, 12})).to_host());
}

}  // namespace nop::test::uno_golden_test
