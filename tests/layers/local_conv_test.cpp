// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/io/leaves.hpp>
#include <nop/layers/local_conv.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace nop::test::local_conv_test {

template <std::size_t Dim, class Real = double>
using Layer = nop::LocalConv<Dim, Cpu, Real>;

namespace {

template <std::size_t Dim, class Real = double>
Layer<Dim, Real> layer(std::size_t in, std::size_t out, const Shape<Dim>& kernel) {
  Rng rng(1);
  return {{.in_channels = in, .out_channels = out, .kernel = kernel}, rng};
}

}  // namespace

TEST_CASE("a local convolution layer is the op with its weight, and passes the battery") {
  const auto check = [](const auto& whole, const auto& x) {
    constexpr std::size_t rank = std::remove_cvref_t<decltype(x)>::rank;
    const auto& weight =
        nop::test::parameter_of<nop::Parameter<double, rank, Cpu>>(whole, "weight");
    CHECK(whole(x).to_host() == nop::local_convolution(x, weight.value()).to_host());
    nop::test::check_linear_function(whole, x);
  };
  check(layer(2, 3, Shape<1>{3}), random_field(Shape{2, 2, 6}));
  check(layer(3, 2, Shape<2>{2, 3}), random_field(Shape{2, 3, 4, 5}));
  check(layer(1, 2, Shape<3>{3, 3, 2}), random_field(Shape{2, 1, 3, 2, 4}));
  nop::test::check_precisions(layer(3, 2, Shape<2>{3, 3}), layer<2, float>(3, 2, {3, 3}),
                              random_field(Shape{2, 3, 9, 10}));
}

TEST_CASE("the weight starts within the bound of its fan-in, and fills it") {
  const auto wide    = layer(16, 16, Shape<2>{3, 3});
  const auto& weight = nop::test::parameter_of<nop::Parameter<double, 4, Cpu>>(wide, "weight");
  double largest     = 0;
  for (const double w : weight.value().to_host()) largest = std::max(largest, std::abs(w));
  CHECK(largest < 1.0 / 12);
  CHECK(largest > 0.99 / 12);
}

TEST_CASE("a local convolution layer may have a bias, and start otherwise") {
  Rng rng(1);
  const auto made = [&rng](nop::WeightStart start) {
    return Layer<1>(
        {.in_channels = 2, .out_channels = 4, .kernel = {3}, .bias = true, .start = start}, rng);
  };
  const auto whole = made(nop::WeightStart::fan_in);
  CHECK(nop::test::parameter_paths(whole) == std::vector<std::string>{"weight", "bias"});
  const auto x       = random_field(Shape{2, 2, 6});
  const auto& weight = nop::test::parameter_of<nop::Parameter<double, 3, Cpu>>(whole, "weight");
  const auto& bias   = nop::test::parameter_of<nop::Parameter<double, 1, Cpu>>(whole, "bias");
  CHECK(whole(x).to_host() == nop::local_convolution(x, weight.value(), bias.value()).to_host());
  nop::test::check_function(whole, x);
  CHECK(made(nop::WeightStart::zero)(x).to_host() == std::vector<double>(2 * 4 * 6));
  const auto average = made(nop::WeightStart::fan_average);
  const double bound = std::sqrt(1.0 / 3);  // sqrt(6 / (3 (2 + 4)))
  nop::for_each_parameter(average, [bound](const std::string& path, const auto& parameter) {
    double largest = 0;
    for (const double w : parameter.value().to_host()) largest = std::max(largest, std::abs(w));
    CHECK(largest <= (path == "bias" ? 0 : bound));
    if (path == "weight") CHECK(largest > 0.8 * bound);
  });
}

TEST_CASE("files have the weight of a local convolution as out, in, kernel") {
  const auto whole = layer(2, 3, Shape<2>{4, 5});
  nop::SafeTensors file;
  nop::leaves_to_arrays(whole, "", file);
  const auto& array = file.tensors.at("weight");
  CHECK(array.shape() == std::vector<std::size_t>{3, 2, 4, 5});
  const auto& weight = nop::test::parameter_of<nop::Parameter<double, 4, Cpu>>(whole, "weight");
  const auto values  = array.values<double>();
  CHECK(values[((2 * 2 + 1) * 4 + 3) * 5 + 1] == weight.value().view()(3, 1, 2, 1));
}

TEST_CASE("a local convolution layer refuses to have no channels or no kernel") {
  CHECK_THROWS_WITH_AS(layer(1, 2, Shape<2>{3, 0}),
                       "LocalConv: expected at least one channel and one point of the kernel, got "
                       "1 in, 2 out, a kernel of [3, 0]",
                       nop::PreconditionError);
  CHECK_THROWS_AS(layer(0, 2, Shape<1>{3}), nop::PreconditionError);
  CHECK_THROWS_AS(layer(1, 0, Shape<1>{3}), nop::PreconditionError);
}

}  // namespace nop::test::local_conv_test
