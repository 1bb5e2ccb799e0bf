// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/fourier_layer.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

namespace nop::test::fourier_layer_test {

template <std::size_t Dim, class Real = double>
using Layer = nop::FourierLayer<Dim, Cpu, Real>;

namespace {

template <std::size_t Dim>
Layer<Dim> layer(const typename Layer<Dim>::Config& config) {
  Rng rng(1);
  return {config, rng};
}

/// A layer that answers on another grid, for the battery.
template <class Whole, std::size_t Dim>
struct Evaluated {
  Whole layer;
  Shape<Dim> grid;
  template <class Field>
  auto operator()(const Field& x) const {
    return layer(x, grid);
  }
  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("layer", self.layer);
  }
};

/// The formulas of the layer's documentation, out of its parts, for a result on `grid`: every skip
/// is made whole before it is resampled.
template <std::size_t Dim, class Field>
Field formula(const typename Layer<Dim>::Config& c, const Layer<Dim>& whole, const Field& input,
              const Shape<Dim>& grid) {
  Rng rng(2);
  const auto conv = taken(
      whole, "convolution",
      nop::SpectralConv<Dim, Cpu, double>(
          {.in_channels = c.in_channels, .out_channels = c.out_channels, .modes = c.modes}, rng));
  const auto plus_skip = [&](const std::string& name, SkipKind kind, const Field& y,
                             const Field& x) {
    if (name == "skip" && c.skip_kernel > 1) {
      const auto local =
          taken(whole, name,
                nop::LocalConv<Dim, Cpu, double>({.in_channels  = c.in_channels,
                                                  .out_channels = c.out_channels,
                                                  .kernel = nop::uniform_shape<Dim>(c.skip_kernel)},
                                                 rng));
      return nop::add(y, nop::resample(local(x), grid, c.interpolation));
    }
    const auto skip = taken(
        whole, name,
        nop::Skip<Cpu, double>(
            {.kind = kind, .in_channels = c.in_channels, .out_channels = c.out_channels}, rng));
    const Field nothing(with_channels(x.shape(), c.out_channels));
    return nop::add(y, nop::resample(skip.add_to(nothing, x), grid, c.interpolation));
  };
  const auto norm = [&](const std::string& name, const Field& x) {
    return taken(whole, name,
                 nop::Norm<Cpu, double>(
                     {.kind = c.norm, .channels = x.extent(1), .groups = c.norm_groups}, rng))(x);
  };
  const auto mlp_alone = [&](const Field& y) {
    const nop::ChannelMlp<Cpu, double> map({.in_channels     = c.out_channels,
                                            .hidden_channels = c.out_channels / 2,
                                            .out_channels    = c.out_channels,
                                            .activation      = c.channel_mlp_activation},
                                           rng);
    return taken(whole, "mlp", map)(y);
  };
  const auto mlp = [&](const Field& y, const Field& x) {
    return plus_skip("mlp_skip", c.channel_mlp_skip, mlp_alone(y), x);
  };
  const auto sigma   = [&](const Field& x) { return activate(x, c.activation); };
  const auto between = [&](const Field& x) { return c.is_last ? x : sigma(x); };
  const auto bounded = [&](const Field& x) {
    return c.stabilizer == Stabilizer::none ? x : nop::tanh(x);
  };
  if (c.order == LayerOrder::post_activation) {
    const auto y =
        between(plus_skip("skip", c.skip, norm("norm.0", conv(bounded(input), grid)), input));
    return between(norm("norm.1", c.channel_mlp ? mlp(y, input) : y));
  }
  if (c.order == LayerOrder::original) {
    const auto y = norm("norm.0", conv(bounded(input), grid));
    return between(plus_skip("skip", c.skip, c.channel_mlp ? mlp_alone(y) : y, input));
  }
  const auto x = norm("norm.0", sigma(input));
  const auto y = norm("norm.1", between(plus_skip("skip", c.skip, conv(bounded(x), grid), x)));
  return c.channel_mlp ? mlp(y, x) : y;
}

/// Calls `use(config)` for every combination of the options that change what is computed.
template <std::size_t Dim, class Use>
void for_each_option(const Shape<Dim>& modes, const Use& use) {
  for (const bool is_last : {false, true})
    for (const auto order :
         {LayerOrder::post_activation, LayerOrder::pre_activation, LayerOrder::original})
      for (const auto stabilizer : {Stabilizer::none, Stabilizer::hyperbolic_tangent})
        for (const auto norm : {NormKind::none, NormKind::instance, NormKind::group})
          for (const auto skip :
               {SkipKind::none, SkipKind::identity, SkipKind::linear, SkipKind::soft_gating})
            for (const bool mlp : {false, true}) {
              CAPTURE(is_last);
              CAPTURE(static_cast<int>(order));
              CAPTURE(static_cast<int>(stabilizer));
              CAPTURE(static_cast<int>(norm));
              CAPTURE(static_cast<int>(skip));
              CAPTURE(mlp);
              use(typename Layer<Dim>::Config{
                  .in_channels  = 2,
                  .out_channels = 2,
                  .modes        = modes,
                  .is_last      = is_last,
                  .activation   = is_last ? Activation::silu : Activation::gelu,
                  .order        = order,
                  .stabilizer   = stabilizer,
                  .skip         = skip,
                  .norm         = norm,
                  .norm_groups  = 2,
                  .channel_mlp  = mlp,
                  // Another kind than the skip's, so that one cannot stand for the other.
                  .channel_mlp_skip       = static_cast<SkipKind>((static_cast<int>(skip) + 1) % 4),
                  .channel_mlp_activation = is_last ? Activation::tanh : Activation::gelu});
            }
}

}  // namespace

TEST_CASE("a Fourier layer is the formula of its documentation for every option") {
  const auto x = random_field(Shape{2, 2, 9});
  for_each_option<1>({4}, [&](const auto& config) {
    const auto whole = layer<1>(config);
    for (const std::size_t points : {9U, 14U, 6U})
      CHECK(nop::test::worst_error(whole(x, {points}).to_host(),
                                   formula(config, whole, x, {points}).to_host()) < 1e-13);
    CHECK(whole(x).to_host() == whole(x, {9}).to_host());
  });
}

TEST_CASE("a Fourier layer has right gradients for every option") {
  const auto x = random_field(Shape{1, 2, 5});
  for_each_option<1>({3}, [&](const auto& config) {
    const auto whole = layer<1>(config);
    nop::test::check_gradients(whole, x);
    nop::test::check_ways_to_call(whole, x);
  });
}

TEST_CASE("a Fourier layer passes the battery on odd and even grids of two and three axes") {
  for (const NormKind norm : {NormKind::none, NormKind::instance}) {
    nop::test::check_function(
        layer<2>({.in_channels = 2, .out_channels = 2, .modes = {3, 4}, .norm = norm}),
        random_field(Shape{2, 2, 4, 5}));
    nop::test::check_function(
        layer<2>({.in_channels = 2, .out_channels = 2, .modes = {4, 3}, .norm = norm}),
        random_field(Shape{2, 2, 3, 6}));
  }
  nop::test::check_function(layer<3>({.in_channels = 2, .out_channels = 2, .modes = {2, 3, 2}}),
                            random_field(Shape{2, 2, 3, 2, 4}));
}

TEST_CASE("a Fourier layer tells its norms what it is told, and passes the battery with each") {
  const auto x = random_field(Shape{2, 2, 5});
  for (const auto order : {LayerOrder::post_activation, LayerOrder::pre_activation}) {
    const auto config = [&](NormKind norm) {
      return Layer<1>::Config{.in_channels         = 2,
                              .out_channels        = 2,
                              .modes               = {3},
                              .order               = order,
                              .norm                = norm,
                              .norm_embedding      = 3,
                              .channel_mlp_dropout = 0.5};
    };
    auto batch = layer<1>(config(NormKind::batch));
    nop::test::check_function(batch, x);
    nop::test::check_gradients(
        [&](const auto& u) {
          nop::BatchStatistics statistics;
          return batch(u, statistics);
        },
        x);
    nop::BatchStatistics statistics;
    Rng rng(1), same(1);
    const auto y = batch(x, rng, statistics);
    CHECK(batch(x, {5}, statistics, same).to_host() == y.to_host());
    CHECK(y.to_host() != batch(x).to_host());
    std::size_t moved = 0;
    statistics.update(batch);
    nop::for_each_leaf(batch, [&](const std::string& path, const auto& leaf) {
      if constexpr (nop::detail::is_tensor<std::remove_cvref_t<decltype(leaf)>>)
        for (const double value : leaf.to_host())
          moved += value != (path.ends_with("mean") ? 0 : 1) ? 1 : 0;
    });
    CHECK(moved == 2 * 2 * 2);

    const auto adaptive = layer<1>(config(NormKind::adaptive));
    const auto e        = random_field(Shape{3}, 9);
    nop::test::check_gradients(
        [&](const auto& u, const auto& v) { return adaptive(u, nop::NormEmbedding{v}); }, x, e);
    CHECK_THROWS_AS(adaptive(x), nop::PreconditionError);
  }
}

TEST_CASE("a linear skip of a Fourier layer may see neighbours, on the grid of its input") {
  for (const auto order : {LayerOrder::post_activation, LayerOrder::pre_activation})
    for (const std::size_t kernel : {2U, 3U}) {
      const Layer<2>::Config config{.in_channels      = 3,
                                    .out_channels     = 2,
                                    .modes            = {3, 4},
                                    .order            = order,
                                    .skip_kernel      = kernel,
                                    .channel_mlp_skip = SkipKind::linear,
                                    .interpolation    = nop::Interpolation::linear};
      const auto whole = layer<2>(config);
      const auto x     = random_field(Shape{2, 3, 4, 5});
      for (const auto& grid : {Shape<2>{4, 5}, Shape<2>{6, 4}}) {
        CHECK(nop::test::worst_error(whole(x, grid).to_host(),
                                     formula(config, whole, x, grid).to_host()) < 1e-13);
        nop::test::check_function(Evaluated<Layer<2>, 2>{whole, grid}, x);
      }
      CHECK(nop::test::parameter_of<nop::Parameter<double, 4, Cpu>>(whole, "skip.weight").shape() ==
            Shape<4>{kernel, kernel, 2, 3});
    }
  const auto plain = Layer<1>::Config{
      .in_channels = 2, .out_channels = 2, .modes = {3}, .skip = SkipKind::identity};
  auto config        = plain;
  config.skip_kernel = 3;
  CHECK_THROWS_WITH_AS(layer<1>(config),
                       "FourierLayer: expected a skip_kernel of at least one point, of more for a "
                       "linear skip only, got 3",
                       nop::PreconditionError);
  config.skip_kernel = 0;
  CHECK_THROWS_AS(layer<1>(config), nop::PreconditionError);
}

TEST_CASE("a Fourier layer maps channels to others where its skips can") {
  for (const auto order : {LayerOrder::post_activation, LayerOrder::pre_activation})
    for (const auto norm : {NormKind::none, NormKind::group})
      for (const auto interpolation : {nop::Interpolation::linear, nop::Interpolation::cubic}) {
        const Layer<2>::Config config{.in_channels      = 3,
                                      .out_channels     = 2,
                                      .modes            = {3, 4},
                                      .order            = order,
                                      .norm             = norm,
                                      .channel_mlp_skip = SkipKind::linear,
                                      .interpolation    = interpolation};
        const auto whole = layer<2>(config);
        const auto x     = random_field(Shape{2, 3, 4, 5});
        const Shape<2> grid{6, 4};
        CHECK(whole(x).shape() == Shape<4>{2, 2, 4, 5});
        CHECK(nop::test::worst_error(whole(x, grid).to_host(),
                                     formula(config, whole, x, grid).to_host()) < 1e-13);
        nop::test::check_function(Evaluated<Layer<2>, 2>{whole, grid}, x);
      }
  CHECK_THROWS_AS(layer<1>({.in_channels = 2, .out_channels = 3, .modes = {2}}),
                  nop::PreconditionError);
}

TEST_CASE("a Fourier layer is that of a finer grid for fields that both grids hold") {
  const auto whole  = layer<2>({.in_channels  = 1,
                                .out_channels = 2,
                                .modes        = {5, 5},
                                .is_last      = true,
                                .norm         = NormKind::none,
                                .channel_mlp  = false});
  const auto coarse = nop::resample(random_field(Shape{1, 1, 3, 3}), Shape{8, 9},
                                    nop::Interpolation::trigonometric);
  const auto fine   = nop::resample(coarse, Shape{16, 14}, nop::Interpolation::trigonometric);
  CHECK(nop::test::worst_error(whole(coarse, {16, 14}).to_host(), whole(fine).to_host()) < 1e-12);
  CHECK(nop::test::worst_error(whole(fine, {8, 9}).to_host(), whole(coarse).to_host()) < 1e-12);
}

TEST_CASE("a Fourier layer commutes with translations of a periodic grid") {
  for (const auto order : {LayerOrder::post_activation, LayerOrder::pre_activation}) {
    nop::test::check_translation(layer<1>({.in_channels  = 3,
                                           .out_channels = 3,
                                           .modes        = {5},
                                           .order        = order,
                                           .norm         = NormKind::group}),
                                 random_field(Shape{2, 3, 8}));
    nop::test::check_translation(
        layer<2>({.in_channels = 2, .out_channels = 2, .modes = {4, 6}, .order = order}),
        random_field(Shape{2, 2, 6, 7}));
  }
}

TEST_CASE("a Fourier layer in float agrees with one in double") {
  Rng rng(3);
  const auto config = [](auto type) {
    return typename Layer<2, decltype(type)>::Config{
        .in_channels = 4, .out_channels = 4, .modes = {6, 6}};
  };
  nop::test::check_precisions(layer<2>(config(double())), Layer<2, float>(config(float()), rng),
                              random_field(Shape{2, 4, 9, 12}));
}

TEST_CASE("the members of a Fourier layer are those that its options ask for") {
  using Paths = std::vector<std::string>;
  CHECK(nop::test::parameter_paths(layer<1>({.in_channels = 2, .out_channels = 2, .modes = {3}})) ==
        Paths{"convolution.weight", "convolution.bias", "skip.weight", "mlp.0.weight", "mlp.0.bias",
              "mlp.1.weight", "mlp.1.bias", "mlp_skip.gate"});
  CHECK(nop::test::parameter_paths(layer<1>({.in_channels  = 2,
                                             .out_channels = 2,
                                             .modes        = {3},
                                             .skip         = SkipKind::none,
                                             .norm         = NormKind::group,
                                             .channel_mlp  = false})) ==
        Paths{"convolution.weight", "convolution.bias", "norm.0.weight", "norm.0.bias",
              "norm.1.weight", "norm.1.bias"});
}

TEST_CASE("the hidden channels of the MLP are rounded, a half to even") {
  // 9 channels: 4.5 becomes 4.
  const auto wide = layer<1>({.in_channels = 9, .out_channels = 9, .modes = {1}});
  CHECK(nop::test::parameter_of<nop::Parameter<double, 2, Cpu>>(wide, "mlp.0.weight").shape() ==
        Shape<2>{4, 9});
  const auto more =
      layer<1>({.in_channels = 9, .out_channels = 9, .modes = {1}, .channel_mlp_expansion = 2});
  CHECK(nop::test::parameter_of<nop::Parameter<double, 2, Cpu>>(more, "mlp.1.weight").shape() ==
        Shape<2>{9, 18});
}

TEST_CASE("dropout of the MLP acts only when a generator is given") {
  const auto dropping =
      layer<1>({.in_channels = 4, .out_channels = 4, .modes = {3}, .channel_mlp_dropout = 0.5});
  const auto plain = layer<1>({.in_channels = 4, .out_channels = 4, .modes = {3}});
  const auto x     = random_field(Shape{2, 4, 6});
  CHECK(dropping(x).to_host() == plain(x).to_host());
  Rng rng(1), same(1);
  const auto y = dropping(x, rng).to_host();
  CHECK(y != plain(x).to_host());
  CHECK(y == dropping(x, same).to_host());
}

TEST_CASE("a Fourier layer refuses an MLP without hidden channels") {
  CHECK_THROWS_WITH_AS(
      layer<1>({.in_channels = 2, .out_channels = 2, .modes = {3}, .channel_mlp_expansion = 0.1}),
      "FourierLayer: expected a channel_mlp_expansion that leaves a hidden channel, got 0.1",
      nop::PreconditionError);
}

}  // namespace nop::test::fourier_layer_test
