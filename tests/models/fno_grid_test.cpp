// SPDX-License-Identifier: BSD-3-Clause
// Models that answer on another grid than they are asked on.
#include <nop/backend/cpu.hpp>
#include <nop/io/checkpoint.hpp>
#include <nop/models/fno.hpp>
#include <nop/models/normalized.hpp>
#include <nop/ops/resample.hpp>

#include "io/hostile.hpp"
#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <vector>

namespace nop::test::fno_grid_test {
namespace {

template <std::size_t Dim>
using Model = nop::Fno<Dim, Cpu, double>;
template <std::size_t Dim>
using Config = typename Model<Dim>::Config;

template <std::size_t Dim>
Config<Dim> tiny(const Shape<Dim>& modes) {
  return {.in_channels = 1, .out_channels = 2, .width = 4, .depth = 3, .modes = modes};
}

template <class AnyConfig>
auto made(const AnyConfig& config) {
  Rng rng(1);
  return Model<decltype(config.modes)::rank()>(config, rng);
}

/// A model that answers on a grid, for the battery.
template <std::size_t Dim>
struct OnGrid {
  Model<Dim> model;
  Shape<Dim> grid;
  template <class Field>
  auto operator()(const Field& x) const {
    return model(x, grid);
  }
  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("model", self.model);
  }
};

/// A model whose layers answer on grids, for the battery.
template <class Model>
struct OnLayerGrids {
  Model model;
  nop::LayerGrids<Model::dimensions> grids;
  template <class Field>
  auto operator()(const Field& x) const {
    return model(x, grids);
  }
  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("model", self.model);
  }
};

/// A field of waves that every grid of at least three points per axis holds.
template <std::size_t Dim>
auto smooth_field(const Shape<Dim>& grid) {
  return nop::resample(random_field(joined(Shape<2>{2, 1}, nop::uniform_shape<Dim>(3))), grid,
                       Interpolation::trigonometric);
}

/// A model that takes waves to waves answers on any grid what it answers on a fine one.
template <std::size_t Dim>
void check_resolution_does_not_matter(const Shape<Dim>& modes) {
  auto config                   = tiny(modes);
  config.activation             = nop::Activation::identity;
  config.channel_mlp_activation = nop::Activation::identity;
  config.positional_embedding   = nop::PositionalEmbedding::none;
  const auto fine               = nop::uniform_shape<Dim>(12);
  const auto expected           = made(config)(smooth_field(fine)).to_host();
  for (const std::size_t points : {5U, 6U, 9U, 16U}) {
    const auto x = smooth_field(nop::uniform_shape<Dim>(points));
    CHECK(worst_error(made(config)(x, fine).to_host(), expected) < 1e-11);
    for (const double first : {0.75, 1.0, 2.0}) {
      auto scaled       = config;
      scaled.scaling    = std::vector<nop::GridScaling<Dim>>(3);
      const double last = 12 / static_cast<double>(points) / first / 0.8;
      for (std::size_t axis = 0; axis < Dim; ++axis) {
        scaled.scaling[0][axis] = first;
        scaled.scaling[1][axis] = 0.8;
        scaled.scaling[2][axis] = last;
      }
      CHECK(worst_error(made(scaled)(x, fine).to_host(), expected) < 1e-11);
    }
  }
}

}  // namespace

TEST_CASE("what a model answers on a grid does not depend on the grids before it") {
  check_resolution_does_not_matter(Shape{6});
  check_resolution_does_not_matter(Shape{5, 6});
  check_resolution_does_not_matter(Shape{4, 5, 3});
}

TEST_CASE("a model on another grid is its layers, each on the next grid") {
  auto config           = tiny(Shape{4, 5});
  config.scaling        = {{0.5, 1}, {1, 1.5}, {2, 1}};
  config.domain_padding = {0.2, 0.1};
  config.interpolation  = Interpolation::cubic;
  const auto model      = made(config);
  const auto x          = random_field(Shape{2, 1, 10, 9});
  using Layer           = nop::FourierLayer<2, Cpu, double>;
  using Mlp             = nop::ChannelMlp<Cpu, double>;
  Rng rng(2);
  const auto layer = [&](const std::string& name, bool is_last) {
    return nop::test::taken(model, name,
                            Layer({.in_channels   = 4,
                                   .out_channels  = 4,
                                   .modes         = config.modes,
                                   .is_last       = is_last,
                                   .interpolation = config.interpolation},
                                  rng));
  };
  const auto mlp = [&](const std::string& name, const Mlp::Config& sizes) {
    return nop::test::taken(model, name, Mlp(sizes, rng));
  };
  // 10 x 9 points, with margins 14 x 11; the output 10 x 14 with margins of 2 and 14/9, that is 2.
  const auto lifted = mlp("lifting", {.in_channels = 3, .hidden_channels = 8, .out_channels = 4})(
      nop::GridEmbedding<2>(nop::GridBox<2>{})(x));
  const auto padded = nop::pad(lifted, {0, 0, 2, 1}, {2, 4, 14, 11});
  const auto first  = layer("layers.0", false)(padded, {7, 11});
  const auto second = layer("layers.1", false)(first, {7, 16});
  const auto third  = layer("layers.2", true)(second, {14, 18});
  const auto inside = nop::crop(third, {0, 0, 2, 2}, {2, 4, 10, 14});
  const auto y =
      mlp("projection", {.in_channels = 4, .hidden_channels = 8, .out_channels = 2})(inside);
  CHECK(model.output_grid({10, 9}) == Shape<2>{10, 14});
  CHECK(worst_error(model(x).to_host(), y.to_host()) < 1e-14);
  CHECK(model(x, {10, 14}).to_host() == model(x).to_host());
}

TEST_CASE("layers that are told grids answer on these, whatever they would scale to") {
  auto config          = tiny(Shape{4, 5});
  config.interpolation = Interpolation::cubic;
  auto scaled          = config;
  scaled.scaling       = {{0.5, 1}, {1, 2}, {2, 1}};
  const auto x         = random_field(Shape{2, 1, 10, 9});
  const nop::LayerGrids<2> grids{{{5, 9}, {5, 18}, {10, 18}}};
  CHECK(made(config)(x, grids).to_host() == made(scaled)(x).to_host());
  CHECK(made(scaled)(x, nop::LayerGrids<2>{{{10, 9}, {10, 9}, {10, 9}}}).to_host() ==
        made(config)(x).to_host());
  CHECK_THROWS_WITH_AS(made(config)(x, nop::LayerGrids<2>{{{5, 9}}}),
                       "Fno: expected a grid for each of 3 layers, got 1", nop::PreconditionError);
}

TEST_CASE("the grids that layers are told have their margins beside them") {
  auto config           = tiny(Shape{4});
  config.depth          = 2;
  config.domain_padding = {0.25};
  auto scaled           = config;
  scaled.scaling        = {{2}, {0.5}};
  const auto x          = random_field(Shape{2, 1, 8});
  CHECK(made(config)(x, nop::LayerGrids<1>{{{16}, {8}}}).to_host() == made(scaled)(x).to_host());
}

TEST_CASE("a normalised model passes on the grids of its layers") {
  Rng rng(4);
  const nop::Normalized<Model<1>> model({.model = tiny(Shape{3})}, rng);
  const auto x = random_field(Shape{2, 1, 6});
  const nop::LayerGrids<1> grids{{{6}, {8}, {9}}};
  const auto y = model.model()(model.input_normalizer().encode(x), grids);
  CHECK(model(x, grids).to_host() == model.output_normalizer().decode(y).to_host());
}

TEST_CASE("a grid is scaled layer by layer, a half rounded to even") {
  auto config    = tiny(Shape{2, 2});
  config.scaling = {{0.5, 1.5}, {1, 1}, {2, 0.5}};
  CHECK(made(config).output_grid({5, 7}) == Shape<2>{4, 5});
  CHECK(made(config)(random_field(Shape{1, 1, 5, 7})).shape() == Shape<4>{1, 2, 4, 5});
}

TEST_CASE("a model runs on arrays of the grid that it scales to") {
  auto config      = tiny(Shape{3});
  config.scaling   = {{1}, {2}, {1}};
  const auto model = made(config);
  const auto x     = random_field(Shape{1, 1, 6});
  std::vector<double> y(24);
  model.run(x.view(), nop::view(y.data(), {1, 2, 12}));
  CHECK(y == model(x).to_host());
  CHECK_THROWS_WITH_AS(model.run(x.view(), nop::view(y.data(), {1, 2, 6})),
                       "Fno::run: expected an output of shape [1, 2, 12], got [1, 2, 6]",
                       nop::PreconditionError);
}

TEST_CASE("models that answer on another grid pass the battery") {
  for (const bool padded : {false, true})
    for (const auto interpolation :
         {Interpolation::trigonometric, Interpolation::linear, Interpolation::fourier_bins}) {
      auto config          = tiny(Shape{3});
      config.width         = 2;
      config.interpolation = interpolation;
      config.scaling       = {{2}, {0.5}, {1}};
      if (padded) config.domain_padding = {0.25};
      nop::test::check_function(OnGrid<1>{made(config), {6}}, random_field(Shape{2, 1, 4}));
      config.order = nop::LayerOrder::pre_activation;
      nop::test::check_function(made(config), random_field(Shape{2, 1, 5}));
    }
  auto config  = tiny(Shape{3, 3});
  config.width = 2, config.depth = 2, config.domain_padding = {0.3, 0};
  nop::test::check_function(OnLayerGrids<Model<2>>{made(config), {{{5, 3}, {4, 5}}}},
                            random_field(Shape{2, 1, 3, 4}));
  nop::test::check_function(OnGrid<2>{made(config), {4, 5}}, random_field(Shape{2, 1, 3, 4}));
}

TEST_CASE("a scaling travels with the model in its file") {
  const nop::test::TemporaryFolder folder;
  auto config          = tiny(Shape{3, 2});
  config.scaling       = {{0.5, 1}, {1, 1.5}, {2, 1}};
  config.interpolation = Interpolation::cubic;
  nop::save(made(config), folder / "model.safetensors");
  const auto loaded = nop::load<Model<2>>(folder / "model.safetensors");
  const auto x      = random_field(Shape{1, 1, 6, 5});
  CHECK(loaded(x).to_host() == made(config)(x).to_host());
}

TEST_CASE("a normalised model answers on another grid in physical units") {
  Rng rng(4);
  nop::Normalized<Model<1>> model({.model = tiny(Shape{3})}, rng);
  model.fit(random_field(Shape{4, 1, 6}), random_field(Shape{4, 2, 6}));
  const auto x = random_field(Shape{2, 1, 6});
  CHECK(model(x, {9}).to_host() ==
        model.output_normalizer()
            .decode(model.model()(model.input_normalizer().encode(x), {9}))
            .to_host());
  CHECK(model.output_grid({6}) == Shape{6UL});
}

TEST_CASE("a model refuses a scaling for other layers than it has, and grids without points") {
  auto config    = tiny(Shape{3});
  config.scaling = {{1}, {2}};
  CHECK_THROWS_WITH_AS(made(config), "Fno: expected no scaling or one for each of 3 layers, got 2",
                       nop::PreconditionError);
  config.scaling = {{1}, {0.01}, {1}};
  const auto x   = random_field(Shape{1, 1, 6});
  CHECK_THROWS_WITH_AS(made(config)(x),
                       "scaled_grid: expected a factor that leaves 1 to 1e9 points of 6, got 0.01",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(made(tiny(Shape{3}))(x, {0}),
                       "Fno: expected a grid of at least one point, got [0]",
                       nop::PreconditionError);
}

}  // namespace nop::test::fno_grid_test
