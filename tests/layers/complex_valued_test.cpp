// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/channel_linear.hpp>
#include <nop/layers/channel_mlp.hpp>
#include <nop/layers/complex_valued.hpp>
#include <nop/layers/skip.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

namespace nop::test::complex_valued_test {

using Complex = std::complex<double>;
using Linear  = nop::ChannelLinear<Cpu, double>;
using Mlp     = nop::ChannelMlp<Cpu, double>;
using Skip    = nop::Skip<Cpu, double>;

namespace {

template <class Module>
std::vector<double> values(const Module& module, const std::string& path) {
  std::vector<double> found;
  nop::for_each_parameter(module, [&](const std::string& here, const auto& parameter) {
    if (here == path) found = parameter.value().to_host();
  });
  REQUIRE(!found.empty());
  return found;
}

/// y = (A + i B) x + (a - b) + i (a + b), for the parameters of two linear layers.
template <class Module>
std::vector<Complex> affine(const Module& layer, const std::vector<Complex>& x, std::size_t batch,
                            std::size_t in, std::size_t out, std::size_t points) {
  const auto w_re = values(layer, "real.weight"), w_im = values(layer, "imaginary.weight");
  std::vector<double> b_re(out), b_im(out);
  if (nop::parameter_count(layer) > w_re.size() * 2)
    b_re = values(layer, "real.bias"), b_im = values(layer, "imaginary.bias");
  std::vector<Complex> y;
  for (std::size_t b = 0; b < batch; ++b)
    for (std::size_t o = 0; o < out; ++o)
      for (std::size_t p = 0; p < points; ++p) {
        Complex sum(b_re[o] - b_im[o], b_re[o] + b_im[o]);
        for (std::size_t i = 0; i < in; ++i)
          sum += Complex(w_re[o * in + i], w_im[o * in + i]) * x[(b * in + i) * points + p];
        y.push_back(sum);
      }
  return y;
}

}  // namespace

TEST_CASE("two linear layers are one of complex matrices") {
  Rng rng(1);
  const nop::ComplexValued<Linear> layer(ComplexParts::mixed,
                                         Linear::Config{.in_channels = 3, .out_channels = 2},
                                         nop::Initializer(rng));
  const auto z = random_field<Complex>(Shape{2, 3, 4, 5});
  CHECK(nop::test::worst_error(layer(z).to_host(), affine(layer, z.to_host(), 2, 3, 2, 20)) <
        1e-14);
  CHECK(nop::test::parameter_paths(layer) ==
        std::vector<std::string>{"real.weight", "real.bias", "imaginary.weight", "imaginary.bias"});
}

TEST_CASE("a linear skip adds the product with a complex matrix") {
  Rng rng(1);
  const nop::ComplexValued<Skip> skip(
      ComplexParts::mixed,
      Skip::Config{.kind = nop::SkipKind::linear, .in_channels = 3, .out_channels = 2},
      nop::Initializer(rng));
  const auto x  = random_field<Complex>(Shape{2, 3, 5}, 1);
  const auto y  = random_field<Complex>(Shape{2, 2, 5}, 2);
  auto expected = affine(skip, x.to_host(), 2, 3, 2, 5);
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += y.to_host()[i];
  CHECK(nop::test::worst_error(skip.add_to(y, x).to_host(), expected) < 1e-14);
}

TEST_CASE("an identity on separate parts is one, on mixed parts it is 1 + i") {
  Rng rng(1);
  const auto x    = random_field<Complex>(Shape{2, 3, 5}, 1);
  const auto zero = nop::Tensor<Complex, 3, Cpu>({2, 3, 5});
  const auto of   = [&](ComplexParts parts) {
    const nop::ComplexValued<Skip> skip(
        parts, Skip::Config{.kind = nop::SkipKind::identity, .in_channels = 3, .out_channels = 3},
        nop::Initializer(rng));
    return skip.add_to(zero, x).to_host();
  };
  CHECK(of(ComplexParts::separate) == x.to_host());
  auto turned = x.to_host();
  for (Complex& value : turned) value *= Complex(1, 1);
  CHECK(nop::test::worst_error(of(ComplexParts::mixed), turned) < 1e-15);
}

TEST_CASE("layers made complex pass the battery") {
  Rng rng(1);
  const auto z = random_field<Complex>(Shape{2, 2, 3});
  const Mlp::Config config{
      .in_channels = 2, .hidden_channels = 3, .out_channels = 2, .dropout = 0.2};
  const nop::ComplexValued<Mlp> mixed(ComplexParts::mixed, config, nop::Initializer(rng));
  const nop::ComplexValued<Mlp> separate(ComplexParts::separate, config, nop::Initializer(rng));
  nop::test::check_function(mixed, z);
  nop::test::check_function(separate, z);
  Rng dropping(3), same(3);
  CHECK(mixed(z, dropping).to_host() == mixed(z, same).to_host());
  CHECK(mixed(z, dropping).to_host() != mixed(z).to_host());
}

TEST_CASE("on real fields a layer is itself") {
  CHECK(std::is_same_v<nop::LayerOn<double, Mlp>, Mlp>);
  CHECK(std::is_same_v<nop::LayerOn<Complex, Mlp>, nop::ComplexValued<Mlp>>);
}

}  // namespace nop::test::complex_valued_test
