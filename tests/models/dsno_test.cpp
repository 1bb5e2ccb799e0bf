// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/io/checkpoint.hpp>
#include <nop/models/dsno.hpp>
#include <nop/models/residual_mlp.hpp>
#include <nop/models/unet.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace nop::test::dsno_test {

using Mlp = nop::ResidualMlp<Cpu, double>;
using Net = nop::UNet<1, Cpu, double>;

namespace {

const std::vector<double> times{0.5625, 0.25, 0.0625, 0};

/// Gives every parameter of a module random values, the weights along time to a scale.
template <class Module>
Module with_random_values(Module module, double temporal) {
  std::uint64_t seed = 10;
  nop::for_each_parameter(module, [&](const std::string& path, auto& parameter) {
    using Value = typename std::remove_cvref_t<decltype(parameter)>::Value;
    auto values =
        nop::test::random_values<typename Value::Element>(parameter.value().size(), ++seed);
    const double scale = path.starts_with("temporal") ? temporal : 0.4;
    for (auto& value : values) value *= scale;
    parameter.assign(Value(parameter.shape(), values));
  });
  return module;
}

Dsno<Mlp> of_points(double temporal) {
  nop::Rng rng(1);
  return with_random_values(
      Dsno<Mlp>({.backbone = {.in_channels = 2, .out_channels = 2, .width = 4, .blocks = 2},
                 .times    = times},
                rng),
      temporal);
}

Dsno<Net> of_lines(double temporal) {
  nop::Rng rng(1);
  return with_random_values(Dsno<Net>({.backbone = {.in_channels  = 1,
                                                    .out_channels = 1,
                                                    .width        = 4,
                                                    .multipliers  = {1, 1},
                                                    .blocks       = 1,
                                                    .attention    = {1}},
                                       .times    = times},
                                      rng),
                            temporal);
}

/// The backbone asked at each time by itself.
template <class Backbone, class Noise>
void check_backbone_at_each_time(const Dsno<Backbone>& dsno, const Noise& noise) {
  const auto y            = dsno(noise);
  const std::size_t batch = noise.extent(0), each = y.size() / batch / times.size();
  REQUIRE(y.extent(0) == batch);
  REQUIRE(y.extent(1) == times.size());
  const auto values = y.to_host();
  for (std::size_t step = 0; step < times.size(); ++step) {
    const auto state =
        dsno.backbone()(noise, nop::test::field_of<double>(Shape<1>{batch},
                                                           std::vector<double>(batch, times[step])))
            .to_host();
    for (std::size_t b = 0; b < batch; ++b) {
      const auto from =
          values.begin() + static_cast<std::ptrdiff_t>((b * times.size() + step) * each);
      const auto at = state.begin() + static_cast<std::ptrdiff_t>(b * each);
      CHECK(nop::test::worst_error(
                std::vector<double>(from, from + static_cast<std::ptrdiff_t>(each)),
                std::vector<double>(at, at + static_cast<std::ptrdiff_t>(each))) < 1e-12);
    }
  }
}

}  // namespace

TEST_CASE("without weights along time a DSNO is its backbone, at each of the times") {
  check_backbone_at_each_time(of_points(0), random_field(Shape{3, 2}, 2));
  check_backbone_at_each_time(of_lines(0), random_field(Shape{2, 1, 4}, 2));
}

TEST_CASE("a DSNO has a temporal convolution at each place of its backbone") {
  const auto dsno = of_points(0.5);
  CHECK(nop::parameter_count(dsno) ==
        nop::parameter_count(dsno.backbone()) + std::size_t{2 * 2 * 2 * 4 * 4});
  const auto noise = random_field(Shape{2, 2}, 2);
  // By hand: the backbone with the convolutions between.
  std::vector<double> all;
  for (int sample = 0; sample < 2; ++sample) all.insert(all.end(), times.begin(), times.end());
  const auto expected = dsno.backbone()(
      noise, nop::test::field_of<double>(Shape<1>{8}, all), [&](std::size_t place, const auto& h) {
        const auto& weight = nop::test::parameter_of<nop::Parameter<std::complex<double>, 3, Cpu>>(
            dsno, "temporal." + std::to_string(place) + ".weight");
        return nop::reshape(nop::temporal_convolution(nop::reshape(h, Shape<3>{2, 4, 4}), weight,
                                                      nop::Activation::leaky_relu),
                            h.shape());
      });
  const auto y = dsno(noise);
  CHECK(y.shape() == Shape<3>{2, 4, 2});
  CHECK(y.to_host() == expected.to_host());
}

TEST_CASE("a DSNO has right gradients by its noise and all of its parameters") {
  nop::test::check_gradients(of_points(0.5), random_field(Shape{2, 2}, 2));
  const auto lines = of_lines(0.5);
  nop::test::check_gradients([&lines](const auto& x) { return lines(x); },
                             random_field(Shape{2, 1, 4}, 2));
  nop::test::check_ways_to_call(lines, random_field(Shape{2, 1, 4}, 2));
  nop::test::check_batch(lines, random_field(Shape{2, 1, 4}, 2));
}

TEST_CASE("a DSNO begins as the trained backbone it is made of") {
  nop::Rng rng(1);
  const auto trained = with_random_values(
      Net({.in_channels = 1, .out_channels = 1, .width = 32, .multipliers = {1}, .blocks = 1}, rng),
      0);
  const Dsno<Net> dsno(trained, times, 2, rng);
  const auto noise = random_field(Shape{1, 1, 8}, 2);
  auto still       = dsno;
  nop::for_each_parameter(still, [](const std::string& path, auto& parameter) {
    if (path.starts_with("temporal"))
      parameter.assign(typename std::remove_cvref_t<decltype(parameter)>::Value(parameter.shape()));
  });
  check_backbone_at_each_time(still, noise);
  CHECK(nop::test::worst_error(dsno(noise).to_host(), still(noise).to_host()) < 0.2);
  CHECK(dsno(noise).to_host() != still(noise).to_host());
}

TEST_CASE("a DSNO is read from a file as it was written") {
  const auto dsno = of_lines(0.5);
  nop::SafeTensors file;
  nop::model_to_file(dsno, "", file);
  CHECK(file.metadata["nop.model"] == "Dsno of UNet");
  const auto noise = random_field(Shape{2, 1, 4}, 2);
  CHECK(nop::model_from_file<Dsno<Net>>("", file, "memory")(noise).to_host() ==
        dsno(noise).to_host());
  CHECK_THROWS_AS(nop::model_from_file<Dsno<Mlp>>("", file, "memory"), nop::FormatError);
}

TEST_CASE("a DSNO refuses to have no times") {
  nop::Rng rng(1);
  CHECK_THROWS_WITH_AS(
      Dsno<Mlp>({.backbone = {.in_channels = 2, .out_channels = 2, .width = 4}}, rng),
      "Dsno: expected at least one time, got none", nop::PreconditionError);
}

}  // namespace nop::test::dsno_test
