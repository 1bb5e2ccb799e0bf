// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/stored_arguments.hpp>

#include "io/hostile.hpp"
#include <doctest/doctest.h>

namespace nop::detail::stored_arguments_test {
namespace {

TEST_CASE("arguments get the names of today, unnamed ones theirs, and idle ones are dropped") {
  const Json stored{
      {"mlp_skip", "linear"}, {"implementation", "factorized"},
      {"_version", "0.1.0"},  {"non_linearity", {{"global", "torch._C._nn.gelu"}}},
      {"n_layers", 4},        {"args", Json::array({Json::array({4, 4}), 1, 2, 8, 3})}};
  const Json expected{{"channel_mlp_skip", "linear"},
                      {"non_linearity", "gelu"},
                      {"n_layers", 3},
                      {"n_modes", Json::array({4, 4})},
                      {"in_channels", 1},
                      {"out_channels", 2},
                      {"hidden_channels", 8}};
  const Json got = canonical_arguments(stored);
  CHECK(got.size() == expected.size());
  for (const auto& entry : expected.items()) CHECK(got[entry.key()] == entry.value());
  CHECK(canonical_arguments(nullptr).is_null());
}

TEST_CASE("a module that appends coordinates is known by its boundaries") {
  const Json boundaries = {{0, 1}, {-1, 2}};
  const Json module{{"global", "neuralop.layers.embeddings.GridEmbeddingND"},
                    {"arguments", {{{"in_channels", 1}, {"grid_boundaries", boundaries}}}}};
  const Json expected{{"grid_boundaries", boundaries}};
  CHECK(canonical_arguments({{"positional_embedding", module}})["positional_embedding"] ==
        expected);
  CHECK(given_arguments({{"positional_embedding", expected}})["positional_embedding"] == expected);
}

TEST_CASE("what a caller gives must be arguments that there are") {
  CHECK(given_arguments(nullptr).is_null());
  CHECK(given_arguments({{"skip", "identity"}})["fno_skip"] == "identity");
  CHECK_THROWS_WITH(given_arguments({{"n_mode", 3}}),
                    "read_reference: expected arguments of the reference library's FNO or UNO, got "
                    "'n_mode'");
  CHECK_THROWS_WITH(given_arguments(Json::array({3})),
                    "read_reference: expected arguments by their names, got [3]");
}

TEST_CASE("the semantics that a model of ours had are remembered") {
  CHECK(stored_semantics(nullptr, "x.pt") == Semantics::exact);
  CHECK(stored_semantics({{"nop_semantics", "v2_0"}}, "x.pt") == Semantics::v2_0);
  CHECK(test::refusal([] { stored_semantics({{"nop_semantics", 3}}, "x.pt"); }) ==
        "x.pt: byte 0: 'nop_semantics' cannot be 3");
}

}  // namespace
}  // namespace nop::detail::stored_arguments_test
