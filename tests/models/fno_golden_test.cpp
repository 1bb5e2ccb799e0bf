// SPDX-License-Identifier: BSD-3-Clause
// Results of the reference library, neuraloperator at commit 93d3f063 (2026), as numbers.
#include <nop/backend/cpu.hpp>
#include <nop/models/tfno.hpp>

#include "support/golden.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <string>

namespace nop::test::fno_golden_test {
namespace {

/// What the reference answered: the first three values, the last, the sum, the sum of squares.
struct Golden {
  std::array<double, 3> first;
  double last, sum, sum_of_squares;
};

/// The model of the base case; the cases change a part of it.
template <std::size_t Dim>
nop::FnoConfig<Dim> base(const Shape<Dim>& modes) {
  return {.in_channels = 3, .out_channels = 2, .width = 8, .depth = 3, .modes = modes};
}

/// The largest error of the listed values. Sums add up as many roundings as they have terms, of
/// which most cancel: their errors count per term, less half a unit of the last digit they are
/// given with.
template <nop::real Real, nop::WeightForms Forms, std::size_t Dim>
double worst_error(const nop::FnoConfig<Dim>& config, std::size_t batch, const Shape<Dim>& grid,
                   const Golden& golden) {
  nop::Fno<Dim, Cpu, Real, Forms> model(config, nop::Initializer::zeros(1 << 20));
  nop::test::fill_with_golden_values(model, config.norm == nop::NormKind::batch
                                                ? nop::test::batch_norm_reference_name
                                                : nop::test::reference_name);
  const auto y =
      model(nop::test::golden_input<Real, Cpu>(nop::joined(Shape<2>{batch, 3}, grid))).to_host();
  double error = 0, sum = 0, squares = 0;
  const auto count = [&error](double here) {
    if (!(here <= error)) error = std::isnan(here) ? HUGE_VAL : here;
  };
  for (std::size_t i = 0; i < 3; ++i) count(std::abs(y[i] - golden.first[i]));
  count(std::abs(y.back() - golden.last));
  for (const double value : y) {
    sum += value;
    squares += value * value;
  }
  const auto count_per_term = [&](double got, double expected) {
    const double digits = 0.5 * std::pow(10, std::floor(std::log10(std::abs(expected))) - 7);
    count((std::abs(got - expected) - digits) / static_cast<double>(y.size()));
  };
  count_per_term(sum, golden.sum);
  count_per_term(squares, golden.sum_of_squares);
  return error;
}

/// Checks a case in both precisions. `change` edits the config.
template <nop::WeightForms Forms, std::size_t Dim, class Change>
void check(const Shape<Dim>& modes, std::size_t batch, const Shape<Dim>& grid, const Golden& golden,
           const Change& change) {
  auto config = base(modes);
  change(config);
  CHECK(worst_error<float, Forms>(config, batch, grid, golden) < 2e-6);
  CHECK(worst_error<double, Forms>(config, batch, grid, golden) < 1e-7);
}
template <std::size_t Dim, class Change>
void check(const Shape<Dim>& modes, std::size_t batch, const Shape<Dim>& grid, const Golden& golden,
           const Change& change) {
  check<nop::WeightForms::dense>(modes, batch, grid, golden, change);
}

/// The base case, two samples on a grid of 12 x 13 points, with a change.
template <nop::WeightForms Forms = nop::WeightForms::dense, class Change>
void check_base(const Golden& golden, const Change& change) {
  check<Forms>(Shape{6, 5}, 2, Shape{12, 13}, golden, change);
}

constexpr auto unchanged = [](auto&) {};

}  // namespace

TEST_CASE("the hash has the values that the table of results was made with") {
  const auto close = [](double got, double expected) { return std::abs(got - expected) < 5e-11; };
  CHECK(close(nop::test::golden_hash(0, 0), -0.02350708283));
  CHECK(close(nop::test::golden_hash(1, 0), -0.3078928546));
  CHECK(close(nop::test::golden_hash(0, 1), -0.1199814153));
  CHECK(close(nop::test::golden_hash(5, 1000), -0.4252306595));
}

TEST_CASE("parameters have the names of the reference, in its order") {
  const nop::Fno<2> model(base(Shape{6, 5}), nop::Initializer::zeros(1 << 20));
  const auto names = nop::test::reference_names(model, nop::test::reference_name);
  CHECK(*names.begin() == "fno_blocks.channel_mlp.0.fcs.0.bias");
  CHECK(*names.rbegin() == "projection.fcs.1.weight");
  CHECK(names.contains("fno_blocks.channel_mlp_skips.2.weight"));
  CHECK(names.contains("fno_blocks.convs.1.weight.tensor"));
  CHECK(names.contains("fno_blocks.fno_skips.0.conv.weight"));
  CHECK(names.size() == 3 * 8 + 8);
}

TEST_CASE("the default model answers as the reference in two dimensions") {
  check_base({{0.45693607, 0.45340266, 0.45233783}, 0.1983646, 203.66193, 76.828651}, unchanged);
}

TEST_CASE("the default model answers as the reference in one dimension") {
  check<1>({6}, 2, {17}, {{0.47280561, 0.47360668, 0.4736104}, 0.15842017, 21.524916, 8.4743366},
           unchanged);
}

TEST_CASE("the default model answers as the reference in three dimensions") {
  check<3>({4, 4, 5}, 1, {6, 7, 8},
           {{0.4495071, 0.45008957, 0.44851912}, 0.16952801, 208.71749, 77.967882}, unchanged);
}

TEST_CASE("group norm, pre-activation and the stabilizer together answer as the reference") {
  check_base({{-0.36716052, -0.3622246, -0.37595306}, 0.26189609, -36.928939, 60.47968},
             [](auto& config) {
               config.norm        = nop::NormKind::group;
               config.norm_groups = 4;
               config.order       = nop::LayerOrder::pre_activation;
               config.stabilizer  = nop::Stabilizer::hyperbolic_tangent;
             });
}

TEST_CASE("instance norm answers as the reference") {
  check_base({{0.43139383, 0.4065661, 0.23712038}, 0.47246323, 222.47829, 332.4691},
             [](auto& config) { config.norm = nop::NormKind::instance; });
}

TEST_CASE("batch norm by its running statistics answers as the reference") {
  check_base({{-0.52934061, -0.52934584, -0.5293122}, 0.26716693, -81.794097, 109.69249},
             [](auto& config) { config.norm = nop::NormKind::batch; });
}

TEST_CASE("domain padding answers as the reference") {
  check_base({{0.4590459, 0.45641702, 0.45606965}, 0.19801297, 203.86405, 77.018112},
             [](auto& config) { config.domain_padding = {0.1, 0.3}; });
}

TEST_CASE("a grid that holds fewer modes than the model answers as the reference") {
  check<2>({8, 8}, 2, {6, 6},
           {{0.4628972, 0.46516922, 0.4603329}, 0.17707588, 45.669227, 17.385415}, unchanged);
}

TEST_CASE("an identity skip and a linear skip of the channel MLP answer as the reference") {
  check_base({{0.41778657, 0.38109689, 0.28745467}, -0.0639993, 86.045424, 41.293098},
             [](auto& config) {
               config.skip             = nop::SkipKind::identity;
               config.channel_mlp_skip = nop::SkipKind::linear;
             });
}

TEST_CASE("a model without channel MLP and grid embedding answers as the reference") {
  check_base({{-0.28809861, -0.28211191, -0.29121635}, 0.025527633, -80.884408, 28.815657},
             [](auto& config) {
               config.channel_mlp          = false;
               config.positional_embedding = nop::PositionalEmbedding::none;
             });
}

TEST_CASE("weights of a Tucker decomposition answer as the reference") {
  check_base<nop::WeightForms::all>(
      {{-0.32515365, -0.32559726, -0.32489178}, 0.2372374, -27.281702, 50.385153},
      [](auto& config) { config.weight = {.kind = nop::SpectralWeightKind::tucker, .rank = 0.4}; });
}

TEST_CASE("weights of a CP decomposition answer as the reference") {
  check_base<nop::WeightForms::all>(
      {{-0.32238498, -0.32286615, -0.32209314}, 0.2403145, -25.49014, 50.275891},
      [](auto& config) { config.weight = {.kind = nop::SpectralWeightKind::cp, .rank = 0.2}; });
}

TEST_CASE("weights of a tensor train answer as the reference") {
  check_base<nop::WeightForms::all>(
      {{0.20935941, 0.20886435, 0.20776332}, 0.27190208, 149.77243, 36.573962}, [](auto& config) {
        config.weight = {.kind = nop::SpectralWeightKind::tensor_train, .rank = 0.2};
      });
}

TEST_CASE("weights for more modes than are in use answer as the reference") {
  check_base({{0.47640537, 0.47242385, 0.47105158}, 0.15892883, 197.71844, 77.661951},
             [](auto& config) {  // its last axis has 8 coefficients
               config.modes     = {4, 4};
               config.max_modes = {8, 14};
             });
}

TEST_CASE("an odd grid that holds fewer of an even number of modes answers as the reference") {
  const Golden golden{{0.42621203, 0.41958088, 0.42314494}, 0.20089637, 61.586347, 21.658518};
  check<2>({8, 8}, 2, {7, 7}, golden,
           [](auto& config) { config.semantics = nop::Semantics::head; });
  CHECK(worst_error<double, nop::WeightForms::dense>(base(Shape{8, 8}), 2, Shape{7, 7}, golden) >
        1e-3);
}

TEST_CASE("a model of complex fields answers as the reference") {
  using Complex     = std::complex<double>;
  using Model       = nop::Fno<2, Cpu, Complex>;
  const auto answer = [](nop::Semantics semantics) {
    Model model({.in_channels  = 3,
                 .out_channels = 2,
                 .width        = 8,
                 .depth        = 3,
                 .modes        = {6, 6},
                 .semantics    = semantics},
                nop::Initializer::zeros(1 << 20));
    nop::test::fill_with_golden_values(model);
    return model(nop::test::golden_input<Complex, Cpu>(Shape<4>{2, 3, 12, 12})).to_host();
  };
  const auto y     = answer(nop::Semantics::head);
  const auto close = [](Complex got, Complex expected, double tolerance) {
    return std::abs(got - expected) < tolerance;
  };
  CHECK(close(y[0], {0.2606421, 0.7117774}, 1e-6));
  CHECK(close(y[1], {0.2349152, 0.7160705}, 1e-6));
  CHECK(close(y.back(), {0.2009765, 0.391151}, 1e-6));
  Complex sum    = 0;
  double squares = 0;
  for (const Complex value : y) {
    sum += value;
    squares += std::norm(value);
  }
  CHECK(close(sum, {119.0547, 317.0562}, 3e-4));
  CHECK(std::abs(squares - 216.42729) < 3e-4);
  CHECK(nop::test::worst_error(answer(nop::Semantics::exact), y) > 1e-2);
}

}  // namespace nop::test::fno_golden_test
