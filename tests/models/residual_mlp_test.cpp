// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/io/checkpoint.hpp>
#include <nop/models/residual_mlp.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace nop::test::residual_mlp_test {

using Net = nop::ResidualMlp<Cpu, double>;

namespace {

Net trained(std::size_t width = 4, std::size_t blocks = 2) {
  nop::Rng rng(1);
  Net net({.in_channels = 2, .out_channels = 3, .width = width, .blocks = blocks}, rng);
  std::uint64_t seed = 10;
  nop::for_each_parameter(net, [&seed](const std::string&, auto& parameter) {
    parameter.assign(random_field(parameter.shape(), ++seed));
  });
  return net;
}

auto three_times() { return nop::test::field_of<double>(Shape<1>{3}, {0.1, 0.5, 0.9}); }

/// One that is asked at those.
struct AtTimes {
  Net net;
  auto operator()(const nop::field auto& x) const { return net(x, three_times()); }
  static void members(auto& self, auto&& visit) { visit("net", self.net); }
};

/// Notes the places, and goes on in all of the three states.
struct Between {
  std::vector<std::size_t>& seen;
  [[nodiscard]] nop::States states(std::size_t) const { return {0, 3}; }
  auto operator()(std::size_t place, const nop::field auto& h) const {
    seen.push_back(place);
    CHECK(h.shape() == Shape<2>{3, 4});
    return h;
  }
};

/// W x + b
std::vector<double> affine(const Net& net, const std::string& name, const std::vector<double>& x) {
  const auto w =
      nop::test::parameter_of<nop::Parameter<double, 2, Cpu>>(net, name + ".weight").value();
  auto y = nop::test::parameter_of<nop::Parameter<double, 1, Cpu>>(net, name + ".bias")
               .value()
               .to_host();
  for (std::size_t o = 0; o < y.size(); ++o)
    for (std::size_t i = 0; i < x.size(); ++i) y[o] += w.view()(o, i) * x[i];
  return y;
}

std::vector<double> silu_of(std::vector<double> x) {
  for (double& value : x) value /= 1 + std::exp(-value);
  return x;
}

/// The definition, for one point.
std::vector<double> naive(const Net& net, const std::vector<double>& point, double time) {
  const std::size_t width = net.config().width;
  std::vector<double> waves;
  for (std::size_t k = 0; k < width / 2; ++k) {
    const double frequency =
        1000 * std::pow(10000, -static_cast<double>(k) / static_cast<double>(width / 2 - 1));
    waves.push_back(std::sin(frequency * time));
    waves.push_back(std::cos(frequency * time));
  }
  const auto e = affine(net, "embedding.second", silu_of(affine(net, "embedding.first", waves)));
  auto x       = affine(net, "first", point);
  for (std::size_t block = 0; block < net.config().blocks; ++block) {
    const std::string name = "blocks." + std::to_string(block);
    const auto vector      = [&](const char* part) {
      return nop::test::parameter_of<nop::Parameter<double, 1, Cpu>>(net, name + part)
          .value()
          .to_host();
    };
    const auto gain = vector(".norm.weight"), offset = vector(".norm.bias");
    double mean = 0, variance = 0;
    for (const double value : x) mean += value / static_cast<double>(width);
    for (const double value : x)
      variance += (value - mean) * (value - mean) / static_cast<double>(width);
    auto h = x;
    for (std::size_t i = 0; i < width; ++i)
      h[i] = (x[i] - mean) / std::sqrt(variance + 1e-5) * gain[i] + offset[i];
    h                  = affine(net, name + ".first", silu_of(h));
    const auto numbers = affine(net, name + ".modulation", silu_of(e));
    for (std::size_t i = 0; i < width; ++i) h[i] = h[i] * (1 + numbers[i]) + numbers[width + i];
    h = affine(net, name + ".second", silu_of(h));
    for (std::size_t i = 0; i < width; ++i) x[i] += h[i];
  }
  return affine(net, "last", x);
}

}  // namespace

TEST_CASE("a residual MLP is its definition, point by point") {
  const auto net = trained(6, 3);
  const auto x   = random_field(Shape{3, 2}, 2);
  const auto y   = net(x, three_times()).to_host();
  for (std::size_t p = 0; p < 3; ++p)
    CHECK(nop::test::worst_error(
              std::vector<double>(&y[3 * p], &y[3 * p] + 3),
              naive(net, {x.view()(p, 0), x.view()(p, 1)}, three_times().view()(p))) < 1e-11);
}

TEST_CASE("a residual MLP has right gradients by its points and its parameters") {
  nop::test::check_gradients(AtTimes{trained()}, random_field(Shape{3, 2}, 2));
}

TEST_CASE("between is called after every block, and a point may be asked at many times") {
  const auto net = trained();
  const auto x   = random_field(Shape{1, 2}, 2);
  CHECK(net.places() == std::vector<std::size_t>{4, 4});
  std::vector<std::size_t> seen;
  const auto y = net(x, three_times(), Between{seen});
  CHECK(seen == std::vector<std::size_t>{0, 1});
  CHECK(nop::test::worst_error(y.to_host(),
                               net(nop::repeat_samples(x, 3), three_times()).to_host()) < 1e-14);
}

TEST_CASE("a residual MLP is its trunk and its head, and makes others that answer with zeros") {
  const auto net = trained();
  const auto x   = random_field(Shape{3, 2}, 2);
  const auto h   = net.trunk(x, three_times());
  CHECK(h.shape() == Shape<2>{3, net.places().back()});
  CHECK(net.head()(h).to_host() == net(x, three_times()).to_host());
  nop::Rng rng(1);
  CHECK(net.new_head(rng)(h).to_host() == std::vector<double>(9));
}

TEST_CASE("the residual MLP of the two-dimensional examples has 59 thousand parameters") {
  nop::Rng rng(1);
  CHECK(nop::parameter_count(
            Net({.in_channels = 2, .out_channels = 2, .width = 64, .blocks = 3}, rng)) == 58946);
}

TEST_CASE("a residual MLP is read from a file as it was written, and refuses what does not fit") {
  const auto net = trained();
  nop::SafeTensors file;
  nop::model_to_file(net, "", file);
  const auto x = random_field(Shape{3, 2}, 2);
  CHECK(nop::model_from_file<Net>("", file, "memory")(x, three_times()).to_host() ==
        net(x, three_times()).to_host());
  CHECK_THROWS_WITH_AS(net(random_field(Shape{2, 2}), three_times()),
                       "ResidualMlp: expected points [batch, 2] and a time for each, got [2, 2] "
                       "and 3 times",
                       nop::PreconditionError);
  nop::Rng rng(1);
  CHECK_THROWS_AS(Net({.in_channels = 2, .out_channels = 2, .width = 4, .blocks = 0}, rng),
                  nop::PreconditionError);
}

}  // namespace nop::test::residual_mlp_test
