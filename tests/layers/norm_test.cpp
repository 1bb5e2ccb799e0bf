// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/norm.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

using nop::Cpu;
using nop::NormKind;
using nop::Shape;
using nop::test::random_field;
template <class Real>
using Layer = nop::Norm<Cpu, Real>;

namespace {

/// A group norm whose factors and offsets are not those it begins with.
Layer<double> group_layer(std::size_t groups) {
  Layer<double> layer({.kind = NormKind::group, .channels = 4, .groups = groups});
  std::uint64_t seed = 10;
  nop::for_each_parameter(layer, [&](const std::string&, auto& parameter) {
    parameter.assign(random_field(parameter.shape(), ++seed));
  });
  return layer;
}

}  // namespace

TEST_CASE("no norm changes nothing and has no parameters") {
  const Layer<double> layer({.kind = NormKind::none, .channels = 4});
  const auto x = random_field(Shape{2, 4, 5});
  CHECK(layer(x).to_host() == x.to_host());
  CHECK(nop::parameter_count(layer) == 0);
  nop::test::check_linear_function(layer, x);
}

TEST_CASE("instance norm has as many groups as channels and no parameters") {
  const Layer<double> layer({.kind = NormKind::instance, .channels = 4, .groups = 2});
  const auto x = random_field(Shape{2, 4, 5});
  CHECK(layer(x).to_host() == nop::group_norm(x, 4, 1e-5).to_host());
  CHECK(nop::parameter_count(layer) == 0);
  nop::test::check_function(layer, x);
}

TEST_CASE("group norm begins with factors one and offsets zero") {
  const Layer<double> layer({.kind = NormKind::group, .channels = 4, .groups = 2, .epsilon = 0.5});
  const auto x = random_field(Shape{2, 4, 5});
  CHECK(layer(x).to_host() == nop::group_norm(x, 2, 0.5).to_host());
  CHECK(nop::test::parameter_paths(layer) == std::vector<std::string>{"weight", "bias"});
  CHECK(nop::parameter_count(layer) == 8);
}

TEST_CASE("group norm scales and shifts each channel") {
  const auto layer  = group_layer(2);
  const auto factor = nop::test::parameter_of<nop::Parameter<double, 1, Cpu>>(layer, "weight");
  const auto offset = nop::test::parameter_of<nop::Parameter<double, 1, Cpu>>(layer, "bias");
  const auto x      = random_field(Shape{2, 4, 3, 5});
  const auto normal = nop::group_norm(x, 2, 1e-5), y = layer(x);
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t c = 0; c < 4; ++c)
      for (std::size_t i = 0; i < 3; ++i)
        CHECK(y.view()(b, c, i, 4) ==
              doctest::Approx(normal.view()(b, c, i, 4) * factor.value().view()(c) +
                              offset.value().view()(c)));
}

TEST_CASE("group norm passes the battery") {
  for (const std::size_t groups : {1U, 2U, 4U}) {
    CAPTURE(groups);
    const auto layer = group_layer(groups);
    nop::test::check_function(layer, random_field(Shape{2, 4, 5}));
    nop::test::check_function(layer, random_field(Shape{2, 4, 3, 4}));
    nop::test::check_precisions(
        layer, Layer<float>({.kind = NormKind::group, .channels = 4, .groups = groups}),
        random_field(Shape{2, 4, 20}));
  }
}

TEST_CASE("group norm refuses groups that do not divide the channels") {
  CHECK_THROWS_WITH_AS(Layer<float>({.kind = NormKind::group, .channels = 4, .groups = 3}),
                       "Norm: expected a number of groups that divides 4 channels, got 3",
                       nop::PreconditionError);
  CHECK_THROWS_AS(Layer<float>({.kind = NormKind::group, .channels = 4, .groups = 0}),
                  nop::PreconditionError);
}
