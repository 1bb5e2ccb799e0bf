// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/read.hpp>

#include "io/hostile.hpp"
#include "io/reference/states.hpp"
#include <doctest/doctest.h>

namespace nop {
namespace {

TEST_CASE("a file of PyTorch is described as its constructor was called") {
  const auto model = read_reference(test::reference_file("fno_options.pt"));
  CHECK(model.family == ReferenceFamily::fno);
  CHECK(model.dimensions == 2);
  const auto& arguments = model.arguments;
  CHECK(arguments["non_linearity"] == "relu");
  CHECK(arguments["norm"] == "instance_norm");
  CHECK(arguments["fno_skip"] == "identity");
  CHECK(arguments["stabilizer"] == "tanh");
  CHECK(arguments["preactivation"] == true);
  CHECK(arguments["max_n_modes"] == Json::array({6, 3}));
  CHECK(arguments["n_modes"] == Json::array({4, 4}));
  CHECK(arguments["positional_embedding"].is_null());
  CHECK(arguments.missing().empty());
}

TEST_CASE("options say what the file does not, and nothing else") {
  const auto file = test::reference_file("uno.pt");
  CHECK(read_reference(file).arguments.missing().size() == 1);
  const ReferenceOptions options{.arguments = {{"uno_scalings", {{1, 1}, {1, 1}, {1, 1}}}},
                                 .semantics = Semantics::v1_0};
  CHECK(read_reference(file, options).arguments.missing().empty());
  CHECK(read_reference(file, options).semantics == Semantics::v1_0);
  CHECK(test::refusal([&] {
          read_reference(file, {.arguments = {{"stabilizer", "tanh"}}});
        }).ends_with("'stabilizer' is given, but is no argument of such a model"));
  CHECK_THROWS_AS(read_reference(file, {.arguments = {{"uno_scaling", 1}}}), PreconditionError);
}

TEST_CASE("layouts that are known, but not supported, are refused by their names") {
  const auto refused = [](const char* anchor, const char* other) {
    const TorchCheckpoint checkpoint{test::tensors_of({{anchor, {2, 4, 1, 1}}, {other, {4, 3}}})};
    return test::refusal([&] { describe_reference(find_reference_state(checkpoint, "x.pt")); });
  };
  CHECK(refused("fno_blocks.convs.bias", "lifting.fc.weight") ==
        "x.pt: byte 0: models of neuraloperator 0.2 are recognised, but not supported");
  CHECK(refused("spec_encoder.spconv_layers.0.weights1", "x") ==
        "x.pt: byte 0: models of PhysicsNeMo are recognised, but not supported");
}

TEST_CASE("padding at one side, as version 1.0 had it, is refused") {
  const auto file = test::reference_file("fno_wrapped.pt");
  CHECK(test::refusal([&] {
          read_reference(
              file, {.arguments = {{"domain_padding", 0.1}, {"domain_padding_mode", "one-sided"}}});
        }).find("'domain_padding_mode' should be 'symmetric', which alone is supported") !=
        std::string::npos);
  CHECK_NOTHROW(read_reference(
      file, {.arguments = {{"domain_padding", 0.1}, {"domain_padding_mode", "symmetric"}}}));
}

}  // namespace
}  // namespace nop
