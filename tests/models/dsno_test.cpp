// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/io/checkpoint.hpp>
#include <nop/models/dsno.hpp>
#include <nop/models/residual_mlp.hpp>
#include <nop/models/unet.hpp>

#include "support/layer_battery.hpp"
#include "support/naive_dsno.hpp"
#include "support/threads.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
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
    using Value        = typename std::remove_cvref_t<decltype(parameter)>::Value;
    using Element      = typename Value::Element;
    auto values        = nop::test::random_values<Element>(parameter.value().size(), ++seed);
    const double scale = path.starts_with("temporal") ? temporal : 0.4;
    for (auto& value : values) value *= static_cast<real_of<Element>>(scale);
    parameter.assign(Value(parameter.shape(), values));
  });
  return module;
}

Dsno<Mlp> of_points(double temporal, DsnoEnds ends = DsnoEnds{}, std::size_t blocks = 2) {
  nop::Rng rng(1);
  return with_random_values(
      Dsno<Mlp>({.backbone = {.in_channels = 2, .out_channels = 2, .width = 4, .blocks = blocks},
                 .times    = times,
                 .ends     = ends},
                rng),
      temporal);
}

/// With two places on the way down, one in the middle and four on the way up.
template <class Backbone = Net>
Dsno<Backbone> of_lines(double temporal, DsnoEnds ends = DsnoEnds{},
                        const std::vector<double>& at = times) {
  nop::Rng rng(1);
  return with_random_values(Dsno<Backbone>({.backbone = {.in_channels  = 1,
                                                         .out_channels = 1,
                                                         .width        = 4,
                                                         .multipliers  = {1, 1},
                                                         .blocks       = 1,
                                                         .attention    = {1}},
                                            .times    = at,
                                            .ends     = ends},
                                           rng),
                            temporal);
}

/// All states, and the last one alone, are those of the definition.
template <class Backbone, class Noise>
void check_definition(const Dsno<Backbone>& dsno, const Noise& noise) {
  using Real          = typename Backbone::Element;
  const auto expected = nop::test::NaiveDsno<Backbone>(dsno)(noise);
  const auto y        = dsno(noise);
  CAPTURE(dsno.config().ends.shared);
  CAPTURE(dsno.config().ends.separate);
  CHECK(y.shape() == expected.shape());
  CHECK(nop::test::worst_error(y.to_host(), expected.to_host()) < nop::test::rounding<Real>);
  const auto last = dsno.last(noise);
  CHECK(last.shape() == dsno.backbone()(noise, Tensor<Real, 1, Cpu>({noise.extent(0)})).shape());
  const std::size_t steps = expected.extent(1), each = last.size() / noise.extent(0);
  const auto values = expected.to_host();
  std::vector<Real> of_last;
  for (std::size_t b = 0; b < noise.extent(0); ++b)
    for (std::size_t i = 0; i < each; ++i)
      of_last.push_back(values[((b + 1) * steps - 1) * each + i]);
  CHECK(nop::test::worst_error(last.to_host(), of_last) < nop::test::rounding<Real>);
}

/// The slope of f(dsno) in a random direction of all parameters together.
template <class Model, class Function>
void check_slope(const Model& model, const Function& f) {
  nop::Tape tape;
  const auto gradients = tape.gradient(nop::detail::random_projection(f(model, tape)));
  double slope = 0, expected = 0;
  const double step = 1e-6;
  auto moved        = model;
  for (const double sign : {1.0, -1.0}) {
    std::uint64_t seed = 100;
    nop::for_each_parameter(model, [&](const std::string& path, const auto& from) {
      using Parameter = std::remove_cvref_t<decltype(from)>;
      CAPTURE(path);
      REQUIRE(gradients.contains(from));
      const auto direction = random_field<typename Parameter::Value::Element>(from.shape(), ++seed);
      if (sign > 0)
        slope += nop::test::real_product(gradients[from].to_host(), direction.to_host()).first;
      nop::test::parameter_of<Parameter>(moved, path)
          .assign(nop::add(from.value(), nop::scale_by(direction, sign * step)));
    });
    nop::Tape other;
    expected += sign / (2 * step) * nop::detail::random_projection(f(moved, other)).value().item();
  }
  CHECK(slope == doctest::Approx(expected).epsilon(1e-6));
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

TEST_CASE("a DSNO is its definition, where nothing is shared") {
  const auto points = random_field(Shape{3, 2}, 2);
  const auto lines  = random_field(Shape{2, 1, 4}, 2);
  check_definition(of_points(0.5), points);
  check_definition(of_lines(0.5), lines);
  for (const DsnoEnds ends : {DsnoEnds{0, 2}, DsnoEnds{1, 2}, DsnoEnds{2, 4}, DsnoEnds{4, 1}}) {
    check_definition(of_lines(0.5, ends), lines);
    check_definition(of_lines(0.5, ends, {0.8, 0.3, 0}), lines);
  }
  check_definition(of_lines(0.5, {1, 2}, {0.7}), lines);
  check_definition(of_points(0.5, {1, 1}, 3), points);
  check_definition(of_points(0.5, {0, 2}, 3), points);
}

TEST_CASE("a DSNO in float is its definition") {
  const auto dsno = of_lines<nop::UNet<1, Cpu, float>>(0.5);
  check_definition(dsno, random_field<float>(Shape{2, 1, 4}, 2));
}

TEST_CASE("a DSNO has a temporal convolution at each place of its backbone but for the ends") {
  const auto weights = [](const auto& dsno) {
    return nop::parameter_count(dsno) - nop::parameter_count(dsno.backbone());
  };
  const std::size_t each{2 * 2 * 4 * 4};
  CHECK(weights(of_points(0.5)) == 2 * each);
  CHECK(weights(of_lines(0.5)) == 7 * each);
  CHECK(weights(of_lines(0.5, {1, 2})) == 4 * each);
  CHECK(weights(of_lines(0.5, {2, 4})) == each);
}

TEST_CASE("a DSNO has right gradients by its noise and all of its parameters") {
  const auto points = random_field(Shape{2, 2}, 2);
  nop::test::check_gradients(of_points(0.5), points);
  nop::test::check_gradients(of_points(0.5, {1, 1}, 3), points);
  const auto noise = random_field(Shape{2, 1, 4}, 2);
  for (const DsnoEnds ends : {DsnoEnds{0, 0}, DsnoEnds{0, 2}, DsnoEnds{1, 2}, DsnoEnds{2, 4}}) {
    const auto lines = of_lines(0.5, ends, {0.8, 0.3, 0});
    nop::test::check_gradients([&lines](const auto& x) { return lines(x); }, noise);
    nop::test::check_gradients([&lines](const auto& x) { return lines.last(x); }, noise);
    check_slope(lines, [&noise](const auto& dsno, auto& tape) { return dsno(tape.input(noise)); });
    check_slope(lines,
                [&noise](const auto& dsno, auto& tape) { return dsno.last(tape.input(noise)); });
  }
}

TEST_CASE("a DSNO may be called in any way, and samples do not see each other") {
  const auto noise = random_field(Shape{2, 1, 4}, 2);
  const auto lines = of_lines(0.5, {1, 2});
  const auto last  = [&lines](const auto& x) { return lines.last(x); };
  nop::test::check_ways_to_call(lines, noise);
  nop::test::check_batch(lines, noise);
  nop::test::check_ways_to_call(last, noise);
  nop::test::check_batch(last, noise);
  CHECK(nop::test::same_on_any_threads(
      [&] { return std::pair(lines(noise).to_host(), lines.last(noise).to_host()); }));
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
  // Also without some of the convolutions, since a backbone is told the time everywhere.
  check_backbone_at_each_time(of_lines(0, {0, 2}), random_field(Shape{2, 1, 4}, 2));
}

TEST_CASE("a DSNO is made of a trained backbone, by default with a convolution at each place") {
  nop::Rng rng(1);
  const auto trained = of_lines(0).backbone();
  const auto noise   = random_field(Shape{2, 1, 4}, 2);
  const nop::Dsno dsno(trained, {0.5625, 0.25, 0.0625, 0}, 2, rng, {.shared = 1, .separate = 2});
  const auto states = dsno(noise);       // [batch, step, channel, grid...], to train by
  const auto sample = dsno.last(noise);  // [batch, channel, grid...], for less work
  CHECK(states.shape() == Shape<4>{2, 4, 1, 4});
  CHECK(sample.shape() == noise.shape());
  CHECK(nop::parameter_count(dsno) == nop::parameter_count(of_lines(0, {1, 2})));
  CHECK(nop::parameter_count(nop::Dsno(trained, times, 2, rng)) ==
        nop::parameter_count(of_lines(0)));
}

TEST_CASE("a DSNO is read from a file as it was written") {
  const auto dsno = of_lines(0.5, {1, 2});
  nop::SafeTensors file;
  nop::model_to_file(dsno, "", file);
  CHECK(file.metadata["nop.model"] == "Dsno of UNet");
  const auto noise = random_field(Shape{2, 1, 4}, 2);
  const auto read  = nop::model_from_file<Dsno<Net>>("", file, "memory");
  CHECK(read(noise).to_host() == dsno(noise).to_host());
  CHECK(read.last(noise).to_host() == dsno.last(noise).to_host());
  CHECK_THROWS_AS(nop::model_from_file<Dsno<Mlp>>("", file, "memory"), nop::FormatError);
}

TEST_CASE("a DSNO refuses to have no times or no temporal convolution") {
  nop::Rng rng(1);
  const nop::ResidualMlpConfig backbone{.in_channels = 2, .out_channels = 2, .width = 4};
  CHECK_THROWS_WITH_AS(Dsno<Mlp>({.backbone = backbone}, rng),
                       "Dsno: expected at least one time, got none", nop::PreconditionError);
  CHECK_THROWS_WITH_AS(Dsno<Mlp>({.backbone = backbone, .times = {1, 4, 0}}, rng),
                       "Dsno: expected times in [0, 1], got 4", nop::PreconditionError);
  CHECK_THROWS_AS(Dsno<Mlp>({.backbone = backbone, .times = {std::nan("")}}, rng),
                  nop::PreconditionError);
  CHECK_THROWS_WITH_AS(Dsno<Mlp>({.backbone = backbone, .times = times, .ends = {2, 1}}, rng),
                       "Dsno: expected ends that leave one of 3 places, got 2 that are shared and "
                       "1 that are separate",
                       nop::PreconditionError);
}

TEST_CASE(
    "without modes a DSNO is its backbone at each time, and its last state that at the last") {
  nop::Rng rng(1);
  const auto dsno = with_random_values(
      Dsno<Mlp>({.backbone = {.in_channels = 2, .out_channels = 2, .width = 4, .blocks = 2},
                 .times    = times,
                 .modes    = 0},
                rng),
      1);
  const auto x   = random_field(Shape{3, 2}, 5);
  const auto all = dsno(x);
  for (std::size_t step = 0; step < times.size(); ++step) {
    const auto alone = at_one_time(dsno.backbone())(x, times[step]);
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t c = 0; c < 2; ++c)
        CHECK(all.view()(i, step, c) == doctest::Approx(alone.view()(i, c)).epsilon(1e-12));
  }
  const auto last = dsno.last(x), alone = at_one_time(dsno.backbone())(x, times.back());
  CHECK(worst_error(last.to_host(), alone.to_host()) < 1e-13);
}

}  // namespace nop::test::dsno_test
