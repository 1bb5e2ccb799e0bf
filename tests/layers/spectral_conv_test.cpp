// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/spectral_conv.hpp>

#include "support/layer_battery.hpp"
#include "support/naive_dft.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <string>
#include <vector>

namespace nop::test::spectral_conv_test {

using Complex = std::complex<double>;
template <std::size_t Dim, class Element = double>
using Layer = nop::SpectralConv<Dim, Cpu, Element>;
template <std::size_t Dim>
using Weight = nop::Parameter<Complex, Dim + 2, Cpu>;
template <std::size_t Dim>
using Frequency = std::array<std::ptrdiff_t, Dim>;

namespace {

template <class Element = double, std::size_t Dim>
Layer<Dim, Element> layer(const Shape<Dim>& modes, std::size_t in = 2, std::size_t out = 3,
                          nop::FourierEngine engine = nop::FourierEngine::automatic) {
  Rng rng(1);
  return {{.in_channels = in, .out_channels = out, .modes = modes, .engine = engine}, rng};
}

/// Calls `visit(k, index)` for every mode that a spectrum of `modes` stores, in its order.
template <class Element, std::size_t Dim, class Visit>
void for_each_mode(const Shape<Dim>& modes, const Visit& visit) {
  const auto stored = nop::spectrum_shape<Element>(modes);
  for (std::size_t index = 0; index < element_count(stored); ++index) {
    Frequency<Dim> k;
    std::size_t rest = index;
    for (std::size_t a = Dim; a-- > 0; rest /= stored[a]) {
      const bool half = nop::real<Element> && a == Dim - 1;
      k[a] =
          static_cast<std::ptrdiff_t>(rest % stored[a]) - (half ? 0 : std::ptrdiff_t(modes[a] / 2));
    }
    visit(k, index);
  }
}

/// Where the mode `k` stands in the weights of a layer.
template <class Element, std::size_t Dim>
std::size_t mode_index(const Shape<Dim>& modes, const Frequency<Dim>& k) {
  std::size_t found = element_count(modes);
  for_each_mode<Element>(modes, [&](const Frequency<Dim>& here, std::size_t index) {
    if (here == k) found = index;
  });
  REQUIRE(found < element_count(modes));
  return found;
}

/// y = F^-1( R(k) F(x)(k) ) + b, mode by mode.
template <std::size_t Dim, class Element, class Field>
std::vector<Element> naive(const Layer<Dim, Element>& conv, const Field& x,
                           const Shape<Dim>& output_grid) {
  const auto& config      = conv.config();
  const std::size_t batch = x.extent(0), in = config.in_channels, out = config.out_channels;
  const auto grid  = nop::grid_of(x.shape());
  const auto modes = held_modes(held_modes(config.modes, grid), output_grid);
  const auto any   = nop::FourierEngine::automatic;
  const NaiveDft<Element, Dim> forward({batch * in, grid, 1, modes, ModeWeight::coefficient, any});
  const NaiveDft<Element, Dim> backward(
      {batch * out, output_grid, 1, modes, ModeWeight::multiplicity, any});
  std::vector<Complex> weight =
      nop::test::parameter_of<Weight<Dim>>(conv, "weight").value().to_host();
  std::vector<Complex> before(forward.spectrum_size()), after(backward.spectrum_size());
  forward.to_modes(x.to_host().data(), before.data());
  const std::size_t count = before.size() / batch / in;
  for_each_mode<Element>(modes, [&](const Frequency<Dim>& k, std::size_t index) {
    const std::size_t w = mode_index<Element>(config.modes, k);
    for (std::size_t b = 0; b < batch; ++b)
      for (std::size_t o = 0; o < out; ++o)
        for (std::size_t i = 0; i < in; ++i)
          after[(b * out + o) * count + index] +=
              before[(b * in + i) * count + index] * weight[(w * in + i) * out + o];
  });
  std::vector<Element> y(backward.field_size());
  backward.from_modes(after.data(), y.data());
  const auto bias =
      nop::test::parameter_of<nop::Parameter<double, 1, Cpu>>(conv, "bias").value().to_host();
  const std::size_t points = element_count(output_grid);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] += bias[i / points % out];
  return y;
}

template <class Element = double, std::size_t Dim>
void check_naive(const Shape<Dim>& grid, const Shape<Dim>& modes, const Shape<Dim>& output_grid) {
  CAPTURE(grid);
  CAPTURE(modes);
  CAPTURE(output_grid);
  const auto conv = layer<Element>(modes);
  const auto x    = random_field<Element>(joined(Shape<2>{2, 2}, grid));
  const auto y    = conv(x, output_grid);
  CHECK(y.shape() == joined(Shape<2>{2, 3}, output_grid));
  CHECK(worst_error(y.to_host(), naive(conv, x, output_grid)) < 1e-12);
  if (grid == output_grid) CHECK(conv(x).to_host() == y.to_host());
}

/// A different complex number for every mode.
template <std::size_t Dim>
Complex symbol(const Frequency<Dim>& k) {
  Complex c(1, 0.25);
  for (std::size_t a = 0; a < Dim; ++a)
    c += static_cast<double>(k[a]) *
         Complex(0.5 + static_cast<double>(a), 0.125 - static_cast<double>(a));
  return c;
}

/// A layer of one channel without bias whose weights are the symbol.
template <class Element, std::size_t Dim>
Layer<Dim, Element> symbol_layer(const Shape<Dim>& modes) {
  Rng rng(1);
  Layer<Dim, Element> conv({.in_channels = 1, .out_channels = 1, .modes = modes, .bias = false},
                           rng);
  auto& weight = nop::test::parameter_of<Weight<Dim>>(conv, "weight");
  std::vector<Complex> values(weight.value().size());
  for_each_mode<Element>(
      modes, [&](const Frequency<Dim>& k, std::size_t index) { values[index] = symbol(k); });
  weight.assign(nop::test::field_of(weight.shape(), values));
  return conv;
}

template <std::size_t Dim>
bool is_kept(const Shape<Dim>& modes, const Frequency<Dim>& k, bool half) {
  for (std::size_t a = 0; a < Dim; ++a) {
    const auto m   = static_cast<std::ptrdiff_t>(modes[a]);
    const auto low = -(m / 2), high = (m + 1) / 2 - 1;
    if (half && a == Dim - 1 ? k[a] < 0 || k[a] > m / 2 : k[a] < low || k[a] > high) return false;
  }
  return true;
}

/// exp(2 pi i k.x) at the points of a grid.
template <std::size_t Dim>
std::vector<Complex> wave(const Shape<Dim>& grid, const Frequency<Dim>& k) {
  std::vector<Complex> values;
  for (std::size_t p = 0; p < element_count(grid); ++p) {
    double turns     = 0;
    std::size_t rest = p;
    for (std::size_t a = Dim; a-- > 0; rest /= grid[a])
      turns += static_cast<double>(k[a]) * static_cast<double>(rest % grid[a]) /
               static_cast<double>(grid[a]);
    values.push_back(std::polar(1.0, 2 * std::numbers::pi * turns));
  }
  return values;
}

/// Every wave below the Nyquist frequency of the grid, with what the layer should make of it.
template <class Element, std::size_t Dim>
void check_waves(const Shape<Dim>& grid, const Shape<Dim>& modes) {
  CAPTURE(grid);
  CAPTURE(modes);
  const auto conv  = symbol_layer<Element>(modes);
  const auto shape = joined(Shape<2>{1, 1}, grid);
  const Complex phase(0.6, 0.8);
  double worst = 0;
  for_each_mode<Element>(grid, [&](const Frequency<Dim>& k, std::size_t) {
    Frequency<Dim> minus = k;
    for (std::size_t a = 0; a < Dim; ++a) {
      if (2 * std::abs(k[a]) >= static_cast<std::ptrdiff_t>(grid[a])) return;
      minus[a] = -k[a];
    }
    const auto e = wave(grid, k);
    std::vector<Element> x, y;
    for (const Complex value : e)
      if constexpr (nop::complex<Element>) {
        x.push_back(phase * value);
        y.push_back(is_kept(modes, k, false) ? symbol(k) * phase * value : 0);
      } else {
        // phase e + its conjugate: of the modes k and -k, those that are stored and kept pass.
        // Where the half axis has k > 0, -k is not stored; the sum counts k twice.
        const double times = k[Dim - 1] > 0 ? 2 : 1;
        Complex passed     = 0;
        if (is_kept(modes, k, true)) passed += times * symbol(k) * phase * value;
        if (k[Dim - 1] == 0 && is_kept(modes, minus, true))
          passed += symbol(minus) * std::conj(phase * value);
        x.push_back(2 * (phase * value).real());
        y.push_back(passed.real());
      }
    const auto got = conv(nop::test::field_of(shape, x)).to_host();
    for (std::size_t i = 0; i < y.size(); ++i) worst = std::max(worst, std::abs(got[i] - y[i]));
  });
  CHECK(worst < 1e-12);
}

/// A random field without frequencies above 2, on a grid.
template <std::size_t Dim>
nop::test::CpuTensor<double, Dim + 2> smooth_field(const Shape<Dim>& grid) {
  auto low     = nop::uniform_shape<Dim>(5);
  low[Dim - 1] = 3;
  return nop::from_modes(random_field<Complex>(joined(Shape<2>{1, 2}, low)), grid);
}

template <std::size_t Dim>
void check_grids(std::size_t fine, std::size_t modes) {
  CAPTURE(modes);
  const auto conv = layer(nop::uniform_shape<Dim>(modes));
  const auto x    = smooth_field(nop::uniform_shape<Dim>(fine));
  for (const std::size_t n : {16U, 15U, 9U, 8U, 7U, 6U, 5U}) {
    if (n > fine) continue;
    CAPTURE(n);
    const auto grid = nop::uniform_shape<Dim>(n);
    const auto y    = conv(smooth_field(grid)).to_host();
    CHECK(worst_error(y, conv(x, grid).to_host()) < 1e-12);
    // Points that both grids have.
    if (fine % n != 0 || Dim != 1) continue;
    const auto all = conv(x).to_host();
    for (std::size_t i = 0; i < y.size(); ++i) CHECK(std::abs(y[i] - all[i * (fine / n)]) < 1e-11);
  }
}

}  // namespace

TEST_CASE("the convolution multiplies each kept mode by its matrix and adds the bias") {
  for (const std::size_t n : {1U, 5U, 8U, 9U})
    for (const std::size_t m : {1U, 4U, 5U, 8U, 9U}) check_naive(Shape{n}, Shape{m}, Shape{n});
  check_naive(Shape{6, 7}, Shape{4, 5}, Shape{6, 7});
  check_naive(Shape{7, 6}, Shape{8, 8}, Shape{7, 6});
  check_naive(Shape{1, 4}, Shape{3, 3}, Shape{1, 4});
  check_naive(Shape{4, 5, 6}, Shape{3, 4, 5}, Shape{4, 5, 6});
  check_naive(Shape{3, 4, 2, 5}, Shape{2, 3, 4, 4}, Shape{3, 4, 2, 5});
  check_naive<Complex>(Shape{7}, Shape{5}, Shape{7});
  check_naive<Complex>(Shape{5, 6}, Shape{6, 4}, Shape{5, 6});
  check_naive<Complex>(Shape{3, 4, 5}, Shape{2, 3, 4}, Shape{3, 4, 5});
}

TEST_CASE("the answer on another grid is the trigonometric interpolant there") {
  for (const std::size_t n : {5U, 6U, 8U, 9U})
    for (const std::size_t m : {4U, 5U, 8U})
      for (const std::size_t to : {2 * n, n / 2, n + n / 2})
        check_naive(Shape{n}, Shape{m}, Shape{to});
  for (const std::size_t m : {4U, 5U, 8U}) {
    check_naive(Shape{8, 7}, Shape{m, m}, Shape{16, 14});
    check_naive(Shape{7, 8}, Shape{m, m}, Shape{3, 4});
    check_naive(Shape{8, 9}, Shape{m, m}, Shape{12, 13});
    check_naive(Shape{6, 5}, Shape{m, m}, Shape{3, 10});
    check_naive<Complex>(Shape{6, 7}, Shape{m, m}, Shape{9, 3});
  }
  check_naive(Shape{4, 5, 6}, Shape{4, 4, 5}, Shape{8, 10, 12});
  check_naive(Shape{4, 5, 6}, Shape{4, 4, 5}, Shape{2, 7, 3});
}

TEST_CASE("a plane wave of either sign passes if its mode is kept, with the weight of that mode") {
  for (const std::size_t n : {5U, 6U, 7U, 8U, 9U, 12U})
    for (const std::size_t m : {1U, 5U, 6U, 7U, 8U}) {
      check_waves<double>(Shape{n}, Shape{m});
      check_waves<Complex>(Shape{n}, Shape{m});
      check_waves<double>(Shape{n, std::size_t{7}}, Shape{m, std::size_t{4}});
      check_waves<double>(Shape{std::size_t{6}, n}, Shape{std::size_t{8}, m});
      check_waves<Complex>(Shape{n, std::size_t{6}}, Shape{std::size_t{5}, m});
    }
  check_waves<double>(Shape{5, 6, 7}, Shape{8, 3, 6});
}

TEST_CASE("two grids agree on a field that both resolve, whether or not they hold all modes") {
  for (const std::size_t modes : {5U, 6U, 7U, 8U}) {
    check_grids<1>(32, modes);
    check_grids<2>(32, modes);
  }
  check_grids<3>(16, 6);
  check_grids<4>(9, 6);
}

TEST_CASE("both engines give the same convolution") {
  const auto x         = random_field(Shape{2, 2, 12, 11});
  const Shape<2> modes = {5, 6};
  const auto automatic = layer(modes)(x).to_host();
  CHECK(worst_error(layer(modes, 2, 3, nop::FourierEngine::fft)(x).to_host(), automatic) < 1e-13);
  CHECK(worst_error(layer(modes, 2, 3, nop::FourierEngine::dense)(x).to_host(), automatic) < 1e-13);
}

TEST_CASE("weights and bias begin normal with the deviation of in and out channels") {
  const auto conv       = layer(Shape{6, 8}, 20, 30);
  const double expected = 2.0 / 50;
  const auto& weight    = nop::test::parameter_of<Weight<2>>(conv, "weight");
  CHECK(weight.shape() == Shape<4>{6, 5, 20, 30});
  double squares = 0;
  for (const Complex value : weight.value().to_host()) squares += std::norm(value);
  CHECK(squares / (6 * 5 * 20 * 30) == doctest::Approx(expected).epsilon(0.03));
  squares          = 0;
  const auto wide  = layer(Shape{1}, 1, 3000);
  const auto& bias = nop::test::parameter_of<nop::Parameter<double, 1, Cpu>>(wide, "bias").value();
  for (const double value : bias.to_host()) squares += value * value;
  CHECK(squares / 3000 == doctest::Approx(2.0 / 3001).epsilon(0.1));
}

TEST_CASE("a convolution has a weight and, unless told otherwise, a bias") {
  Rng rng(1);
  const Layer<2> plain({.in_channels = 2, .out_channels = 3, .modes = {4, 5}, .bias = false}, rng);
  CHECK(nop::test::parameter_paths(plain) == std::vector<std::string>{"weight"});
  CHECK(nop::parameter_count(plain) == 2 * 4 * 3 * 2 * 3);
  CHECK(nop::test::parameter_paths(layer(Shape{4, 5})) ==
        std::vector<std::string>{"weight", "bias"});
  const auto zero = nop::Tensor<double, 4, Cpu>({1, 2, 3, 3});
  CHECK(plain(zero).to_host() == std::vector<double>(27));
}

TEST_CASE("a convolution refuses no channels, no modes and other channels than its own") {
  Rng rng(1);
  CHECK_THROWS_WITH_AS(
      (Layer<2>({.in_channels = 0, .out_channels = 1, .modes = {4, 4}}, rng)),
      "SpectralConv: expected at least one channel and one mode per axis, got 0 in, 1 out, modes "
      "[4, 4]",
      nop::PreconditionError);
  CHECK_THROWS_AS((Layer<2>({.in_channels = 1, .out_channels = 0, .modes = {4, 4}}, rng)),
                  nop::PreconditionError);
  CHECK_THROWS_AS((Layer<2>({.in_channels = 1, .out_channels = 1, .modes = {4, 0}}, rng)),
                  nop::PreconditionError);
  const auto conv = layer(Shape{4});
  CHECK_THROWS_WITH_AS(conv(nop::Tensor<double, 3, Cpu>({1, 3, 8})),
                       "SpectralConv: expected 2 channels, got a field of shape [1, 3, 8]",
                       nop::PreconditionError);
  CHECK_THROWS_AS(conv(nop::Tensor<double, 3, Cpu>({1, 2, 0})), nop::PreconditionError);
  CHECK_THROWS_AS(conv(random_field(Shape{1, 2, 4}), Shape<1>{0}), nop::PreconditionError);
}

}  // namespace nop::test::spectral_conv_test
