// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/describe.hpp>

#include "io/hostile.hpp"
#include "io/reference/states.hpp"
#include <doctest/doctest.h>

#include <string>

namespace nop::test::describe_test {
namespace {

using Shapes = std::vector<std::pair<std::string, test::Extents>>;

ReferenceArguments described(const Shapes& shapes, const Json& given = nullptr) {
  const auto tensors = test::tensors_of(shapes);
  const ReferenceTensors asked(tensors, "x.pt");
  ReferenceArguments arguments("x.pt", given, nullptr);
  detail::ReferenceDescriber(asked, arguments).describe();
  return arguments;
}

std::string refused(const Shapes& shapes, const Json& given = nullptr) {
  return test::refusal([&] { described(shapes, given); });
}

TEST_CASE("what goes in and out of a model follows from its lifting and projection") {
  const auto arguments = described(test::small_fno());
  CHECK(arguments["in_channels"] == 3);
  CHECK(arguments["positional_embedding"] == "grid");
  CHECK(arguments["out_channels"] == 1);
  CHECK(arguments["hidden_channels"] == 4);
  CHECK(arguments["lifting_channel_ratio"] == 1.5);
  CHECK(arguments["projection_channel_ratio"] == 2.0);
  const auto without = described(test::small_fno(), {{"positional_embedding", nullptr}});
  CHECK(without["in_channels"] == 5);
  CHECK(described(test::small_fno(), {{"in_channels", 5}})["positional_embedding"].is_null());
  const Json box{{"grid_boundaries", {{0, 1}, {0, 2}}}};
  CHECK(described(test::small_fno(), {{"positional_embedding", box}})["in_channels"] == 3);
  CHECK(described(test::small_fno(),
                  {{"in_channels", 3}, {"positional_embedding", box}})["positional_embedding"] ==
        box);
  CHECK(refused(test::small_fno(), {{"in_channels", 5}, {"positional_embedding", box}})
            .find("'positional_embedding' should be null") != std::string::npos);
}

TEST_CASE("a ratio is one that gives as many channels, whatever their number") {
  for (std::size_t hidden = 1; hidden < 40; ++hidden) {
    auto shapes      = test::small_fno();
    shapes[0].second = {7, 1, 1};
    shapes[1].second = {7, 7, 6, 3};
    shapes[2].second = {hidden, 5, 1};
    shapes[4].second = {7, hidden, 1};
    const auto ratio = described(shapes)["lifting_channel_ratio"].get<double>();
    CHECK(static_cast<std::size_t>(7 * ratio) == hidden);
  }
}

TEST_CASE("a lifting of one map has no hidden channels") {
  auto shapes = test::small_fno();
  shapes.erase(shapes.begin() + 4, shapes.begin() + 6);
  shapes[2].second = {4, 5, 1};
  shapes[3].second = {4};
  CHECK(described(shapes)["lifting_channel_ratio"] == 0.0);
  CHECK(described(shapes, {{"lifting_channel_ratio", 0.1}})["lifting_channel_ratio"] == 0.1);
  CHECK(refused(shapes, {{"lifting_channel_ratio", 2}})
            .find("'lifting_channel_ratio' should be 0.0") != std::string::npos);
}

TEST_CASE("tensors that contradict each other or what is said are refused") {
  CHECK(refused(test::small_fno(), {{"in_channels", 4}}) ==
        "x.pt: byte 0: 'in_channels' should be [5,3] by the tensor 'lifting.fcs.0.weight', but is "
        "given as 4");
  CHECK(refused(test::small_fno(), {{"in_channels", 3}, {"positional_embedding", nullptr}})
            .find("'positional_embedding' should be \"grid\"") != std::string::npos);
  CHECK(refused(test::small_fno(), {{"positional_embedding", "other"}}) ==
        "x.pt: byte 0: 'positional_embedding' should be 'grid', {'grid_boundaries': [[begin, end], "
        "...]} or null, but is \"other\"");
  CHECK(
      refused(test::small_fno(), {{"hidden_channels", 8}}).find("'hidden_channels' should be 4") !=
      std::string::npos);
  CHECK(refused(test::small_fno(), {{"lifting_channel_ratio", 3}})
            .find("'lifting_channel_ratio' should be 1.5") != std::string::npos);
  auto shapes      = test::small_fno();
  shapes[4].second = {5, 6, 1};
  CHECK(
      refused(shapes) ==
      "x.pt: byte 0: the lifting should give 4 channels, as many as the layers have, but gives 5");
  shapes.resize(4);
  CHECK(refused(shapes).find("'projection' should have 2 maps of channels, but has 0") !=
        std::string::npos);
}

TEST_CASE("of a Uno the skips across are the mirrored ones unless said") {
  Shapes shapes{{"lifting.fcs.0.weight", {6, 5, 1}},
                {"lifting.fcs.1.weight", {4, 6, 1}},
                {"projection.fcs.0.weight", {8, 4, 1}},
                {"projection.fcs.1.weight", {1, 8, 1}},
                {"horizontal_skips.0.conv.weight", {4, 4, 1}}};
  for (const std::string layer : {"0", "1", "2"}) {
    shapes.emplace_back("fno_blocks." + layer + ".convs.0.bias", test::Extents{4, 1, 1});
    shapes.emplace_back("fno_blocks." + layer + ".convs.0.weight.tensor",
                        test::Extents{layer == "2" ? 8U : 4U, 4, 6, 3});
  }
  const auto arguments = described(shapes, {{"fno_skip", nullptr}});
  CHECK(arguments["n_layers"] == 3);
  CHECK(arguments["uno_out_channels"] == Json::array({4, 4, 4}));
  CHECK(arguments["uno_n_modes"][1] == Json::array({6, 4}));
  CHECK(arguments["horizontal_skips_map"] == Json{{"2", 0}});
  CHECK(arguments["horizontal_skip"] == "linear");
  REQUIRE(arguments.missing().size() == 1);
  CHECK(arguments.missing()[0].name == "uno_scalings");
}

}  // namespace
}  // namespace nop::test::describe_test
