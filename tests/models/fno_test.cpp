// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/models/fno.hpp>
#include <nop/ops/elementwise.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace nop::test::fno_test {
namespace {

template <std::size_t Dim, class Real = double>
nop::Fno<Dim, Cpu, Real> small(const Shape<Dim>& modes) {
  Rng rng(2);
  return {{.in_channels = 2, .out_channels = 3, .width = 4, .depth = 2, .modes = modes}, rng};
}

}  // namespace

TEST_CASE("the parameters of a model have names that say where they are") {
  const auto paths = nop::test::parameter_paths(small<1>({3}));
  CHECK(paths.front() == "lifting.0.weight");
  CHECK(paths.back() == "projection.1.bias");
  CHECK(std::count(paths.begin(), paths.end(), "layers.1.convolution.weight") == 1);
  CHECK(paths.size() == 4 + 2 * 8 + 4);
}

TEST_CASE("an output has the batch and grid of the input on any grid") {
  const auto model = small<2>({4, 4});
  for (const auto& grid : {Shape<2>{8, 8}, {7, 9}, {3, 2}, {1, 1}, {1, 12}}) {
    CAPTURE(grid);
    const auto y = model(random_field(joined(Shape<2>{2, 2}, grid)));
    CHECK(y.shape() == joined(Shape<2>{2, 3}, grid));
  }
  CHECK(model(nop::Tensor<double, 4, Cpu>({0, 2, 4, 4})).shape() == Shape<4>{0, 3, 4, 4});
}

TEST_CASE("a model written on the tape, at rest or on views gives the same bits") {
  nop::test::check_ways_to_call(small<1>({5}), random_field(Shape{2, 2, 8}));
  nop::test::check_ways_to_call(small<2, float>({4, 5}), random_field<float>(Shape{2, 2, 7, 6}));
}

TEST_CASE("samples of a batch do not see each other") {
  nop::test::check_batch(small<1>({5}), random_field(Shape{3, 2, 9}));
}

TEST_CASE("a model in float agrees with one in double") {
  nop::test::check_precisions(small<2>({4, 5}), small<2, float>({4, 5}),
                              random_field(Shape{2, 2, 12, 9}));
}

TEST_CASE("a model without grid embedding and padding commutes with translations") {
  const auto check = [](const auto& modes, const auto& x) {
    constexpr std::size_t dim = std::remove_cvref_t<decltype(modes)>::rank();
    Rng rng(3);
    const typename nop::Fno<dim, Cpu, double>::Config config{
        .in_channels          = 2,
        .out_channels         = 1,
        .width                = 4,
        .depth                = 3,
        .modes                = modes,
        .positional_embedding = nop::PositionalEmbedding::none,
        .norm                 = nop::NormKind::instance};
    nop::test::check_translation(nop::Fno<dim, Cpu, double>(config, rng), x);
  };
  check(Shape{5}, random_field(Shape{2, 2, 8}));
  check(Shape{4, 6}, random_field(Shape{2, 2, 6, 7}));
}

TEST_CASE("dropout of a model acts only when a generator is given") {
  Rng rng(4), same(5), other(5);
  const nop::Fno<1, Cpu, double> model({.in_channels         = 1,
                                        .out_channels        = 1,
                                        .width               = 8,
                                        .depth               = 2,
                                        .modes               = {4},
                                        .channel_mlp_dropout = 0.2},
                                       rng);
  const auto x = random_field(Shape{1, 1, 10});
  const auto y = model(x, same).to_host();
  CHECK(y == model(x, other).to_host());
  CHECK(y != model(x).to_host());
  CHECK(model(x).to_host() == model(x).to_host());
  CHECK(same.state().next_stream == 4);
}

TEST_CASE("the hidden channels of lifting and projection follow their ratios, rounded down") {
  Rng rng(6);
  const nop::Fno<1> model({.in_channels      = 2,
                           .out_channels     = 3,
                           .width            = 5,
                           .depth            = 1,
                           .modes            = {2},
                           .lifting_ratio    = 1.5,
                           .projection_ratio = 3},
                          rng);
  const auto shape = [&](const std::string& path) {
    return nop::test::parameter_of<nop::Parameter<float, 2, Cpu>>(model, path).shape();
  };
  CHECK(shape("lifting.0.weight") == Shape<2>{7, 3});  // two channels and a coordinate
  CHECK(shape("projection.0.weight") == Shape<2>{15, 5});
  CHECK(shape("projection.1.weight") == Shape<2>{3, 15});
}

TEST_CASE("lifting and projection may have any number of hidden layers") {
  Rng rng(6);
  nop::Fno<1>::Config config{.in_channels       = 2,
                             .out_channels      = 3,
                             .width             = 5,
                             .depth             = 1,
                             .modes             = {2},
                             .lifting_ratio     = 0,
                             .projection_ratio  = 2,
                             .lifting_layers    = 0,
                             .projection_layers = 2};
  const nop::Fno<1> model(config, rng);
  const auto shape = [&](const std::string& path) {
    return nop::test::parameter_of<nop::Parameter<float, 2, Cpu>>(model, path).shape();
  };
  CHECK(shape("lifting.0.weight") == Shape<2>{5, 3});
  CHECK(shape("projection.0.weight") == Shape<2>{10, 5});
  CHECK(shape("projection.1.weight") == Shape<2>{10, 10});
  CHECK(shape("projection.2.weight") == Shape<2>{3, 10});
}

TEST_CASE("a model is as linear as it is told to be") {
  const auto bend = [](auto change) {
    nop::Fno<1>::Config config{.in_channels       = 1,
                               .out_channels      = 1,
                               .width             = 3,
                               .depth             = 3,
                               .modes             = {4},
                               .lifting_layers    = 0,
                               .projection_layers = 0,
                               .channel_mlp       = false,
                               .order             = nop::LayerOrder::original,
                               .activated_layers  = 0};
    change(config);
    Rng rng(7);
    const nop::Fno<1, Cpu, double> model(config, rng);
    const auto x = random_field(Shape{1, 1, 8}, 1), y = random_field(Shape{1, 1, 8}, 2);
    const auto sum = model(nop::add(x, y)).to_host(), zero = model(nop::subtract(x, x)).to_host();
    const auto of_x = model(x).to_host(), of_y = model(y).to_host();
    double most = 0;
    for (std::size_t i = 0; i < sum.size(); ++i)
      most = std::max(most, std::abs(sum[i] + zero[i] - of_x[i] - of_y[i]));
    return most;
  };
  CHECK(bend([](auto&) {}) < 1e-14);
  CHECK(bend([](auto& c) { c.activated_layers = 1; }) > 1e-5);
  CHECK(bend([](auto& c) { c.activated_layers.reset(); }) > 1e-5);
  CHECK(bend([](auto& c) { c.lifting_layers = 1; }) > 1e-5);
  CHECK(bend([](auto& c) { c.projection_layers = 1; }) > 1e-5);
  CHECK(bend([](auto& c) {
          c.projection_layers     = 1;
          c.projection_activation = nop::Activation::identity;
        }) < 1e-14);
  CHECK(bend([](auto& c) { c.padding_points = {2}; }) < 1e-14);
}

TEST_CASE("of the layers all but the last are activated, or so many as is told") {
  const auto answer = [](std::optional<std::size_t> layers, std::size_t depth) {
    Rng rng(8);
    const nop::Fno<1, Cpu, double> model({.in_channels      = 1,
                                          .out_channels     = 1,
                                          .width            = 3,
                                          .depth            = depth,
                                          .modes            = {4},
                                          .activated_layers = layers},
                                         rng);
    return model(random_field(Shape{1, 1, 8})).to_host();
  };
  CHECK(answer({}, 3) == answer(2, 3));
  CHECK(answer({}, 1) == answer(0, 1));
  CHECK(answer({}, 3) != answer(1, 3));
  CHECK(answer({}, 3) != answer(3, 3));
}

TEST_CASE("padded by points at its end, a model sees a field that is followed by zeros") {
  nop::Fno<1>::Config config{.in_channels          = 1,
                             .out_channels         = 1,
                             .width                = 3,
                             .depth                = 2,
                             .modes                = {4},
                             .lifting_layers       = 0,
                             .positional_embedding = nop::PositionalEmbedding::none,
                             .padding_points       = {3},
                             .padding_sides        = nop::PaddingSides::end};
  Rng rng(9);
  nop::Fno<1, Cpu, double> padded(config, rng);
  auto plain_config           = config;
  plain_config.padding_points = {};
  Rng same(9);
  nop::Fno<1, Cpu, double> plain(plain_config, same);
  for (auto* const model : {&padded, &plain})  // so that zeros are lifted to zeros
    nop::for_each_parameter(*model, [](const std::string& path, auto& parameter) {
      using Value = typename std::remove_cvref_t<decltype(parameter)>::Value;
      if (path == "lifting.0.bias") parameter.assign(Value(parameter.shape()));
    });
  const auto x = random_field(Shape{1, 1, 6});
  std::vector<double> longer(9);
  const auto values = x.to_host();
  std::copy(values.begin(), values.end(), longer.begin());
  auto expected = plain(nop::Tensor<double, 3, Cpu>({1, 1, 9}, longer)).to_host();
  expected.resize(6);
  CHECK(worst_error(padded(x).to_host(), expected) < 1e-14);
}

TEST_CASE("every option is listed once among the fields of a configuration") {
  nop::Fno<2>::Config config{
      .in_channels = 1, .out_channels = 1, .width = 4, .depth = 4, .modes = {4, 4}};
  std::vector<std::string> names;
  nop::Fno<2>::Config::fields(config, [&](const char* name, auto&) { names.emplace_back(name); });
  CHECK(names.size() == 35);
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}

TEST_CASE("a model refuses configurations that make no model") {
  Rng rng(7);
  const nop::Fno<1>::Config good{
      .in_channels = 1, .out_channels = 1, .width = 2, .depth = 1, .modes = {2}};
  CHECK_NOTHROW(nop::Fno<1>(good, rng));
  const auto refused = [&](const auto& change) {
    auto config = good;
    change(config);
    CHECK_THROWS_AS(nop::Fno<1>(config, rng), nop::PreconditionError);
  };
  refused([](auto& c) { c.in_channels = 0; });
  refused([](auto& c) { c.out_channels = 0; });
  refused([](auto& c) { c.width = 0; });
  refused([](auto& c) { c.depth = 0; });
  refused([](auto& c) { c.modes = {0}; });
  refused([](auto& c) { c.lifting_ratio = 0.1; });
  refused([](auto& c) { c.projection_ratio = -1; });
  refused([](auto& c) { c.channel_mlp_expansion = 0; });
  refused([](auto& c) { c.channel_mlp_dropout = 1; });
  refused([](auto& c) { c.domain_padding = {-0.1}; });
  refused([](auto& c) { c.domain_padding = {0.1}, c.padding_points = {1}; });
  refused([](auto& c) { c.activated_layers = 2; });
  refused([](auto& c) {
    c.norm        = nop::NormKind::group;
    c.norm_groups = 3;
  });
  auto shallow  = good;
  shallow.depth = 0;
  CHECK_THROWS_WITH_AS(
      nop::Fno<1>(shallow, rng),
      "Fno: expected at least one channel in, out and between, and one layer, got 1, 1, 2 and 0",
      nop::PreconditionError);
}

TEST_CASE("a model refuses other channels, an empty grid and an output of another shape") {
  const auto model = small<1>({3});
  CHECK_THROWS_WITH_AS(model(nop::Tensor<double, 3, Cpu>({1, 3, 8})),
                       "Fno: expected 2 channels on a grid of at least one point, got a field of "
                       "shape [1, 3, 8]",
                       nop::PreconditionError);
  CHECK_THROWS_AS(model(nop::Tensor<double, 3, Cpu>({1, 2, 0})), nop::PreconditionError);
  std::vector<double> input(16), output(16);
  CHECK_THROWS_WITH_AS(
      model.run(nop::view(input.data(), {1, 2, 8}), nop::view(output.data(), {1, 2, 8})),
      "Fno::run: expected an output of shape [1, 3, 8], got [1, 2, 8]", nop::PreconditionError);
}

TEST_CASE("a model adapts its norms to an embedding it is told, in a padded model on any grid") {
  Rng rng(8);
  const nop::Fno<1, Cpu, double> model({.in_channels    = 1,
                                        .out_channels   = 1,
                                        .width          = 2,
                                        .depth          = 2,
                                        .modes          = {3},
                                        .norm           = nop::NormKind::adaptive,
                                        .norm_embedding = 2,
                                        .domain_padding = {0.25}},
                                       rng);
  const auto x = random_field(Shape{2, 1, 6});
  const auto e = random_field(Shape{2}, 3), other = random_field(Shape{2}, 4);
  CHECK(model(x, nop::NormEmbedding{e}).to_host() != model(x, nop::NormEmbedding{other}).to_host());
  nop::test::check_gradients(
      [&](const auto& u, const auto& v) { return model(u, {8}, nop::NormEmbedding{v}); }, x, e);
  CHECK_THROWS_AS(model(x), nop::PreconditionError);
}

}  // namespace nop::test::fno_test
