// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/io/checkpoint.hpp>
#include <nop/layers/to.hpp>
#include <nop/models/tfno.hpp>

#include "hostile.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace nop::test::checkpoint_test {
namespace {

using Model = nop::Fno<2>;

Model small_model() {
  nop::Rng rng{3};
  return Model({.in_channels    = 2,
                .out_channels   = 1,
                .width          = 4,
                .depth          = 2,
                .modes          = {4, 3},
                .activation     = nop::Activation::silu,
                .norm           = nop::NormKind::group,
                .norm_groups    = 2,
                .domain_padding = {0.25, 0},
                .order          = nop::LayerOrder::pre_activation},
               rng);
}

nop::Tensor<float, 4, nop::Cpu> input() {
  nop::Rng rng{4};
  return nop::Initializer(rng).normal<float, 4, nop::Cpu>(nop::Shape<4>{2, 2, 9, 8}, 1);
}

struct TemporaryFile {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() /
      ("nop_checkpoint_test_" + std::to_string(reinterpret_cast<std::uintptr_t>(this)));
  TemporaryFile()                                = default;
  TemporaryFile(const TemporaryFile&)            = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path); }
};

nop::SafeTensors stored() {
  nop::SafeTensors file;
  nop::model_to_file(small_model(), "", file);
  return file;
}

void expect_refused(const std::string& what, const std::string& by, const std::string& message) {
  auto file    = stored();
  auto& config = file.metadata["nop.config"];
  config.replace(config.find(what), what.size(), by);
  CHECK_THROWS_WITH_AS(nop::model_from_file<Model>("", file, "hostile"),
                       doctest::Contains(message.c_str()), nop::FormatError);
}

}  // namespace

TEST_CASE(
    "a model read from its file computes the same, bit by bit, and has the same configuration") {
  const TemporaryFile file;
  const Model model = small_model();
  nop::save(model, file.path);
  const auto copy = nop::load<Model>(file.path);
  CHECK(copy(input()).to_host() == model(input()).to_host());
  CHECK(nop::config_to_json(copy.config()) == nop::config_to_json(model.config()));
}

TEST_CASE(
    "padding at the end and other ends of a model are read, and may be missing in old files") {
  nop::Rng rng{3};
  const Model model({.in_channels           = 2,
                     .out_channels          = 1,
                     .width                 = 4,
                     .depth                 = 3,
                     .modes                 = {4, 3},
                     .lifting_layers        = 0,
                     .projection_layers     = 2,
                     .projection_activation = nop::Activation::silu,
                     .padding_points        = {2, 3},
                     .padding_sides         = nop::PaddingSides::end,
                     .activated_layers      = 1},
                    rng);
  nop::SafeTensors file;
  nop::model_to_file(model, "", file);
  const auto copy = nop::model_from_file<Model>("", file, "file");
  CHECK(copy(input()).to_host() == model(input()).to_host());
  CHECK(nop::config_to_json(copy.config()) == nop::config_to_json(model.config()));

  auto old     = stored();
  auto& config = old.metadata["nop.config"];
  for (const std::string field :
       {R"("lifting_layers":1,)", R"("projection_layers":1,)", R"("projection_activation":null,)",
        R"("padding_points":[0,0],)", R"("padding_sides":"both",)", R"("activated_layers":null,)"})
    config.erase(config.find(field), field.size());
  CHECK(nop::model_from_file<Model>("", old, "old")(input()).to_host() ==
        small_model()(input()).to_host());
}

TEST_CASE("models with weights of any form are read from their files") {
  using Kind = nop::SpectralWeightKind;
  for (const auto kind : {Kind::dense, Kind::tucker, Kind::cp, Kind::tensor_train})
    for (const auto mixing : {nop::ChannelMixing::full, nop::ChannelMixing::separable}) {
      const TemporaryFile file;
      nop::Rng rng{5};
      nop::Tfno<2> model({.in_channels  = 2,
                          .out_channels = 1,
                          .width        = 4,
                          .depth        = 2,
                          .modes        = {4, 3},
                          .max_modes    = {5, 6},
                          .weight       = {.kind = kind, .mixing = mixing, .rank = 0.3},
                          .semantics    = nop::Semantics::head},
                         rng);
      model.set_modes({5, 4});
      nop::save(model, file.path);
      const auto copy = nop::load<nop::Tfno<2>>(file.path);
      CHECK(copy(input()).to_host() == model(input()).to_host());
      CHECK(copy.config().modes == nop::Shape<2>{5, 4});
      CHECK(nop::config_to_json(copy.config()) == nop::config_to_json(model.config()));
    }
}

TEST_CASE("weights of a form that the model is not compiled for are refused") {
  const TemporaryFile file;
  nop::Rng rng{5};
  const nop::Tfno<2> model(
      nop::tensorised<2>({.in_channels = 1, .out_channels = 1, .width = 4, .modes = {4, 4}}), rng);
  nop::save(model, file.path);
  CHECK_NOTHROW(nop::load<nop::Tfno<2>>(file.path));
  CHECK_THROWS_WITH_AS(nop::load<nop::Fno<2>>(file.path), doctest::Contains("Tfno"),
                       nop::FormatError);
}

TEST_CASE("a model that uses fewer modes than it was made with is read from its file") {
  const TemporaryFile file;
  Model model = small_model();
  model.set_modes({2, 3});
  nop::save(model, file.path);
  auto copy = nop::load<Model>(file.path);
  CHECK(copy(input()).to_host() == model(input()).to_host());
  copy.set_modes({4, 3});
  CHECK(copy(input()).to_host() == small_model()(input()).to_host());
}

TEST_CASE("a model is saved and read on any backend") {
  using Toy = nop::test::ToyBackend;
  const TemporaryFile file, again;
  const auto model = small_model();
  nop::save(nop::to<Toy>(model), file.path);
  nop::save(model, again.path);
  CHECK(nop::read_file(file.path) == nop::read_file(again.path));
  const auto there = nop::load<nop::Fno<2, Toy>>(file.path);
  CHECK(nop::to<nop::Cpu>(there)(input()).to_host() == model(input()).to_host());
}

TEST_CASE("a model in single precision can be read in double") {
  const TemporaryFile file;
  nop::save(small_model(), file.path);
  const auto copy = nop::load<nop::Fno<2, nop::Cpu, double>>(file.path);
  CHECK(nop::parameter_count(copy) == nop::parameter_count(small_model()));
}

TEST_CASE("a file of another model, another number of dimensions or no model at all is refused") {
  const TemporaryFile file;
  nop::save(small_model(), file.path);
  CHECK_THROWS_WITH_AS(nop::load<nop::Fno<1>>(file.path),
                       doctest::Contains("'nop.dimensions' should be '1', but is '2'"),
                       nop::FormatError);
  nop::SafeTensors foreign;
  CHECK_THROWS_WITH_AS(nop::model_from_file<Model>("", foreign, "foreign"),
                       doctest::Contains("not a nop checkpoint"), nop::FormatError);
}

TEST_CASE(
    "a configuration that asks for more than the file holds is refused before memory is taken") {
  expect_refused(R"("width":4)", R"("width":4000000000)", "does not fit");
  expect_refused(R"("depth":2)", R"("depth":1000000000000)", "does not fit");
  expect_refused(R"("modes":[4,3])", R"("modes":[4000000000,4000000000])", "does not fit");
  expect_refused(R"("lifting_ratio":2.0)", R"("lifting_ratio":1e300)", "does not fit");
  expect_refused(R"("depth":2)", R"("depth":1)", "belong to no part");
}

TEST_CASE("of a file that lacks a tensor it is said which one") {
  const auto whole        = stored();
  const std::string taken = whole.tensors.begin()->first;
  nop::SafeTensors file{whole.metadata, {}};
  for (const auto& [name, array] : whole.tensors)
    if (name != taken) file.tensors.add(name, array);
  CHECK_THROWS_WITH_AS(nop::model_from_file<Model>("", file, "short"),
                       doctest::Contains(("'" + taken + "'").c_str()), nop::FormatError);
}

TEST_CASE("a damaged file is refused or read, never more") {
  using Tiny = nop::Fno<1>;
  nop::Rng rng{5};
  const Tiny model({.in_channels = 1, .out_channels = 1, .width = 2, .depth = 1, .modes = {2}},
                   rng);
  const TemporaryFile file;
  nop::save(model, file.path);
  const auto parse = [](std::string_view bytes) {
    return nop::model_from_file<Tiny>(
        "", nop::parse_safetensors(nop::test::bytes_of(bytes), "test"), "test");
  };
  // What reads the header and JSON meets every bit turned in tests of its own.
  const auto text = nop::test::text_of(nop::read_file(file.path));
  nop::test::check_every_truncation(text, parse);
  nop::test::check_every_large_number(text, parse);
}

}  // namespace nop::test::checkpoint_test
