// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/error.hpp>
#include <nop/io/config_json.hpp>
#include <nop/models/uno_config.hpp>

#include <doctest/doctest.h>

#include <vector>

namespace nop::test::uno_config_test {

TEST_CASE("the skips across a U are mirrored") {
  const auto skips = nop::mirrored_skips(5);
  REQUIRE(skips.size() == 2);
  CHECK((skips[0].from == 0 && skips[0].to == 4));
  CHECK((skips[1].from == 1 && skips[1].to == 3));
  CHECK(nop::mirrored_skips(1).empty());
}

TEST_CASE(
    "the configuration of a Uno comes back from its text, with its list of skips or without") {
  nop::UnoConfig<1> config{
      .in_channels = 1, .out_channels = 1, .width = 2, .layers = {{2, {4}, {0.5}}, {3, {4}, {2}}}};
  const nop::JsonOrigin origin{"test"};
  const auto through_text = [&] {
    const auto json = nop::config_to_json(config);
    return nop::config_from_json<nop::UnoConfig<1>>(nop::parse_json(nop::json_text(json), origin),
                                                    origin);
  };
  CHECK(!through_text().horizontal_skips);
  CHECK(through_text().layers.at(1).out_channels == 3);
  CHECK(through_text().layers.at(0).scaling.at(0) == 0.5);
  config.horizontal_skips = std::vector<nop::HorizontalSkip>{{0, 1}};
  REQUIRE(through_text().horizontal_skips);
  CHECK(through_text().horizontal_skips->at(0).to == 1);
}

}  // namespace nop::test::uno_config_test
