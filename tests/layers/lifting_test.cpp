// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/lifting.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace nop::test::lifting_test {
namespace {

const nop::GridBox<2> box({0, -1}, {2, 1});

nop::Lifting<2, Cpu, double> lifting(PositionalEmbedding embedding) {
  Rng rng(1);
  return {{.in_channels          = 1,
           .hidden_channels      = 4,
           .out_channels         = 3,
           .activation           = nop::Activation::tanh,
           .positional_embedding = embedding,
           .box                  = box},
          rng};
}

}  // namespace

TEST_CASE("a lifting is a channel MLP of the data and the coordinates") {
  Rng rng(2);
  const auto x     = random_field(Shape{2, 1, 4, 5});
  const auto check = [&](PositionalEmbedding embedding, std::size_t channels, const auto& field) {
    const auto layer = lifting(embedding);
    nop::ChannelMlp<Cpu, double> mlp({.in_channels     = channels,
                                      .hidden_channels = 4,
                                      .out_channels    = 3,
                                      .activation      = nop::Activation::tanh},
                                     rng);
    nop::test::copy_parameters(layer, mlp);
    CHECK(layer(x).to_host() == mlp(field).to_host());
  };
  check(PositionalEmbedding::none, 1, x);
  check(PositionalEmbedding::grid, 3, nop::GridEmbedding<2>(box)(x));
}

TEST_CASE("a lifting passes the battery, and has the parameters of its MLP") {
  for (const auto embedding : {PositionalEmbedding::none, PositionalEmbedding::grid})
    nop::test::check_function(lifting(embedding), random_field(Shape{2, 1, 3, 4}));
  CHECK(nop::test::parameter_paths(lifting(PositionalEmbedding::grid)) ==
        std::vector<std::string>{"0.weight", "0.bias", "1.weight", "1.bias"});
}

}  // namespace nop::test::lifting_test
