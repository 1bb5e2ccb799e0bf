// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/models/residual_mlp.hpp>
#include <nop/models/unet.hpp>
#include <nop/models/variance_head.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace nop::test::variance_head_test {

using Mlp = ResidualMlp<Cpu, double>;
using Net = UNet<1, Cpu, double>;

namespace {

Mlp of_points() {
  Rng rng(1);
  return Mlp({.in_channels = 2, .out_channels = 2, .width = 8, .blocks = 1}, rng);
}
Net of_lines() {
  Rng rng(1);
  return Net({.in_channels  = 1,
              .out_channels = 1,
              .width        = 4,
              .multipliers  = {2, 1},
              .blocks       = 1,
              .unshuffle    = 2},
             rng);
}

/// With all parameters at random.
template <class Backbone>
VarianceHead<Backbone> trained(const Backbone& backbone) {
  Rng rng(2);
  VarianceHead<Backbone> head(backbone, rng);
  std::uint64_t seed = 10;
  for_each_parameter(head, [&seed](const std::string&, auto& parameter) {
    parameter.assign(random_field(parameter.shape(), ++seed));
  });
  return head;
}

}  // namespace

TEST_CASE("a second head is its definition, point by point") {
  const auto head   = trained(of_points());
  const auto h      = random_field(Shape{1, 8}, 2);
  const auto matrix = [&head](const char* name) {
    return parameter_of<Parameter<double, 2, Cpu>>(head, name).value();
  };
  const auto vector = [&head](const char* name) {
    return parameter_of<Parameter<double, 1, Cpu>>(head, name).value();
  };
  const auto affine = [&](const std::string& name, const std::vector<double>& x) {
    auto y = vector((name + ".bias").c_str()).to_host();
    for (std::size_t o = 0; o < y.size(); ++o)
      for (std::size_t i = 0; i < x.size(); ++i)
        y[o] += matrix((name + ".weight").c_str()).view()(o, i) * x[i];
    return y;
  };
  const auto silu_of = [](double v) { return v / (1 + std::exp(-v)); };
  std::vector<double> u(8);
  for (std::size_t group = 0; group < 8; group += 4) {  // two groups of four channels
    double mean = 0, variance = 0;
    for (std::size_t c = group; c < group + 4; ++c) mean += h.view()(0, c) / 4;
    for (std::size_t c = group; c < group + 4; ++c)
      variance += std::pow(h.view()(0, c) - mean, 2) / 4;
    for (std::size_t c = group; c < group + 4; ++c)
      u[c] = silu_of((h.view()(0, c) - mean) / std::sqrt(variance + 1e-6) *
                         vector("norm.weight").view()(c) +
                     vector("norm.bias").view()(c));
  }
  u = affine("first", u);
  for (double& value : u) value = silu_of(value);
  u = affine("second", u);
  for (std::size_t c = 0; c < 8; ++c) u[c] += h.view()(0, c);
  CHECK(worst_error(head(h).to_host(), affine("answer", u)) < 1e-12);
}

TEST_CASE("a second head has right gradients, on points and on grids") {
  check_gradients(trained(of_points()), random_field(Shape{3, 8}, 2));
  check_gradients(trained(of_lines()), random_field(Shape{2, 8, 3}, 2));
}

TEST_CASE("a second head answers with zeros at first, of the shape of the backbone's answer") {
  Rng rng(2);
  const auto times = field_of<double>(Shape<1>{2}, {0.3, 0.6});
  const auto check = [&](const auto& backbone, const auto& x) {
    const auto y = VarianceHead(backbone, rng)(backbone.trunk(x, times));
    CHECK(y.shape() == x.shape());
    CHECK(y.to_host() == std::vector<double>(x.size()));
  };
  check(of_points(), random_field(Shape{2, 2}, 2));
  check(of_lines(), random_field(Shape{2, 1, 8}, 2));
}

}  // namespace nop::test::variance_head_test
