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

}  // namespace
}  // namespace nop
