// SPDX-License-Identifier: BSD-3-Clause
// Results of the reference library's versions 2.0.0 and 1.0.2, as numbers, and of their definition.
#include <nop/backend/cpu.hpp>
#include <nop/layers/spectral_conv.hpp>

#include "support/golden.hpp"
#include "support/layer_battery.hpp"
#include "support/naive_reference_conv.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <initializer_list>
#include <vector>

namespace nop::test::spectral_conv_semantics_test {

using Complex = std::complex<double>;
template <std::size_t Dim, class Element>
using Layer = nop::SpectralConv<Dim, Cpu, Element, nop::WeightForms::all>;

namespace {

constexpr auto origins = {Semantics::head, Semantics::v2_0, Semantics::v1_0};

/// A convolution from two channels to three.
template <class Element, std::size_t Dim>
Layer<Dim, Element> layer(Semantics semantics, const Shape<Dim>& modes,
                          const Shape<Dim>& max_modes = {}, bool bias = true) {
  Rng rng(1);
  return {{.in_channels  = 2,
           .out_channels = 3,
           .modes        = modes,
           .bias         = bias,
           .max_modes    = max_modes,
           .semantics    = semantics},
          rng};
}

template <std::size_t Dim>
std::vector<std::size_t> extents(const Shape<Dim>& shape) {
  return {shape.begin(), shape.end()};
}

/// The result of the steps that the reference takes.
template <class Element, std::size_t Dim, class Field>
std::vector<Complex> naive(const Layer<Dim, Element>& conv, const Field& x,
                           const Shape<Dim>& output_grid) {
  const auto& config = conv.config();
  const auto stored  = nop::spectrum_shape<Element>(config.max_modes);
  const auto ours = nop::test::parameter_of<nop::Parameter<Complex, Dim + 2, Cpu>>(conv, "weight")
                        .value()
                        .to_host();
  std::vector<Complex> weight(ours.size());
  for (std::size_t k = 0; k < element_count(stored); ++k)
    for (std::size_t pair = 0; pair < 6; ++pair)
      weight[pair * element_count(stored) + k] = ours[k * 6 + pair];
  const nop::test::NaiveReferenceConv reference{
      .semantics   = config.semantics,
      .real_field  = nop::real<Element>,
      .batch       = x.extent(0),
      .in          = 2,
      .out         = 3,
      .grid        = extents(nop::grid_of(x.shape())),
      .output_grid = extents(output_grid),
      .used        = extents(nop::spectrum_shape<Element>(config.modes)),
      .stored      = extents(stored),
      .weight      = weight};
  const auto values = x.to_host();
  auto y            = reference({values.begin(), values.end()});
  const auto bias =
      nop::test::parameter_of<nop::Parameter<double, 1, Cpu>>(conv, "bias").value().to_host();
  for (std::size_t i = 0; i < y.size(); ++i) y[i] += bias[i / element_count(output_grid) % 3];
  return y;
}

template <class Element, std::size_t Dim>
void check(const Shape<Dim>& grid, const Shape<Dim>& modes, const Shape<Dim>& output_grid,
           const Shape<Dim>& max_modes = {}) {
  CAPTURE(grid);
  CAPTURE(modes);
  CAPTURE(output_grid);
  CAPTURE(max_modes);
  const auto x     = random_field<Element>(joined(Shape<2>{2, 2}, grid));
  const auto exact = layer<Element>(Semantics::exact, modes, max_modes)(x, output_grid).to_host();
  for (const auto semantics : origins) {
    CAPTURE(static_cast<int>(semantics));
    const auto conv = layer<Element>(semantics, modes, max_modes);
    const auto y    = conv(x, output_grid);
    CHECK(y.shape() == joined(Shape<2>{2, 3}, output_grid));
    CHECK(nop::test::worst_error(y.to_host(), naive(conv, x, output_grid)) < 1e-12);
    const bool differs = nop::test::worst_error(y.to_host(), exact) > 1e-10;
    CHECK(conv.differs_from_exact(grid, output_grid) == differs);
  }
}

/// Every combination of even and odd numbers along one axis of a few, and along the last.
template <class Element>
void check_parities() {
  for (const std::size_t n : {4U, 5U, 7U, 8U})
    for (const std::size_t m : {3U, 4U, 6U, 8U})
      for (const std::size_t to : {n, std::size_t{3}, std::size_t{4}, 2 * n, 2 * n + 1}) {
        check<Element>(Shape{n}, Shape{m}, Shape{to});
        check<Element>(Shape{n, std::size_t{5}}, Shape{m, std::size_t{3}},
                       Shape{to, std::size_t{5}});
        check<Element>(Shape{std::size_t{6}, n}, Shape{std::size_t{4}, m},
                       Shape{std::size_t{6}, to});
      }
}

}  // namespace

TEST_CASE("real fields are convolved by the steps of each version of the reference") {
  check_parities<double>();
  check<double>(Shape{5, 6, 7}, Shape{4, 3, 8}, Shape{5, 6, 7});
  check<double>(Shape{4, 5, 6}, Shape{3, 6, 6}, Shape{8, 3, 9});
  check<double>(Shape{3, 4, 5, 4}, Shape{2, 3, 4, 3}, Shape{3, 5, 4, 6});
  check<double>(Shape{1, 1}, Shape{2, 3}, Shape{2, 2});
}

TEST_CASE("complex fields are convolved by the steps of each version of the reference") {
  check_parities<Complex>();
  check<Complex>(Shape{5, 6, 7}, Shape{4, 3, 8}, Shape{5, 6, 7});
  check<Complex>(Shape{3, 4, 5}, Shape{3, 6, 4}, Shape{6, 3, 4});
}

TEST_CASE("some of the weights are used by the steps of each version of the reference") {
  for (const std::size_t m : {3U, 4U})
    for (const std::size_t most : {5U, 6U, 7U, 8U}) {
      check<double>(Shape{9, 8}, Shape{m, m}, Shape{9, 8}, Shape{most, most});
      check<double>(Shape{5, 4}, Shape{m, m}, Shape{5, 4}, Shape{most, most});
      check<Complex>(Shape{9, 8}, Shape{m, m}, Shape{9, 8}, Shape{most, most});
      check<Complex>(Shape{7}, Shape{m}, Shape{7}, Shape{most});
    }
}

TEST_CASE("on even grids that hold an even number of modes all versions agree with exact") {
  for (const auto semantics : origins) {
    CHECK_FALSE(layer<double>(semantics, Shape{6, 5}).differs_from_exact({12, 13}, {12, 13}));
    CHECK_FALSE(layer<double>(semantics, Shape{6}).differs_from_exact({11}, {22}));
  }
  const auto differs = [](Semantics semantics, const Shape<2>& modes, const Shape<2>& grid,
                          const Shape<2>& output_grid) {
    return layer<double>(semantics, modes).differs_from_exact(grid, output_grid);
  };
  CHECK(differs(Semantics::head, {8, 8}, {7, 7}, {7, 7}));
  CHECK_FALSE(differs(Semantics::head, {6, 6}, {13, 12}, {13, 12}));
  CHECK(differs(Semantics::v2_0, {6, 6}, {13, 12}, {13, 12}));
  CHECK_FALSE(differs(Semantics::v2_0, {5, 5}, {12, 12}, {12, 12}));
  CHECK(differs(Semantics::v1_0, {5, 5}, {12, 12}, {12, 12}));
  CHECK(differs(Semantics::head, {6, 6}, {12, 12}, {24, 24}));
  CHECK_FALSE(differs(Semantics::exact, {8, 8}, {7, 7}, {9, 24}));
}

TEST_CASE("gradients are right in the semantics of the reference, of all forms of weights") {
  for (const auto semantics : origins)
    for (const auto kind : {nop::SpectralWeightKind::dense, nop::SpectralWeightKind::tucker,
                            nop::SpectralWeightKind::cp, nop::SpectralWeightKind::tensor_train}) {
      const auto conv = [&]<class Element>(Element, bool bias) {
        Rng rng(1);
        return Layer<2, Element>({.in_channels  = 2,
                                  .out_channels = 2,
                                  .modes        = {4, 4},
                                  .bias         = bias,
                                  .weight       = {.kind = kind, .rank = 0.5},
                                  .semantics    = semantics},
                                 rng);
      };
      const auto x = random_field(Shape{2, 2, 3, 5});
      REQUIRE(conv(0.0, true).differs_from_exact({3, 5}, {3, 5}));
      nop::test::check_function(conv(0.0, true), x);
      nop::test::check_adjoint(conv(0.0, false), x);
      const auto z = random_field<Complex>(Shape{2, 2, 3, 5});
      nop::test::check_function(conv(Complex{}, true), z);
    }
}

namespace {

/// What a version of the reference answered: the first three values, the last, the sum, the sum of
/// squares, of a convolution from 3 channels to 2 of two samples.
template <class Element>
struct Golden {
  std::array<Element, 3> first;
  Element last, sum;
  double sum_of_squares;
};

template <class Element, std::size_t Dim>
void check_golden(Semantics semantics, const Shape<Dim>& grid, const Shape<Dim>& modes,
                  const Golden<Element>& golden, const Shape<Dim>& max_modes = {},
                  Shape<Dim> output_grid = {}) {
  CAPTURE(grid);
  CAPTURE(static_cast<int>(semantics));
  if (output_grid == Shape<Dim>{}) output_grid = grid;
  Layer<Dim, Element> conv({.in_channels  = 3,
                            .out_channels = 2,
                            .modes        = modes,
                            .max_modes    = max_modes,
                            .semantics    = semantics},
                           nop::Initializer::zeros(1 << 20));
  nop::test::fill_with_golden_values(
      conv, [](const std::string& path) { return path; });  // "bias" < "weight", as there
  const auto y =
      conv(nop::test::golden_input<Element, Cpu>(joined(Shape<2>{2, 3}, grid)), output_grid)
          .to_host();
  for (std::size_t i = 0; i < 3; ++i) CHECK(std::abs(y[i] - golden.first[i]) < 1e-6);
  CHECK(std::abs(y.back() - golden.last) < 1e-6);
  Element sum{};
  double squares = 0;
  for (const Element value : y) {
    sum += value;
    squares += std::norm(value);
  }
  CHECK(std::abs(sum - golden.sum) < 1e-6 * static_cast<double>(y.size()));
  CHECK(squares == doctest::Approx(golden.sum_of_squares).epsilon(1e-6));
}

}  // namespace

TEST_CASE("real fields get the numbers of version 2.0.0") {
  const auto v2 = Semantics::v2_0;
  check_golden<double>(v2, Shape{13, 12}, Shape{6, 6},
                       {{-0.25469154, 0.071524337, 0.2510308}, -0.37298423, -115.93311, 61.791528});
  check_golden<double>(v2, Shape{7, 7}, Shape{8, 8},
                       {{0.60834509, -0.042619422, 0.67240041}, 0.045015156, -23.87939, 43.537567});
  check_golden<double>(
      v2, Shape{12, 12}, Shape{5, 5},
      {{-0.16221158, -0.27213416, -0.21637656}, 0.061867237, -92.819095, 41.434288});
  check_golden<double>(v2, Shape{5, 6, 7}, Shape{4, 3, 4},
                       {{-0.3229014, -0.29796022, 0.16488871}, -0.32483649, -118.55231, 68.107927});
  check_golden<double>(
      v2, Shape{12, 12}, Shape{4, 4},
      {{-0.10266404, -0.24716082, -0.26152968}, -0.55581808, -90.219671, 36.530034},
      Shape{7, 10});  // its last axis has 6 coefficients
  check_golden<double>(
      v2, Shape{8, 10}, Shape{6, 5},
      {{-0.10361307, -0.040592127, 0.0029321071}, -0.45613712, -198.93546, 111.64479}, {},
      Shape{16, 20});
  check_golden<double>(v2, Shape{9, 10}, Shape{6, 5},
                       {{-0.25507668, -0.1677413, 0.13600957}, -0.27078092, -26.201338, 11.038897},
                       {}, Shape{5, 7});
  check_golden<double>(
      v2, Shape<1>{12}, Shape<1>{6},
      {{-0.0065841321, -0.11825031, 0.038424641}, -0.41033351, -9.116638, 7.5801218});
  check_golden<double>(
      v2, Shape<1>{8}, Shape<1>{12},
      {{0.042556725, 0.062690079, 0.035220161}, -0.64093268, -13.169473, 11.095455}, {},
      Shape<1>{16});
}

TEST_CASE("real fields get the numbers of version 1.0.2") {
  const auto v1 = Semantics::v1_0;
  check_golden<double>(v1, Shape{13, 12}, Shape{6, 6},
                       {{-0.25469154, 0.071524337, 0.2510308}, -0.37298423, -115.93311, 61.791528});
  check_golden<double>(v1, Shape{12, 12}, Shape{5, 5},
                       {{0.03533572, -0.05223614, -0.1598382}, -0.22328128, -97.716393, 40.258458});
  check_golden<double>(
      v1, Shape{5, 6, 7}, Shape{4, 3, 4},
      {{0.040019855, -0.10748381, -0.05818627}, 0.077045321, -144.06723, 80.579447});
}

TEST_CASE("complex fields get the numbers of versions 2.0.0 and 1.0.2") {
  using G = Golden<Complex>;
  check_golden<Complex>(
      Semantics::v2_0, Shape{12, 12}, Shape{6, 6},
      G{{Complex{0.40622404, 0.272259}, {0.16088501, 0.19657442}, {0.11645045, 0.08801391}},
        {-0.46369329, 0.079217292},
        {-66.859947, 6.4125058},
        76.397337});
  check_golden<Complex>(
      Semantics::v2_0, Shape{9, 8}, Shape{5, 5},
      G{{Complex{-0.12980618, -0.045299038}, {0.27913561, -0.14196834}, {0.22881261, 0.33342153}},
        {-0.40874201, -0.12036817},
        {-47.950362, 4.3085298},
        43.194717});
  check_golden<Complex>(
      Semantics::v2_0, Shape<1>{11}, Shape<1>{5},
      G{{Complex{0.50244749, 0.030152451}, {0.11837164, 0.65304387}, {-0.5637868, 0.17261222}},
        {-0.49560577, -0.084158093},
        {-9.2076728, -1.5037525},
        11.587935});
  check_golden<Complex>(
      Semantics::v2_0, Shape{6, 5}, Shape{4, 4},
      G{{Complex{0.078442298, 0.097555667}, {0.24944249, 0.14188309}, {0.13804078, 0.084021479}},
        {0.0077669621, 0.33050328},
        {-48.345885, 18.95047},
        70.527956},
      {}, Shape{9, 8});
  check_golden<Complex>(Semantics::v1_0, Shape{12, 12}, Shape{6, 6},
                        G{{Complex{-0.06225232, -0.00640532},
                           {0.0057273749, 0.07594078},
                           {-0.19860978, -0.044826128}},
                          {-0.079596132, 0.022920102},
                          {-95.443184, 0},
                          81.138095});
  check_golden<Complex>(
      Semantics::v1_0, Shape{9, 8}, Shape{5, 5},
      G{{Complex{-0.095112212, -0.20277037}, {-0.10847396, 0.32715732}, {0.036787592, -0.24673468}},
        {-0.264256, 0.058175679},
        {-47.721592, 0},
        46.740402});
  check_golden<Complex>(
      Semantics::v1_0, Shape<1>{11}, Shape<1>{5},
      G{{Complex{0.18483007, 0.45463988}, {-0.43259656, -0.072838724}, {0.19873014, -0.21844557}},
        {-0.51921904, -0.099945158},
        {-7.2907988, 0},
        6.9011862});
  check_golden<Complex>(
      Semantics::v1_0, Shape{6, 5}, Shape{4, 4},
      G{{Complex{-0.11381605, -0.30499813}, {0.38151333, 0.091337398}, {-0.27645385, 0.54211009}},
        {-0.11791104, -0.16896042},
        {-41.052801, -17.716817},
        52.374303},
      {}, Shape{9, 8});
}

}  // namespace nop::test::spectral_conv_semantics_test
