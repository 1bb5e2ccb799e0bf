// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/read.hpp>
#include <nop/io/torch_checkpoint.hpp>
#include <nop/io/torch_pickle.hpp>

#include "io/hostile.hpp"
#include "io/reference/states.hpp"
#include "io/torch_pickles.hpp"
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nop::test::read_test {
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

TEST_CASE("two tensors of an older layout that mean the same are refused") {
  const TorchCheckpoint checkpoint{test::tensors_of(
      {{"fno_blocks.convs.bias", {2, 4, 1, 1}}, {"fno_blocks.convs.1.bias", {4, 1, 1}}})};
  CHECK(test::refusal([&] { describe_reference(find_reference_state(checkpoint, "x.pt")); }) ==
        "x.pt: byte 0: two tensors for one thing: NamedArrays: 'fno_blocks.convs.1.bias' is "
        "there already");
}

/// A state dict as torch.save packs it, of tensors of zeros, with what it says of the model.
std::string packed(const NamedArrays& tensors, const Json& metadata) {
  std::vector<std::pair<std::string, std::string>> members{
      {"x/data.pkl", detail::torch_pickle(tensors, metadata)}};
  for (const auto& [key, array] : tensors)
    members.emplace_back("x/data/" + std::to_string(members.size() - 1),
                         test::text_of(array.bytes()));
  return test::zip_of(members);
}
ReferenceModel described(std::string_view file) {
  return describe_reference(
      find_reference_state(parse_torch_checkpoint(test::bytes_of(file), "x.pt"), "x.pt"));
}

/// The smallest Fno of one dimension.
NamedArrays smallest() {
  return test::tensors_of({{"fno_blocks.convs.0.bias", {1, 1}},
                           {"fno_blocks.convs.0.weight.tensor", {1, 1, 2}},
                           {"lifting.fcs.0.weight", {1, 1, 1}},
                           {"lifting.fcs.0.bias", {1}},
                           {"lifting.fcs.1.weight", {1, 1, 1}},
                           {"lifting.fcs.1.bias", {1}},
                           {"projection.fcs.0.weight", {1, 1, 1}},
                           {"projection.fcs.0.bias", {1}},
                           {"projection.fcs.1.weight", {1, 1, 1}},
                           {"projection.fcs.1.bias", {1}},
                           {"fno_blocks.fno_skips.0.conv.weight", {1, 1, 1}}});
}

TEST_CASE("a model in a damaged checkpoint is refused or described, never more") {
  const auto file = packed(smallest(), Json{{"n_modes", {2}}, {"non_linearity", "relu"}});
  CHECK(described(file).arguments["n_modes"] == Json::array({2}));
  test::check_every_damage(file, described);
}

TEST_CASE("numbers that nobody has are refused before memory is asked for") {
  const auto claimed = [](const std::string& shape, const std::string& strides,
                          const std::string& elements) {
    const std::string key = "fno_blocks.convs.0.weight.tensor";
    const test::TensorOpcodes storage{.elements = elements, .shape = shape, .strides = strides};
    const std::string pickle = "\x80\2" + test::dict({{key, storage.call()}}) + ".";
    return test::zip_of({{"x/data.pkl", pickle}, {"x/data/0", std::string(24, '\1')}});
  };
  const auto many      = test::long_number(std::uint64_t{1} << 40);
  const auto many_rows = many + test::number(1) + test::number(1) + "\x87";
  const auto refused   = [](const std::string& file) {
    std::string message;
    CHECK(test::most_bytes_during([&] { message = test::refusal([&] { described(file); }); }) <=
            test::little_memory);
    return message;
  };
  CHECK(test::says(refused(claimed(test::tuple({2, 1, 1}), test::tuple({1, 1, 1}), many)),
                   "storage '0' should take 4398046511104 bytes, but takes 24"));
  CHECK(test::says(refused(claimed(many_rows, test::tuple({1, 1, 1}), test::number(6))),
                   "leaves its storage of 6 elements"));
  CHECK(test::says(refused(claimed(many_rows, test::tuple({0, 0, 0}), test::number(6))),
                   "(UnpackLimit)"));
}

}  // namespace
}  // namespace nop::test::read_test
