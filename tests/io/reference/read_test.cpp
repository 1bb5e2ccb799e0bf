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

TEST_CASE("padding is at both sides, up to version 1.0 at the end unless said") {
  const auto mode = [](const std::string& name, const Json& said, Semantics semantics) {
    return read_reference(test::reference_file(name), {.arguments = said, .semantics = semantics})
        .arguments["domain_padding_mode"];
  };
  const Json padded{{"domain_padding", 0.1}};
  CHECK(mode("fno_wrapped.pt", padded, Semantics::exact) == "symmetric");
  CHECK(mode("fno_wrapped.pt", padded, Semantics::v2_0) == "symmetric");
  CHECK(mode("fno_wrapped.pt", padded, Semantics::v1_0) == "one-sided");
  CHECK(mode("fno_v0_3.pt", padded, Semantics::exact) == "one-sided");
  CHECK(mode("fno_v1_0.pt", nullptr, Semantics::exact) == "one-sided");  // the file says so
  for (const std::string said : {"symmetric", "one-sided"})
    for (const auto semantics : {Semantics::exact, Semantics::v1_0})
      CHECK(mode("fno_wrapped.pt", {{"domain_padding", 0.1}, {"domain_padding_mode", said}},
                 semantics) == said);
  CHECK_NOTHROW(  // where nothing is padded, it says nothing
      mode("fno_wrapped.pt", {{"domain_padding_mode", "one-sided"}}, Semantics::exact));
  CHECK(test::refusal([&] {
          mode("fno_wrapped.pt", {{"domain_padding", 0.1}, {"domain_padding_mode", "left"}},
               Semantics::exact);
        }).find("'domain_padding_mode' should be 'symmetric' or 'one-sided'") != std::string::npos);
}

TEST_CASE("a number of points is no argument of the reference library's models") {
  CHECK(test::refusal([] {
          read_reference(test::reference_file("fno_wrapped.pt"), {.arguments = {{"padding", 8}}});
        }).ends_with("'padding' is given, but is no argument of such a model"));
}

}  // namespace
}  // namespace nop
