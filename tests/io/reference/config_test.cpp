// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/config.hpp>
#include <nop/io/reference/load.hpp>

#include "io/hostile.hpp"
#include "io/reference/states.hpp"
#include <doctest/doctest.h>

#include <array>
#include <string>

namespace nop::test::config_test {
namespace {

template <class Model = Fno<2>>
typename Model::Config config(const std::string& name, const Json& arguments = nullptr) {
  return reference_config<Model>(
      read_reference(test::reference_file(name), {.arguments = arguments}));
}

TEST_CASE("arguments become a Config") {
  const auto options = config("fno_options.pt");
  CHECK(options.in_channels == 2);
  CHECK(options.width == 4);
  CHECK(options.depth == 2);
  CHECK(options.modes == Shape<2>{4, 4});
  CHECK(options.max_modes == Shape<2>{6, 5});  // there by its coefficients, 3
  CHECK(options.activation == Activation::relu);
  CHECK(options.norm == NormKind::instance);
  CHECK(options.order == LayerOrder::pre_activation);
  CHECK(options.stabilizer == Stabilizer::hyperbolic_tangent);
  CHECK(options.skip == SkipKind::identity);
  CHECK(options.channel_mlp_skip == SkipKind::linear);
  CHECK(options.positional_embedding == PositionalEmbedding::none);
  CHECK(options.semantics == Semantics::exact);
  const auto padded = config<Fno<3>>("fno_3d.pt");
  CHECK(padded.domain_padding == std::array{0.25, 0.25, 0.25});
  CHECK(padded.modes == Shape<3>{2, 2, 3});
  const auto tucker = config<Tfno<2>>("tfno_tucker.pt");
  CHECK(tucker.weight.kind == SpectralWeightKind::tucker);
  CHECK(tucker.weight.ranks.size() == 4);
}

TEST_CASE("coordinates may be of any box") {
  const auto embedded = [](const Json& boundaries) {
    return config("fno_wrapped.pt", {{"positional_embedding", {{"grid_boundaries", boundaries}}}});
  };
  CHECK(config("fno_wrapped.pt").box.end == std::array{1.0, 1.0});
  const auto shifted = embedded({{-1, 1}, {0, 2.5}});
  CHECK(shifted.positional_embedding == PositionalEmbedding::grid);
  CHECK(shifted.box.begin == std::array{-1.0, 0.0});
  CHECK(shifted.box.end == std::array{1.0, 2.5});
  CHECK(test::refusal([&] {
          embedded({{0, 1}});
        }).find("'positional_embedding' should be a list of 2 pairs [begin, end]") !=
        std::string::npos);
}

TEST_CASE("a scaling is one number, one for each layer or one for each axis of each") {
  const auto scaling = [](const Json& value) {
    return config("fno_wrapped.pt", {{"resolution_scaling_factor", value}}).scaling;
  };
  CHECK(scaling(2)[1] == GridScaling<2>{2, 2});
  CHECK(scaling({2, 0.5})[1] == GridScaling<2>{0.5, 0.5});
  CHECK(scaling({{1, 2}, {3, 4}})[1] == GridScaling<2>{3, 4});
  CHECK(test::refusal([&] {
          scaling({1, 2, 3});
        }).find("'resolution_scaling_factor' should be a number or a list of 2") !=
        std::string::npos);
}

TEST_CASE("values that make no sense are refused") {
  const auto refused = [](const Json& arguments) {
    return test::refusal([&] { config("fno_wrapped.pt", arguments); });
  };
  CHECK(refused({{"stabilizer", "sin"}}).find("'stabilizer' should be 'tanh' or null") !=
        std::string::npos);
  CHECK(refused({{"domain_padding", {0.1, 0.1, 0.1}}}).find("'domain_padding' should be") !=
        std::string::npos);
}

TEST_CASE("a Uno's layers and skips across are read") {
  const auto uno = config<Uno<2>>("uno.pt", {{"uno_scalings", {{1, 1}, {0.5, 0.5}, {2, 2}}}});
  REQUIRE(uno.layers.size() == 3);
  CHECK(uno.layers[1].out_channels == 5);
  CHECK(uno.layers[1].modes == Shape<2>{2, 2});
  CHECK(uno.layers[1].scaling == GridScaling<2>{0.5, 0.5});
  CHECK(uno.lifting_channels == 5);
  REQUIRE(uno.horizontal_skips->size() == 1);
  CHECK((*uno.horizontal_skips)[0].from == 0);
  CHECK((*uno.horizontal_skips)[0].to == 2);
  CHECK(uno.interpolation == Interpolation::cubic);
  CHECK(test::refusal([] {
          config<Uno<2>>("uno.pt", {{"uno_scalings", {{1, 1}, {1, 1}, {1, 1}}},
                                    {"horizontal_skips_map", {{"x", 0}}}});
        }).find("'horizontal_skips_map' should be an object") != std::string::npos);
}

}  // namespace
}  // namespace nop::test::config_test
