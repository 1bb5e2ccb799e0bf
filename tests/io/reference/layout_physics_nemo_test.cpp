// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/layout_physics_nemo.hpp>
#include <nop/io/reference/load.hpp>
#include <nop/io/reference/read.hpp>

#include "io/hostile.hpp"
#include "io/reference/fixtures.hpp"
#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace nop::test::layout_physics_nemo_test {
namespace {

template <class Model>
Model loaded(const std::string& name) {
  return load_reference<Model>(test::reference_fixture(name + ".mdlus"));
}
template <class Model>
double difference(const std::string& name) {
  return test::difference_from_pytorch(loaded<Model>(name), name);
}

TEST_CASE("models of PhysicsNeMo give its numbers in one to four dimensions") {
  CHECK(difference<Fno<1>>("physics_nemo_1d") < 3e-6);
  CHECK(difference<Fno<2>>("physics_nemo") < 3e-6);
  CHECK(difference<Fno<3>>("physics_nemo_3d") < 3e-6);
  CHECK(difference<Fno<4>>("physics_nemo_4d") < 3e-6);
}

TEST_CASE("its container says how a model was made") {
  const auto plain = loaded<Fno<1>>("physics_nemo_1d").config();
  CHECK(plain.activation == Activation::tanh);
  CHECK(plain.projection_activation == Activation::silu);
  CHECK(plain.padding_points == Shape<1>{8});
  const auto deep = loaded<Fno<2>>("physics_nemo").config();
  CHECK(deep.projection_layers == 2);
  CHECK(deep.lifting_layers == 1);
  CHECK(deep.padding_points == Shape<2>{1, 3});
  CHECK(deep.padding_sides == PaddingSides::end);
  CHECK(deep.positional_embedding == PositionalEmbedding::grid_with_ends);
  CHECK(deep.modes == Shape<2>{6, 2});
  const auto bare = loaded<Fno<3>>("physics_nemo_3d").config();
  CHECK(bare.positional_embedding == PositionalEmbedding::none);
  CHECK(bare.projection_activation == Activation::relu);
}

TEST_CASE("of a state dict alone its defaults are assumed, and others may be said in its words") {
  const auto file = test::reference_fixture("physics_nemo.mdlus");
  auto state      = read_reference_state(file);
  REQUIRE(state.layout == ReferenceLayout::physics_nemo);
  state.arguments   = nullptr;
  const auto silent = describe_reference(state).arguments;
  CHECK(silent["padding"] == 8);
  CHECK(silent["decoder_activation_fn"] == "silu");
  CHECK(silent["non_linearity"] == "gelu");
  CHECK(silent["decoder_layers"] == 2);
  CHECK(silent["decoder_layer_size"] == 5);
  const auto said = describe_reference(state, {.arguments = {{"padding", {1, 3}},
                                                             {"padding_type", "constant"},
                                                             {"activation_fn", "relu"},
                                                             {"decoder_activation_fn", "tanh"},
                                                             {"num_fno_modes", {3, 2}},
                                                             {"latent_channels", 4},
                                                             {"num_fno_layers", 2},
                                                             {"dimension", 2},
                                                             {"coord_features", true}}})
                        .arguments;
  CHECK(said["non_linearity"] == "relu");
  CHECK(said["decoder_activation_fn"] == "tanh");
  CHECK(said["padding"] == Json({1, 3}));
  const auto refused = [&](const Json& arguments) {
    return test::refusal([&] { describe_reference(state, {.arguments = arguments}); });
  };
  CHECK(refused({{"num_fno_modes", 3}}).find("'n_modes' should be [6,2]") != std::string::npos);
  CHECK(refused({{"padding_type", "reflect"}}).find("'padding_type' should be 'constant'") !=
        std::string::npos);
  CHECK(refused({{"decoder_layer_size", 32}}).find("should be 5") != std::string::npos);
  CHECK(refused({{"decoder_activation_fn", "stan"}})
            .find("'decoder_activation_fn' should be one of gelu") != std::string::npos);
  CHECK(refused({{"activation_fn", "leaky_relu"}}).find("but is \"leaky_relu of slope 0.1\"") !=
        std::string::npos);
  CHECK(refused({{"dimension", 3}}).find("'dimension' should be 2") != std::string::npos);
}

TEST_CASE("a list of paddings is cut or filled with zeros") {
  const auto padding = [](const Json& value) {
    return detail::words_of_physics_nemo({{"padding", value}}, 2)["padding"];
  };
  CHECK(padding({1}) == Json({1, 0}));
  CHECK(padding({1, 2, 3}) == Json({1, 2}));
  CHECK(padding(5) == 5);
}

TEST_CASE("what belongs to no part of a model is refused, but for buffers of old checkpoints") {
  auto state = read_reference_state(test::reference_fixture("physics_nemo.mdlus"));
  state.tensors.add("spec_encoder.device_buffer", make_array(std::vector<float>{}, {0}));
  CHECK_NOTHROW(detail::from_physics_nemo(state));
  state.tensors.add("decoder_net.other", make_array(std::vector<float>{1}, {1}));
  CHECK(test::refusal([&] { detail::from_physics_nemo(state); })
            .ends_with("the tensor 'decoder_net.other' of shape [1] belongs to no part of a model "
                       "of PhysicsNeMo"));
}

}  // namespace
}  // namespace nop::test::layout_physics_nemo_test
