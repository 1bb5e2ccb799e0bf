// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/layout_v0_2.hpp>
#include <nop/io/reference/load.hpp>
#include <nop/io/reference/read.hpp>

#include "io/hostile.hpp"
#include "io/reference/fixtures.hpp"
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace nop::test::layout_v0_2_test {
namespace {

TEST_CASE("models that version 0.2.0 made give its numbers in one to three dimensions") {
  CHECK(test::loaded_difference<Fno<2>>("fno_v0_2") < 3e-6);
  CHECK(test::loaded_difference<Fno<1>>("fno_v0_2_1d", {.arguments = {{"domain_padding", 0.3}}}) <
        3e-6);
  CHECK(test::loaded_difference<Fno<3>>("fno_v0_2_3d") < 3e-6);
}

TEST_CASE("weights made of factors are multiplied out") {
  for (const std::string kind : {"tucker", "cp", "tt"})
    CHECK(test::loaded_difference<Fno<2>>("tfno_v0_2_" + kind) < 3e-6);
}

TEST_CASE("the first half of the layers is activated, and padding is at the end") {
  const auto config =
      load_reference<Fno<1>>(test::reference_fixture("fno_v0_2_1d.pt"),
                             {.arguments = {{"domain_padding", 0.3}, {"n_modes", {6}}}})
          .config();
  CHECK(config.activated_layers == 2U);
  CHECK(config.padding_sides == PaddingSides::end);
  CHECK(config.lifting_layers == 0);
  CHECK(config.order == LayerOrder::original);
  const auto odd = read_reference(test::reference_fixture("fno_v0_2.pt")).arguments;
  CHECK(odd["nop_activated_layers"] == 2);  // of three
  CHECK(odd["n_modes"] == Json({6, 2}));    // 0, 1 along the last axis
}

TEST_CASE("what is said is understood as version 0.2.0 had it") {
  const auto words = [](const Json& said) { return detail::words_of_v0_2(said, 2, "x.pt"); };
  CHECK(words({{"n_modes", {6, 4}}, {"projection_channels", 5}}) == Json{{"n_modes", {6, 2}}});
  CHECK(words({{"n_modes", {7, 5}}}) == Json{{"n_modes", {6, 2}}});
  CHECK(words(nullptr).is_null());
  CHECK(test::refusal([&] {
          words({{"incremental_n_modes", {2, 2}}});
        }).ends_with("fewer modes in use than are stored are not supported"));
  CHECK(test::refusal([] {
          read_reference(test::reference_fixture("fno_v0_2.pt"),
                         {.arguments = {{"n_modes", {8, 4}}}});
        }).find("'n_modes' should be [6,2]") != std::string::npos);
}

TEST_CASE("what cannot be told here is refused") {
  const auto refused = [](const std::string& key, const Json& arguments = nullptr) {
    auto state = read_reference_state(test::reference_fixture("fno_v0_2.pt"));
    REQUIRE(state.layout == ReferenceLayout::v0_2);
    state.arguments = arguments;
    if (!key.empty()) state.tensors.add(key, make_array(std::vector<float>{1}, {1}));
    return test::refusal([&] { detail::from_v0_2(state); });
  };
  CHECK(refused("fno_blocks.mlp.0.fcs.0.weight").ends_with("layers with MLPs are not supported"));
  CHECK(refused("fno_blocks.convs.weight.core")
            .ends_with("layers whose weights are one tensor are not supported"));
  CHECK(refused("fno_blocks.0.convs.bias").ends_with("UNOs are not supported"));
  CHECK(refused("", {{"preactivation", true}})
            .ends_with("layers that activate first are not supported"));
  CHECK(refused("other").ends_with(
      "the tensor 'other' of shape [1] belongs to no part of a model of neuraloperator 0.2"));
}

}  // namespace
}  // namespace nop::test::layout_v0_2_test
