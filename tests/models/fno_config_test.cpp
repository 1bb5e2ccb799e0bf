// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/error.hpp>
#include <nop/io/config_json.hpp>
#include <nop/models/fno_config.hpp>

#include <doctest/doctest.h>

#include <string>

namespace nop::test::fno_config_test {

TEST_CASE("the configuration of an Fno comes back from its text") {
  const nop::FnoConfig<2> config{.in_channels           = 3,
                                 .out_channels          = 1,
                                 .width                 = 8,
                                 .modes                 = {5, 4},
                                 .projection_activation = nop::Activation::silu,
                                 .padding_points        = {1, 2},
                                 .padding_sides         = nop::PaddingSides::end,
                                 .activated_layers      = 2};
  const nop::JsonOrigin origin{"test"};
  const auto text = nop::json_text(nop::config_to_json(config));
  const auto read = nop::config_from_json<nop::FnoConfig<2>>(nop::parse_json(text, origin), origin);
  CHECK(read.modes == config.modes);
  CHECK(read.projection_activation == nop::Activation::silu);
  CHECK(read.padding_points == config.padding_points);
  CHECK(read.padding_sides == nop::PaddingSides::end);
  CHECK(read.activated_layers == 2U);
  CHECK(nop::json_text(nop::config_to_json(read)) == text);
}

TEST_CASE("the configuration of an Fno may lack what came later, and nothing else") {
  const nop::JsonOrigin origin{"test"};
  auto json = nop::config_to_json(
      nop::FnoConfig<1>{.in_channels = 1, .out_channels = 1, .width = 2, .modes = {4}});
  for (const auto field : nop::FnoConfig<1>::later_fields) json.erase(std::string(field));
  CHECK(nop::config_from_json<nop::FnoConfig<1>>(json, origin).lifting_layers == 1);
  json.erase("width");
  CHECK_THROWS_AS(nop::config_from_json<nop::FnoConfig<1>>(json, origin), nop::FormatError);
}

}  // namespace nop::test::fno_config_test
