// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/rng.hpp>
#include <nop/io/model_file.hpp>

#include "io/hostile.hpp"
#include "io/reference/states.hpp"
#include <doctest/doctest.h>

#include <string>
#include <type_traits>
#include <variant>

namespace nop::test::model_file_test {
namespace {

TEST_CASE("a file is known by what it holds, not by its name") {
  const test::TemporaryFolder folder;
  Rng rng{1};
  const Fno<1> model({.in_channels = 1, .out_channels = 1, .width = 3, .depth = 1, .modes = {4}},
                     rng);
  save(model, folder / "x.pt");
  const auto ours = read_model_file(folder / "x.pt");
  CHECK(std::holds_alternative<SafeTensors>(ours.content));
  CHECK(describe(ours.kind) == "FNO of 1 dimension, real fields");
  CHECK(ours.numbers() > 0);
  CHECK(!ours.holds_double());
  const auto theirs = read_model_file(test::reference_file("fno_complex.pt"));
  CHECK(std::holds_alternative<ReferenceModel>(theirs.content));
  CHECK(describe(theirs.kind) == "FNO of 2 dimensions, complex fields");
  CHECK_THROWS_AS(read_model_file(folder / "x.pt", {.semantics = Semantics::v2_0}),
                  PreconditionError);
}

TEST_CASE("a kind has a type, and that of a file makes its model") {
  const test::TemporaryFolder folder;
  Rng rng{1};
  const Normalized<Fno<1, Cpu, double>> model(
      {.model = {.in_channels = 1, .out_channels = 1, .width = 3, .depth = 1, .modes = {4}}}, rng);
  save(model, folder / "x.safetensors");
  const auto file = read_model_file(folder / "x.safetensors");
  CHECK(describe(file.kind) == "FNO of 1 dimension, real fields, between normalizers");
  CHECK(file.holds_double());
  const auto width = with_model_type<1, double>(
      file.kind, []<class M>(std::type_identity<M>) { return std::string(M::name); });
  CHECK(width == "Normalized<Fno>");
  CHECK(model_from<Normalized<Tfno<1, Cpu, double>>>(file).config().model.width == 3);
  CHECK_THROWS_WITH((with_model_type<2, float>(file.kind, [](auto) { return 0; })),
                    "with_model_type: expected a model of 2 dimensions, got one of 1");
}

TEST_CASE("what holds no model is refused") {
  const test::TemporaryFolder folder;
  write_safetensors(folder / "x.safetensors", {});
  CHECK(test::refusal([&] {
          read_model_file(folder / "x.safetensors");
        }).find("not a nop checkpoint") != std::string::npos);
  write_safetensors(folder / "x.safetensors",
                    {{{"nop.model", "Other"}, {"nop.dimensions", "2"}}, {}});
  CHECK(test::refusal([&] {
          read_model_file(folder / "x.safetensors");
        }).ends_with("a model that is no Fno or Uno: 'Other', of '2' dimensions"));
}

}  // namespace
}  // namespace nop::test::model_file_test
