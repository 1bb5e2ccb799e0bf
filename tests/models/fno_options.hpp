// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/models/fno.hpp>
#include <nop/ops/reduce.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstddef>
#include <string>

/// \file
/// What the gradients of every Fno have to fulfil, for any number of dimensions.

namespace nop::test {

template <std::size_t Dim>
using Model = Fno<Dim, Cpu, double>;
template <std::size_t Dim>
using Config = typename Model<Dim>::Config;

template <std::size_t Dim>
Config<Dim> tiny(const Shape<Dim>& modes) {
  return {.in_channels      = 1,
          .out_channels     = 1,
          .width            = 2,
          .depth            = 2,
          .modes            = modes,
          .lifting_ratio    = 1,
          .projection_ratio = 1};
}

/// Every parameter of the model is on the tape, and no gradient is lost on its way.
template <std::size_t Dim, class Field>
void check_all_parameters_have_gradients(const Config<Dim>& config, const Field& x) {
  Rng rng(1);
  const Model<Dim> model(config, rng);
  Tape tape;
  const auto gradients = tape.gradient(sum_of_squares(model(tape.input(x))));
  for_each_parameter(model, [&](const std::string& path, const auto& parameter) {
    CAPTURE(path);
    REQUIRE(gradients.contains(parameter));
    const auto& gradient = gradients[parameter];
    CHECK(gradient.shape() == parameter.shape());
    double size = 0;
    for (const auto value : gradient.to_host()) size += std::abs(value);
    CHECK(std::isfinite(size));
    // A norm takes away the mean that a bias before it adds.
    if (config.norm == NormKind::none) CHECK(size > 0);
  });
}

/// The same for every kind of norm, skip, order and stabilizer.
template <std::size_t Dim>
void check_all_options_have_gradients(const Shape<Dim>& grid, const Shape<Dim>& modes) {
  const auto x = random_field(joined(Shape<2>{2, 1}, grid));
  for (const auto norm : {NormKind::none, NormKind::instance, NormKind::group})
    for (const auto skip :
         {SkipKind::none, SkipKind::identity, SkipKind::linear, SkipKind::soft_gating})
      for (const auto mlp_skip :
           {SkipKind::none, SkipKind::identity, SkipKind::linear, SkipKind::soft_gating})
        for (const auto order : {LayerOrder::post_activation, LayerOrder::pre_activation})
          for (const auto stabilizer : {Stabilizer::none, Stabilizer::hyperbolic_tangent}) {
            CAPTURE(static_cast<int>(norm));
            CAPTURE(static_cast<int>(skip));
            CAPTURE(static_cast<int>(mlp_skip));
            CAPTURE(static_cast<int>(order));
            CAPTURE(static_cast<int>(stabilizer));
            auto config             = tiny(modes);
            config.norm             = norm;
            config.skip             = skip;
            config.channel_mlp_skip = mlp_skip;
            config.order            = order;
            config.stabilizer       = stabilizer;
            check_all_parameters_have_gradients<Dim>(config, x);
            config.channel_mlp = false;
            if (mlp_skip == SkipKind::none) check_all_parameters_have_gradients<Dim>(config, x);
          }
}

/// The gradients of all parameters agree with differences, for a few configurations that together
/// have every option.
template <std::size_t Dim>
void check_model_gradients(const Shape<Dim>& grid, const Shape<Dim>& modes) {
  CAPTURE(grid);
  const auto x     = random_field(joined(Shape<2>{1, 1}, grid));
  const auto check = [&](const auto& change) {
    auto config = tiny(modes);
    change(config);
    Rng rng(2);
    check_gradients(Model<Dim>(config, rng), x);
  };
  {
    INFO("defaults");
    check([](auto&) {});
  }
  {
    INFO("group norm, pre-activation, stabilizer, identity and linear skips");
    check([](auto& c) {
      c.norm             = NormKind::group;
      c.norm_groups      = 2;
      c.order            = LayerOrder::pre_activation;
      c.stabilizer       = Stabilizer::hyperbolic_tangent;
      c.skip             = SkipKind::identity;
      c.channel_mlp_skip = SkipKind::linear;
    });
  }
  {
    INFO("group norm of one group, tanh, soft gating, no skip of the MLP, padding");
    check([](auto& c) {
      c.norm             = NormKind::group;
      c.activation       = Activation::tanh;
      c.skip             = SkipKind::soft_gating;
      c.channel_mlp_skip = SkipKind::none;
      c.domain_padding.fill(0.25);
    });
  }
  {
    INFO("instance norm, silu, no MLP, no embedding");
    check([](auto& c) {
      c.norm                 = NormKind::instance;
      c.activation           = Activation::silu;
      c.channel_mlp          = false;
      c.positional_embedding = PositionalEmbedding::none;
    });
  }
  {
    INFO("a skip that sees neighbours, batch norm");
    check([](auto& c) {
      c.skip_kernel = 3;
      c.norm        = NormKind::batch;
    });
  }
  {
    INFO("original order, linear lifting, two hidden layers, no activation, points at the end");
    check([](auto& c) {
      c.order                 = LayerOrder::original;
      c.channel_mlp           = false;
      c.lifting_layers        = 0;
      c.projection_layers     = 2;
      c.projection_activation = Activation::silu;
      c.activated_layers      = 1;
      c.padding_sides         = PaddingSides::end;
      c.padding_points[0]     = 2;
      c.domain_padding.back() = c.padding_points.extents.size() > 1 ? 0.5 : 0;
    });
  }
  {
    INFO("pre-activation, no skips, identity, one layer");
    check([](auto& c) {
      c.order            = LayerOrder::pre_activation;
      c.skip             = SkipKind::none;
      c.channel_mlp_skip = SkipKind::identity;
      c.depth            = 1;
    });
  }
}

}  // namespace nop::test
