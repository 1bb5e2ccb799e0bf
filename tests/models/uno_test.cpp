// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/io/checkpoint.hpp>
#include <nop/models/uno.hpp>
#include <nop/ops/reduce.hpp>
#include <nop/training/adam.hpp>

#include "io/hostile.hpp"
#include "support/layer_battery.hpp"
#include "support/naive_uno.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace nop::test::uno_test {
namespace {

template <std::size_t Dim>
using Model = nop::Uno<Dim, Cpu, double>;
template <std::size_t Dim>
using Config = typename Model<Dim>::Config;

/// Down and up again in four layers.
template <std::size_t Dim>
Config<Dim> small(const Shape<Dim>& modes) {
  nop::GridScaling<Dim> same, down, up;
  same.fill(1), down.fill(0.5), up.fill(2);
  return {.in_channels  = 2,
          .out_channels = 1,
          .width        = 3,
          .layers       = {{2, modes, same}, {4, modes, down}, {3, modes, up}, {2, modes, same}},
          .lifting_channels    = 4,
          .projection_channels = 3};
}

/// No template, and returned out of braces: g++ 12 breaks down at some defaults there.
Model<1> returned_in_braces(Rng& rng) {
  return {{.in_channels = 1, .out_channels = 1, .width = 2, .layers = {{2, {2}, {1}}}}, rng};
}

template <class AnyConfig>
auto made(const AnyConfig& config) {
  Rng rng(1);
  return Model<std::tuple_size_v<decltype(config.domain_padding)>>(config, rng);
}

template <std::size_t Dim>
void check_naive(const Shape<Dim>& modes, const Shape<Dim>& grid) {
  for (const auto interpolation :
       {Interpolation::linear, Interpolation::cubic, Interpolation::fourier_bins}) {
    auto config          = small(modes);
    config.interpolation = interpolation;
    const NaiveUno<Dim> naive{made(config), NaiveUno<Dim>::Convolution::ours};
    const auto x = random_field(joined(Shape<2>{2, 2}, grid));
    CHECK(worst_error(naive.model(x).to_host(), naive(x).to_host()) < 1e-12);
  }
}

}  // namespace

TEST_CASE("a U-shaped model is what loops over every number make of its parameters") {
  check_naive(Shape{3}, Shape{8});
  check_naive(Shape{4}, Shape{7});
  check_naive(Shape{4, 3}, Shape{6, 5});
  check_naive(Shape{3, 4}, Shape{5, 8});
  check_naive(Shape{2, 3, 2}, Shape{4, 3, 6});
  check_naive(Shape{2, 2, 2, 3}, Shape{4, 3, 4, 4});
}

TEST_CASE("a U-shaped model passes the battery") {
  nop::test::check_function(made(small(Shape{3})), random_field(Shape{2, 2, 7}));
  auto config          = small(Shape{2, 3});
  config.interpolation = Interpolation::cubic;
  config.norm          = nop::NormKind::group;
  nop::test::check_function(made(config), random_field(Shape{2, 2, 4, 5}));
  config.order              = nop::LayerOrder::pre_activation;
  config.domain_padding     = {0.25, 0};
  config.padding_points     = {0, 2};
  config.padding_sides      = nop::PaddingSides::end;
  config.activation_between = true;
  config.activation         = nop::Activation::silu;
  config.stabilizer         = nop::Stabilizer::hyperbolic_tangent;
  nop::test::check_function(made(config), random_field(Shape{2, 2, 4, 5}));
}

TEST_CASE("a padded U-shaped model keeps every grid, and all its parameters have gradients") {
  for (const auto& grid : {Shape<2>{64, 55}, Shape<2>{100, 105}, Shape<2>{133, 95}}) {
    auto config           = small(Shape{8, 8});
    config.domain_padding = {0.2, 0.2};
    const auto model      = made(config);
    const auto x          = random_field(joined(Shape<2>{1, 2}, grid));
    nop::Tape tape;
    const auto y = model(tape.input(x));
    CHECK(y.shape() == joined(Shape<2>{1, 1}, grid));
    const auto gradients = tape.gradient(nop::sum_of_squares(y));
    nop::for_each_parameter(model, [&](const std::string& path, const auto& parameter) {
      CAPTURE(path);
      REQUIRE(gradients.contains(parameter));
      double size = 0;
      for (const auto value : gradients[parameter].to_host()) size += std::abs(value);
      CHECK(std::isfinite(size));
      CHECK(size > 0);
    });
  }
}

TEST_CASE("the grid of the result is scaled once, by the product of all scalings") {
  auto config              = small(Shape{2});
  config.layers[3].scaling = {1.5};
  const auto model         = made(config);
  CHECK(model.output_grid({5}) == Shape{8UL});  // 7.5, though layer by layer 5, 2, 4, 6
  CHECK(model(random_field(Shape{1, 2, 5})).shape() == Shape<3>{1, 1, 8});
  CHECK(model(random_field(Shape{1, 2, 5}), {11}).shape() == Shape<3>{1, 1, 11});
  const auto x = random_field(Shape{1, 2, 5});
  std::vector<double> y(8);
  model.run(x.view(), nop::view(y.data(), {1, 1, 8}));
  CHECK(y == model(x).to_host());
}

TEST_CASE("layers of a U-shaped model that are told grids answer on these") {
  auto config          = small(Shape{2, 3});
  config.interpolation = Interpolation::cubic;
  auto level           = config;
  for (auto& layer : level.layers) layer.scaling = {1, 1};
  const auto x = random_field(Shape{1, 2, 8, 6});
  const nop::LayerGrids<2> grids{{{8, 6}, {4, 3}, {8, 6}, {8, 6}}};
  CHECK(made(level)(x, grids).to_host() == made(config)(x).to_host());
  CHECK(made(level)(x).to_host() != made(config)(x).to_host());
  config.domain_padding = level.domain_padding = {0.25, 0};
  CHECK(made(level)(x, grids).to_host() == made(config)(x).to_host());
  CHECK_THROWS_WITH_AS(made(config)(x, nop::LayerGrids<2>{}),
                       "Uno: expected a grid for each of 4 layers, got 0", nop::PreconditionError);
}

TEST_CASE("a U-shaped model says on which grids its origin computes something else") {
  const auto differs = [](nop::Semantics semantics, const Shape<2>& grid, double middle,
                          double padding) {
    auto config              = small(Shape{4, 4});
    config.layers[1].scaling = {middle, 1};
    config.layers[2].scaling = {1 / middle, 1};
    config.domain_padding    = {padding, 0};
    config.semantics         = semantics;
    auto exact               = config;
    exact.semantics          = nop::Semantics::exact;
    const auto x             = random_field(joined(Shape<2>{1, 2}, grid));
    const bool found         = made(config)(x).to_host() != made(exact)(x).to_host();
    CHECK(made(config).differs_from_exact(grid) == found);
    CHECK_FALSE(made(exact).differs_from_exact(grid));
    return found;
  };
  using nop::Semantics;
  CHECK_FALSE(differs(Semantics::v2_0, {8, 8}, 1, 0));
  CHECK(differs(Semantics::v2_0, {9, 8}, 1, 0));
  CHECK_FALSE(differs(Semantics::head, {9, 8}, 1, 0));
  CHECK(differs(Semantics::head, {8, 8}, 0.5, 0));  // negative frequencies become high ones
  CHECK(differs(Semantics::head, {3, 8}, 1, 0));
  CHECK_FALSE(differs(Semantics::head, {3, 8}, 1, 0.34));  // 5 points with the padding
}

TEST_CASE("of a constant field a model makes the same constants on every grid") {
  auto config                 = small(Shape{3, 3});
  config.positional_embedding = nop::PositionalEmbedding::none;
  const auto model            = made(config);
  nop::Tensor<double, 4, Cpu> coarse({1, 2, 8, 7}), fine({1, 2, 16, 15});
  coarse.fill(0.7), fine.fill(0.7);
  CHECK(worst_error(model(coarse, {16, 15}).to_host(), model(fine).to_host()) < 1e-13);
}

TEST_CASE("a model may be returned out of braces") {
  Rng rng(1);
  CHECK(returned_in_braces(rng).output_grid({5}) == Shape{5UL});
}

TEST_CASE("every option is listed once among the fields of a configuration") {
  auto config = small(Shape{3});
  std::vector<std::string> names;
  decltype(config)::fields(config, [&](const char* name, auto&) { names.emplace_back(name); });
  CHECK(names.size() == 31);
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}

TEST_CASE("horizontal skips lead where they are told, one to a layer, several from one") {
  auto config             = small(Shape{3});
  config.horizontal_skips = std::vector<nop::HorizontalSkip>{{0, 2}, {0, 3}};
  auto paths              = nop::test::parameter_paths(made(config));
  CHECK(std::count(paths.begin(), paths.end(), "horizontal_skips.0.weight") == 1);
  CHECK(std::count(paths.begin(), paths.end(), "horizontal_skips.1.weight") == 0);
  nop::test::check_gradients(made(config), random_field(Shape{1, 2, 6}));

  config.horizontal_skips->clear();
  config.channel_mlp_skip = SkipKind::none;
  paths                   = nop::test::parameter_paths(made(config));
  CHECK(std::none_of(paths.begin(), paths.end(),
                     [](const auto& path) { return path.starts_with("horizontal"); }));

  for (const auto kind : {SkipKind::identity, SkipKind::soft_gating}) {
    auto other            = small(Shape{3});
    other.horizontal_skip = kind;
    nop::test::check_gradients(made(other), random_field(Shape{1, 2, 6}));
  }
}

TEST_CASE("a model without activations between layers differs from one with them") {
  auto config               = small(Shape{3});
  const auto x              = random_field(Shape{1, 2, 6});
  const auto bare           = made(config)(x).to_host();
  config.activation_between = true;
  CHECK(worst_error(made(config)(x).to_host(), bare) > 1e-3);
}

TEST_CASE("dropout of a U-shaped model acts only when a generator is given") {
  auto config                = small(Shape{3});
  const auto x               = random_field(Shape{1, 2, 6});
  const auto plain           = made(config)(x).to_host();
  config.channel_mlp_dropout = 0.5;
  Rng rng(3), same(3);
  CHECK(made(config)(x).to_host() == plain);
  CHECK(made(config)(x, rng).to_host() != plain);
  CHECK(made(config)(x, same).shape() == Shape<3>{1, 1, 6});
}

TEST_CASE("a U-shaped model comes back from its file as it was") {
  const nop::test::TemporaryFolder folder;
  auto config             = small(Shape{3, 2});
  config.horizontal_skips = std::vector<nop::HorizontalSkip>{{1, 3}};
  const auto x            = random_field(Shape{1, 2, 6, 5});
  for (const auto& each : {config, small(Shape{3, 2})}) {
    const auto model = made(each);
    nop::save(model, folder / "model.safetensors");
    CHECK(nop::load<Model<2>>(folder / "model.safetensors")(x).to_host() == model(x).to_host());
  }
}

TEST_CASE("a few steps of Adam lower the loss of a U-shaped model") {
  auto model        = made(small(Shape{4, 4}));
  const auto x      = random_field(Shape{4, 2, 8, 9});
  const auto target = random_field(Shape{4, 1, 8, 9}, 5);
  nop::Adam optimizer({.learning_rate = 1e-2});
  double first = 0, last = 0;
  for (int step = 0; step < 20; ++step) {
    nop::Tape tape;
    const auto loss = nop::sum_of_squares(nop::subtract(model(tape.input(x)), target));
    last            = loss.item();
    if (step == 0) first = last;
    optimizer.step(model, tape.gradient(loss));
  }
  CHECK(last < 0.9 * first);
}

TEST_CASE("a U-shaped model refuses what makes none") {
  const auto refused = [](const auto& change) {
    auto config = small(Shape{3});
    change(config);
    CHECK_THROWS_AS(made(config), nop::PreconditionError);
  };
  refused([](auto& c) { c.in_channels = 0; });
  refused([](auto& c) { c.width = 0; });
  refused([](auto& c) { c.layers.clear(); });
  refused([](auto& c) { c.layers[1].out_channels = 0; });
  refused([](auto& c) { c.layers[1].modes = {0}; });
  refused([](auto& c) { c.lifting_channels = 0; });
  refused([](auto& c) { c.horizontal_skip = SkipKind::none; });
  refused([](auto& c) { c.channel_mlp_skip = SkipKind::soft_gating; });
  auto config             = small(Shape{3});
  config.horizontal_skips = std::vector<nop::HorizontalSkip>{{2, 1}};
  CHECK_THROWS_WITH_AS(made(config),
                       "Uno: expected horizontal skips to later ones of 4 layers, one to each at "
                       "most, got one from layer 2 to layer 1",
                       nop::PreconditionError);
  config.horizontal_skips = std::vector<nop::HorizontalSkip>{{0, 2}, {1, 2}};
  CHECK_THROWS_AS(made(config), nop::PreconditionError);
  config.horizontal_skips = std::vector<nop::HorizontalSkip>{{0, 4}};
  CHECK_THROWS_AS(made(config), nop::PreconditionError);

  const auto model = made(small(Shape{3}));
  CHECK_THROWS_WITH_AS(model(random_field(Shape{1, 1, 6})),
                       "Uno: expected 2 channels on a grid of at least one point, got a field of "
                       "shape [1, 1, 6]",
                       nop::PreconditionError);
  CHECK_THROWS_AS(model(random_field(Shape{1, 2, 6}), {0}), nop::PreconditionError);
  CHECK_THROWS_AS(model(random_field(Shape{1, 2, 1})), nop::PreconditionError);
}

}  // namespace nop::test::uno_test
