// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/describe_layers.hpp>

#include "io/hostile.hpp"
#include "io/reference/states.hpp"
#include <doctest/doctest.h>

#include <string>

namespace nop::test::describe_layers_test {
namespace {

using Shapes = std::vector<std::pair<std::string, test::Extents>>;

ReferenceArguments described(const Shapes& others, const Json& given = nullptr) {
  const auto tensors = test::tensors_of(test::small_fno(others));
  const ReferenceTensors asked(tensors, "x.pt");
  ReferenceArguments arguments("x.pt", given, nullptr);
  detail::ReferenceLayerDescriber(asked, arguments).describe();
  return arguments;
}

std::string refused(const Shapes& others, const Json& given) {
  return test::refusal([&] { described(others, given); });
}

TEST_CASE("skips are told by their tensors, and must be said where they have none") {
  const Shapes linear{{"fno_blocks.fno_skips.0.conv.weight", {4, 4, 1}}};
  CHECK(described(linear)["fno_skip"] == "linear");
  CHECK(described({{"fno_blocks.fno_skips.0.weight", {1, 4, 1, 1}}})["fno_skip"] == "soft-gating");
  const auto kernel = described({{"fno_blocks.fno_skips.0.weight", {4, 4, 3, 3}}});
  CHECK(kernel["fno_skip"] == "linear");
  CHECK(kernel["conv_bias_kernel"] == 3);
  CHECK(described({}).missing()[0].name == "fno_skip");
  CHECK(described({}, {{"fno_skip", nullptr}}).missing().empty());
  CHECK(described({}, {{"fno_skip", "identity"}})["fno_skip"] == "identity");
  CHECK(refused(linear, {{"fno_skip", "identity"}}).find("'fno_skip' should be \"linear\"") !=
        std::string::npos);
  CHECK(refused({}, {{"fno_skip", "linear"}}).find("'fno_skip' should be \"identity\"") !=
        std::string::npos);
}

TEST_CASE("norms are told by their tensors, all but one without any") {
  CHECK(described({{"fno_blocks.norm.0.weight", {4}}})["norm"] == "group_norm");
  CHECK(described({{"fno_blocks.norm.0.norm.running_mean", {4}}})["norm"] == "batch_norm");
  const auto adaptive = described({{"fno_blocks.norm.0.mlp.0.weight", {512, 7}}});
  CHECK(adaptive["norm"] == "ada_in");
  CHECK(adaptive["ada_in_features"] == 7);
  CHECK(described({})["norm"].is_null());
  CHECK(described({}, {{"norm", "instance_norm"}})["norm"] == "instance_norm");
  CHECK(refused({}, {{"norm", "group_norm"}}).find("'norm' should be") != std::string::npos);
}

TEST_CASE("of a channel MLP the expansion follows") {
  const Shapes mlp{{"fno_blocks.channel_mlp.0.fcs.0.weight", {3, 4, 1}},
                   {"fno_blocks.channel_mlp_skips.0.weight", {1, 4, 1, 1}}};
  CHECK(described({})["use_channel_mlp"] == false);
  CHECK(described(mlp)["use_channel_mlp"] == true);
  CHECK(described(mlp)["channel_mlp_expansion"] == 0.75);
  CHECK(described(mlp)["channel_mlp_skip"] == "soft-gating");
  CHECK(described(mlp, {{"channel_mlp_expansion", 0.7}})["channel_mlp_expansion"] == 0.7);
  CHECK(refused(mlp, {{"channel_mlp_expansion", 0.5}})
            .find("'channel_mlp_expansion' should be 0.75") != std::string::npos);
  CHECK(refused({}, {{"use_channel_mlp", true}}).find("'use_channel_mlp' should be false") !=
        std::string::npos);
}

TEST_CASE("what is said of channel MLPs means nothing where there are none") {
  const Json given{{"use_channel_mlp", false},
                   {"channel_mlp_expansion", 1.25},
                   {"channel_mlp_skip", "linear"},
                   {"channel_mlp_dropout", 0.3},
                   {"fno_skip", nullptr}};
  const auto arguments = described({}, given);
  CHECK_NOTHROW(arguments.expect_all_used());
  CHECK(arguments.missing().empty());
  CHECK(arguments["use_channel_mlp"] == false);
}

TEST_CASE("an activation that is unknown is refused") {
  CHECK(described({})["non_linearity"] == "gelu");
  CHECK(refused({}, {{"non_linearity", "torch.sin"}}) ==
        "x.pt: byte 0: 'non_linearity' should be one of gelu, relu, leaky_relu, silu, tanh, selu, "
        "but is \"torch.sin\"");
}

}  // namespace
}  // namespace nop::test::describe_layers_test
