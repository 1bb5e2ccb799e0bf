// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/channel_mlp.hpp>
#include <nop/ops/activation.hpp>
#include <nop/ops/channels.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace nop::test::channel_mlp_test {

template <class Real>
using Layer = nop::ChannelMlp<Cpu, Real>;

namespace {

template <class Real>
Layer<Real> layer(Activation activation = Activation::gelu, double dropout = 0) {
  Rng rng(1);
  return {{.in_channels     = 2,
           .hidden_channels = 5,
           .out_channels    = 3,
           .activation      = activation,
           .dropout         = dropout},
          rng};
}
template <class Real>
Layer<Real> layered(std::size_t hidden_layers, double dropout = 0) {
  Rng rng(2);
  return {{.in_channels     = 2,
           .hidden_channels = 5,
           .out_channels    = 3,
           .activation      = Activation::silu,
           .dropout         = dropout,
           .hidden_layers   = hidden_layers},
          rng};
}

}  // namespace

TEST_CASE("a channel MLP is two linear maps with an activation between") {
  for (const Activation activation : {Activation::identity, Activation::gelu, Activation::tanh}) {
    const auto mlp    = layer<double>(activation);
    const auto x      = random_field(Shape{2, 2, 6});
    const auto weight = [&](const std::string& path) {
      return nop::test::parameter_of<nop::Parameter<double, 2, Cpu>>(mlp, path).value();
    };
    const auto bias = [&](const std::string& path) {
      return nop::test::parameter_of<nop::Parameter<double, 1, Cpu>>(mlp, path).value();
    };
    const auto hidden =
        activate(nop::mix_channels(x, weight("0.weight"), bias("0.bias")), activation);
    CHECK(mlp(x).to_host() ==
          nop::mix_channels(hidden, weight("1.weight"), bias("1.bias")).to_host());
  }
  CHECK(nop::parameter_count(layer<float>()) == 2 * 5 + 5 + 5 * 3 + 3);
}

TEST_CASE("a channel MLP may have any number of hidden layers, or none") {
  for (const std::size_t hidden : {0U, 2U, 3U}) {
    const auto mlp = layered<double>(hidden);
    const auto x   = random_field(Shape{2, 2, 6});
    auto expected  = x;
    for (std::size_t map = 0; map <= hidden; ++map) {
      const auto name = std::to_string(map);
      const auto& w =
          nop::test::parameter_of<nop::Parameter<double, 2, Cpu>>(mlp, name + ".weight");
      const auto& b = nop::test::parameter_of<nop::Parameter<double, 1, Cpu>>(mlp, name + ".bias");
      expected      = nop::mix_channels(expected, w.value(), b.value());
      if (map < hidden) expected = activate(expected, Activation::silu);
    }
    CHECK(mlp(x).to_host() == expected.to_host());
    nop::test::check_function(mlp, random_field(Shape{2, 2, 4, 3}));
  }
  CHECK(nop::parameter_count(layered<float>(0)) == 2 * 3 + 3);
  CHECK(nop::parameter_count(layered<float>(2)) == 2 * 5 + 5 + 5 * 5 + 5 + 5 * 3 + 3);
}

TEST_CASE("a channel MLP passes the battery") {
  const auto mlp = layer<double>();
  nop::test::check_function(mlp, random_field(Shape{2, 2, 5}));
  nop::test::check_function(mlp, random_field(Shape{2, 2, 4, 3}));
  nop::test::check_function(mlp, random_field(Shape{2, 2, 3, 2, 2}));
  nop::test::check_precisions(mlp, layer<float>(), random_field(Shape{2, 2, 40}));
}

TEST_CASE("a channel MLP drops out after both maps only when given an Rng") {
  const auto mlp = layer<double>(Activation::gelu, 0.5), plain = layer<double>();
  const auto x = random_field(Shape{20, 2, 30});
  CHECK(mlp(x).to_host() == plain(x).to_host());
  Rng rng(7), same(7);
  const auto y = mlp(x, rng).to_host();
  CHECK(y == mlp(x, same).to_host());
  CHECK(rng.state().next_stream == 2);
  double zeros = 0;
  for (const double value : y) zeros += value == 0 ? 1 : 0;
  CHECK(zeros / static_cast<double>(y.size()) == doctest::Approx(0.5).epsilon(0.1));
  Rng unused(8);
  CHECK(plain(x, unused).to_host() == plain(x).to_host());
  CHECK(unused.state().next_stream == 0);
  layered<double>(2)(x, unused);
  CHECK(unused.state().next_stream == 0);
  layered<double>(2, 0.5)(x, unused);
  CHECK(unused.state().next_stream == 3);
}

TEST_CASE("dropout of a channel MLP has right gradients") {
  const auto mlp = layer<double>(Activation::gelu, 0.3);
  nop::test::check_gradients(
      [&mlp](const auto& x) {
        Rng rng(3);
        return mlp(x, rng);
      },
      random_field(Shape{2, 2, 6}));
}

TEST_CASE("a channel MLP refuses a dropout that is no probability, and no channels") {
  Rng rng(1);
  CHECK_THROWS_WITH_AS(layer<float>(Activation::gelu, 1),
                       "ChannelMlp: expected a dropout in [0, 1), got 1", nop::PreconditionError);
  CHECK_THROWS_AS(layer<float>(Activation::gelu, -0.1), nop::PreconditionError);
  CHECK_THROWS_AS(Layer<float>({.in_channels     = 2,
                                .hidden_channels = 2,
                                .out_channels    = 2,
                                .hidden_layers   = std::numeric_limits<std::size_t>::max()},
                               rng),
                  nop::PreconditionError);
  CHECK_THROWS_AS(Layer<float>({.in_channels = 2, .hidden_channels = 0, .out_channels = 2}, rng),
                  nop::PreconditionError);
}

}  // namespace nop::test::channel_mlp_test
