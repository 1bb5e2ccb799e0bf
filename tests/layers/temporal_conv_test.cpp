// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/spectral_conv.hpp>
#include <nop/layers/temporal_conv.hpp>
#include <nop/ops/activation.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/elementwise.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::temporal_conv_test {

using Layer = nop::TemporalConv<Cpu, double>;

namespace {

/// [batch, steps, channels, points] as [batch x points, channels, steps], or back.
std::vector<double> exchanged(const std::vector<double>& values, const Shape<4>& shape, bool back) {
  std::vector<double> result(values.size());
  for (std::size_t b = 0; b < shape[0]; ++b)
    for (std::size_t t = 0; t < shape[1]; ++t)
      for (std::size_t c = 0; c < shape[2]; ++c)
        for (std::size_t p = 0; p < shape[3]; ++p) {
          const std::size_t here  = ((b * shape[1] + t) * shape[2] + c) * shape[3] + p;
          const std::size_t there = ((b * shape[3] + p) * shape[2] + c) * shape[1] + t;
          (back ? result[here] : result[there]) = back ? values[there] : values[here];
        }
  return result;
}

}  // namespace

TEST_CASE("a temporal convolution is a spectral convolution along time, beside which x goes past") {
  for (const std::size_t steps : {2U, 4U, 5U, 8U}) {
    nop::Rng rng{1};
    const Shape<4> shape{2, steps, 3, 6};
    Layer layer({.channels = 3, .modes = 2, .activation = Activation::silu}, rng);
    nop::SpectralConv<1, Cpu, double> convolution(
        {.in_channels = 3, .out_channels = 3, .modes = {2}, .bias = false}, rng);
    const auto weight = nop::Initializer(rng).normal<std::complex<double>, 3, Cpu>({2, 3, 3}, 1.0);
    const auto assign = [&weight](const auto&, auto& parameter) {
      if constexpr (requires { parameter.assign(weight); }) parameter.assign(weight);
    };
    nop::for_each_parameter(layer, assign);
    nop::for_each_parameter(convolution, assign);
    const auto x = random_field(shape, 2);
    const auto u =
        nop::test::field_of<double>(Shape{12, 3, steps}, exchanged(x.to_host(), shape, false));
    const auto y = nop::add(u, nop::silu(convolution(u)));
    CHECK(nop::test::worst_error(layer(x).to_host(), exchanged(y.to_host(), shape, true)) < 1e-13);
  }
}

TEST_CASE("a temporal convolution has right gradients by its field and weights") {
  nop::Rng rng{1};
  const Layer layer({.channels = 3, .modes = 2, .activation = Activation::gelu}, rng);
  const auto x = random_field(Shape{2, 4, 3, 2, 2}, 2);
  nop::test::check_function(layer, x);
  nop::test::check_same(layer(x, 3), nop::crop(layer(x), {0, 3, 0, 0, 0}, {2, 1, 3, 2, 2}));
}

TEST_CASE("a new temporal convolution does next to nothing") {
  nop::Rng rng{1};
  const nop::TemporalConv<Cpu, float> layer({.channels = 64}, rng);
  const auto x = random_field<float>(Shape{1, 4, 64, 49}, 2);
  CHECK(nop::test::worst_error(layer(x).to_host(), x.to_host()) < 0.05);
  nop::for_each_parameter(layer, [](const auto&, const auto& parameter) {
    for (const auto r : parameter.value().to_host()) {
      CHECK(std::min(r.real(), r.imag()) >= 0);
      CHECK(std::max(r.real(), r.imag()) < 1.0F / 4096);
    }
  });
}

TEST_CASE("a temporal convolution refuses a Config of nothing") {
  nop::Rng rng{1};
  CHECK_THROWS_WITH_AS(Layer({.channels = 0}, rng),
                       "TemporalConv: expected at least one channel and one mode, got 0 channels "
                       "and 2 modes",
                       nop::PreconditionError);
}

}  // namespace nop::test::temporal_conv_test
