// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/channel_linear.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace nop::test::channel_linear_test {

template <class Real>
using Layer = nop::ChannelLinear<Cpu, Real>;

TEST_CASE("a channel linear layer maps the channels of every point") {
  Rng rng(1);
  const Layer<double> layer({.in_channels = 3, .out_channels = 2}, rng);
  const auto x       = random_field(Shape{2, 3, 4, 5});
  const auto& weight = nop::test::parameter_of<nop::Parameter<double, 2, Cpu>>(layer, "weight");
  const auto& bias   = nop::test::parameter_of<nop::Parameter<double, 1, Cpu>>(layer, "bias");
  const auto y       = layer(x);
  REQUIRE(y.shape() == Shape<4>{2, 2, 4, 5});
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t o = 0; o < 2; ++o)
      for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = 0; j < 5; ++j) {
          double expected = bias.value().view()(o);
          for (std::size_t c = 0; c < 3; ++c)
            expected += weight.value().view()(o, c) * x.view()(b, c, i, j);
          CHECK(y.view()(b, o, i, j) == doctest::Approx(expected).epsilon(1e-12));
        }
}

TEST_CASE("weights and bias begin uniform within one over the root of the channels") {
  Rng rng(2);
  const Layer<double> layer({.in_channels = 64, .out_channels = 300}, rng);
  nop::for_each_parameter(layer, [](const std::string& path, const auto& parameter) {
    CAPTURE(path);
    const auto values = parameter.value().to_host();
    double squares    = 0;
    for (const double value : values) squares += value * value;
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    CHECK(*low >= -0.125);
    CHECK(*high <= 0.125);
    CHECK(squares / static_cast<double>(values.size()) ==
          doctest::Approx(0.125 * 0.125 / 3).epsilon(0.15));
  });
}

TEST_CASE("a channel linear layer without bias has only a weight") {
  Rng rng(3);
  const Layer<float> layer({.in_channels = 3, .out_channels = 2, .bias = false}, rng);
  CHECK(nop::test::parameter_paths(layer) == std::vector<std::string>{"weight"});
  CHECK(nop::parameter_count(layer) == 6);
  const nop::Tensor<float, 3, Cpu> zero({1, 3, 4});
  CHECK(layer(zero).to_host() == std::vector<float>(8));
}

TEST_CASE("a channel linear layer passes the battery") {
  for (const bool bias : {false, true}) {
    CAPTURE(bias);
    Rng rng(4);
    const Layer<double> layer({.in_channels = 3, .out_channels = 2, .bias = bias}, rng);
    nop::test::check_function(layer, random_field(Shape{2, 3, 5}));
    nop::test::check_function(layer, random_field(Shape{2, 3, 4, 3}));
    nop::test::check_function(layer, random_field(Shape{2, 3, 2, 3, 2}));
    if (!bias) nop::test::check_adjoint(layer, random_field(Shape{2, 3, 4, 3}));
    nop::test::check_precisions(
        layer, Layer<float>({.in_channels = 3, .out_channels = 2, .bias = bias}, rng),
        random_field(Shape{2, 3, 40}));
  }
}

TEST_CASE("a channel linear layer of a batch without a grid is one of a grid of one point") {
  for (const bool bias : {false, true}) {
    Rng rng(6);
    const Layer<double> layer({.in_channels = 3, .out_channels = 2, .bias = bias}, rng);
    const auto x = random_field(Shape{5, 3});
    nop::test::check_function(layer, x);
    CHECK(nop::test::worst_error(layer(x).to_host(),
                                 layer(nop::reshape(x, Shape{5, 3, 1})).to_host()) < 1e-14);
    CHECK_THROWS_WITH_AS(layer(random_field(Shape{5, 2})),
                         "ChannelLinear: expected 3 channels, got a field of shape [5, 2]",
                         nop::PreconditionError);
  }
}

TEST_CASE("a channel linear layer may start at zero, or by the mean of its fans") {
  Rng rng(7);
  const auto start = [&rng](nop::WeightStart how) {
    return Layer<double>({.in_channels = 200, .out_channels = 400, .start = how}, rng);
  };
  const auto zero = start(nop::WeightStart::zero), average = start(nop::WeightStart::fan_average);
  nop::for_each_parameter(zero, [](const std::string&, const auto& parameter) {
    CHECK(parameter.value().to_host() == std::vector<double>(parameter.value().size()));
  });
  nop::for_each_parameter(average, [](const std::string& path, const auto& parameter) {
    const auto values      = parameter.value().to_host();
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    CHECK(*high <= (path == "bias" ? 0.0 : 0.1));
    CHECK(*low >= (path == "bias" ? 0.0 : -0.1));
    if (path == "weight") CHECK(*high > 0.0999);
  });
}

TEST_CASE("a channel linear layer refuses no channels and other channels than its own") {
  Rng rng(5);
  CHECK_THROWS_WITH_AS(Layer<float>({.in_channels = 0, .out_channels = 2}, rng),
                       "ChannelLinear: expected at least one channel, got 0 in and 2 out",
                       nop::PreconditionError);
  CHECK_THROWS_AS(Layer<float>({.in_channels = 2, .out_channels = 0}, rng), nop::PreconditionError);
  const Layer<float> layer({.in_channels = 3, .out_channels = 2}, rng);
  CHECK_THROWS_AS(layer(nop::Tensor<float, 3, Cpu>({1, 2, 4})), nop::PreconditionError);
}

}  // namespace nop::test::channel_linear_test
