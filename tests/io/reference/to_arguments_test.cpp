// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/rng.hpp>
#include <nop/io/reference/load.hpp>
#include <nop/io/reference/to_arguments.hpp>

#include "io/reference/states.hpp"
#include <doctest/doctest.h>

#include <string>

namespace nop::test::to_arguments_test {
namespace {

TEST_CASE("the constructor is told what a model is, and reads back the same") {
  for (const std::string name : {"fno.pt", "fno_options.pt", "fno_batch_norm.pt"}) {
    const auto before = read_reference(test::reference_file(name));
    const auto model  = model_from_reference<Fno<2>>(before);
    const Json said   = reference_arguments(model);
    for (const auto& argument : before.arguments.list())
      CHECK_MESSAGE(said[argument.name] == argument.value, name << ": " << argument.name);
  }
}

TEST_CASE("coordinates of another box are written by its boundaries, and read back") {
  const Json box{{"grid_boundaries", {{-1.0, 1.0}, {0.0, 2.5}}}};
  for (const Json& embedding : {box, Json("grid")}) {
    const auto model = load_reference<Fno<2>>(test::reference_file("fno_wrapped.pt"),
                                              {.arguments = {{"positional_embedding", embedding}}});
    CHECK(reference_arguments(model)["positional_embedding"] == embedding);
  }
}

TEST_CASE(
    "all modes that weights are stored for can be put to use, on the half axis an odd number") {
  for (const std::size_t modes : {4U, 5U}) {
    auto model =
        load_reference<Fno<2>>(test::reference_file("fno_options.pt"),
                               {.arguments = {{"max_n_modes", {6, 3}}, {"n_modes", {6, modes}}}});
    CHECK(model.config().modes == Shape<2>{6, modes});
    CHECK(model.config().max_modes == Shape<2>{6, 5});
    CHECK(reference_arguments(model)["n_modes"] == Json::array({6, modes}));
    model.set_modes({2, 2});
    CHECK(reference_arguments(model)["max_n_modes"] == Json::array({6, 3}));
    model.set_modes({6, 5});
  }
}

TEST_CASE("ranks are written as the constructor takes them") {
  using Kind = SpectralWeightKind;
  CHECK(detail::rank_for_reference({.kind = Kind::tucker, .rank = 0.5}) == 0.5);
  CHECK(detail::rank_for_reference({.kind = Kind::tucker, .ranks = {2, 3}}) == Json({2, 3}));
  CHECK(detail::rank_for_reference({.kind = Kind::cp, .ranks = {7}}) == 7);
  CHECK(detail::rank_for_reference({.kind = Kind::tensor_train, .ranks = {2, 3}}) ==
        Json({1, 2, 3, 1}));
}

TEST_CASE("what the reference library does not have is refused") {
  const auto refused = [](auto change) {
    Fno<1>::Config config{
        .in_channels = 1, .out_channels = 1, .width = 4, .depth = 1, .modes = {4}};
    change(config);
    Rng rng{1};
    const Fno<1> model(config, rng);
    try {
      reference_arguments(model);
    } catch (const PreconditionError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(refused([](auto&) {}).empty());
  CHECK(refused([](auto& config) { config.activation = Activation::identity; }) ==
        "save_reference: expected what the reference library has, got no activation");
  CHECK(refused([](auto& config) {
          config.channel_mlp_activation = Activation::relu;
        }).ends_with("another activation than gelu inside the channel MLPs"));
  CHECK(refused([](auto& config) { config.lifting_layers = 0; }).empty());
  CHECK(refused([](auto& config) {
          config.lifting_layers = 2;
        }).ends_with("another number of hidden layers of lifting or projection"));
  CHECK(refused([](auto& config) {
          config.projection_layers = 0;
        }).ends_with("another number of hidden layers of lifting or projection"));
  CHECK(refused([](auto& config) { config.projection_activation = Activation::gelu; }).empty());
  CHECK(refused([](auto& config) {
          config.projection_activation = Activation::silu;
        }).ends_with("another activation in the projection"));
  CHECK(refused([](auto& config) { config.activated_layers = 0; }).empty());
  CHECK(refused([](auto& config) {
          config.activated_layers = 1;
        }).ends_with("another number of activated layers"));
  CHECK(refused([](auto& config) {
          config.padding_points = {1};
        }).ends_with("padding by a number of points"));
  CHECK(refused([](auto& config) { config.padding_sides = PaddingSides::end; }).empty());
  CHECK(refused([](auto& config) {
          config.domain_padding = {0.1}, config.padding_sides = PaddingSides::end;
        }).ends_with("padding at the end alone, which it had up to version 1.0"));
  CHECK(refused([](auto& config) {
          config.norm = NormKind::group, config.norm_groups = 2;
        }).ends_with("a group norm of several groups"));
}

}  // namespace
}  // namespace nop::test::to_arguments_test
