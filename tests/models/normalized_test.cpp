// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/checkpoint.hpp>
#include <nop/models/fno.hpp>
#include <nop/models/normalized.hpp>
#include <nop/models/uno.hpp>

#include "io/hostile.hpp"
#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <string>
#include <vector>

namespace nop::test::normalized_test {
namespace {

using Model = nop::Normalized<nop::Fno<1, Cpu, double>>;

Model::Config config(NormalizerKind input, NormalizerKind output) {
  return {.model  = {.in_channels = 2, .out_channels = 1, .width = 3, .depth = 1, .modes = {4}},
          .input  = input,
          .output = output};
}

Model fitted(NormalizerKind input, NormalizerKind output) {
  nop::Rng rng{3};
  Model model(config(input, output), rng);
  model.fit(nop::test::random_field(Shape<3>{4, 2, 8}, 1),
            nop::test::random_field(Shape<3>{4, 1, 8}, 2));
  return model;
}

TEST_CASE("a normalised model decodes what its model makes of encoded fields") {
  const auto model = fitted(NormalizerKind::per_channel, NormalizerKind::per_point);
  const auto x     = nop::test::random_field(Shape<3>{2, 2, 8}, 3);
  const auto expected =
      model.output_normalizer().decode(model.model()(model.input_normalizer().encode(x)));
  CHECK(model(x).to_host() == expected.to_host());
  nop::Tensor<double, 3, Cpu> y({2, 1, 8});
  model.run(x.view(), y.mutable_view());
  CHECK(y.to_host() == expected.to_host());
  CHECK_THROWS_AS(model.run(x.view(), nop::Tensor<double, 3, Cpu>({2, 2, 8}).mutable_view()),
                  nop::PreconditionError);
}

TEST_CASE("without normalizers it is the model") {
  const auto model = fitted(NormalizerKind::none, NormalizerKind::none);
  const auto x     = nop::test::random_field(Shape<3>{2, 2, 9}, 3);
  CHECK(model(x).to_host() == model.model()(x).to_host());
}

TEST_CASE("gradients in physical units are those of finite differences") {
  const auto model = fitted(NormalizerKind::per_point, NormalizerKind::per_channel);
  nop::test::check_gradients(model, nop::test::random_field(Shape<3>{2, 2, 8}, 4));
}

TEST_CASE("only the model inside has parameters, and its statistics are members") {
  const auto model = fitted(NormalizerKind::per_channel, NormalizerKind::none);
  CHECK(nop::parameter_count(model) == nop::parameter_count(model.model()));
  std::vector<std::string> kept;
  nop::for_each_leaf(model, [&](const std::string& path, const auto& leaf) {
    if constexpr (!nop::detail::is_parameter<std::remove_cvref_t<decltype(leaf)>>)
      kept.push_back(path);
  });
  CHECK(kept == std::vector<std::string>{"input.mean", "input.deviation"});
}

TEST_CASE("a saved model brings its statistics and their grid along") {
  const nop::test::TemporaryFolder folder;
  const auto x = nop::test::random_field(Shape<3>{2, 2, 8}, 3);
  for (const auto kind :
       {NormalizerKind::none, NormalizerKind::per_channel, NormalizerKind::per_point}) {
    const auto model = fitted(kind, NormalizerKind::per_point);
    nop::save(model, folder / "model.safetensors");
    const auto loaded = nop::load<Model>(folder / "model.safetensors");
    CHECK(loaded(x).to_host() == model(x).to_host());
    CHECK(loaded.config().grid == Shape<1>{8});
    CHECK(loaded.config().input == kind);
  }
  CHECK(std::string(Model::name) == "Normalized<Fno>");
  CHECK_THROWS_AS((nop::load<nop::Fno<1, Cpu, double>>(folder / "model.safetensors")),
                  nop::FormatError);
}

TEST_CASE("a model that changes the grid is normalised like any other") {
  nop::Rng rng{3};
  nop::Normalized<nop::Uno<1, Cpu, double>> model(
      {.model = {.in_channels         = 2,
                 .out_channels        = 1,
                 .width               = 2,
                 .layers              = {{2, {3}, {0.5}}, {2, {3}, {4}}},
                 .lifting_channels    = 2,
                 .projection_channels = 2}},
      rng);
  model.fit(nop::test::random_field(Shape<3>{4, 2, 8}, 1),
            nop::test::random_field(Shape<3>{4, 1, 16}, 2));
  const auto x = nop::test::random_field(Shape<3>{2, 2, 8}, 3);
  const auto expected =
      model.output_normalizer().decode(model.model()(model.input_normalizer().encode(x)));
  nop::Tensor<double, 3, Cpu> y({2, 1, 16});
  model.run(x.view(), y.mutable_view());
  CHECK(y.to_host() == expected.to_host());
}

using Complex      = std::complex<double>;
using ComplexModel = nop::Normalized<nop::Fno<1, Cpu, Complex>>;

ComplexModel fitted_complex(NormalizerKind input, NormalizerKind output) {
  nop::Rng rng{3};
  ComplexModel model(
      {.model  = {.in_channels = 2, .out_channels = 1, .width = 2, .depth = 1, .modes = {3}},
       .input  = input,
       .output = output},
      rng);
  model.fit(nop::test::random_field<Complex>(Shape<3>{4, 2, 8}, 1),
            nop::test::random_field<Complex>(Shape<3>{4, 1, 8}, 2));
  return model;
}

TEST_CASE("a normalised model of complex fields decodes what its model makes of encoded ones") {
  const auto model = fitted_complex(NormalizerKind::per_channel, NormalizerKind::per_point);
  const auto x     = nop::test::random_field<Complex>(Shape<3>{2, 2, 8}, 3);
  const auto expected =
      model.output_normalizer().decode(model.model()(model.input_normalizer().encode(x)));
  CHECK(model(x).to_host() == expected.to_host());
  nop::Tensor<Complex, 3, Cpu> y({2, 1, 8});
  model.run(x.view(), y.mutable_view());
  CHECK(y.to_host() == expected.to_host());
}

TEST_CASE("gradients of complex fields in physical units are those of finite differences") {
  nop::test::check_gradients(fitted_complex(NormalizerKind::per_point, NormalizerKind::per_channel),
                             nop::test::random_field<Complex>(Shape<3>{2, 2, 8}, 4));
}

TEST_CASE("a saved model of complex fields brings its statistics along") {
  const nop::test::TemporaryFolder folder;
  const auto model = fitted_complex(NormalizerKind::per_channel, NormalizerKind::per_point);
  const auto x     = nop::test::random_field<Complex>(Shape<3>{2, 2, 8}, 3);
  nop::save(model, folder / "model.safetensors");
  CHECK(nop::load<ComplexModel>(folder / "model.safetensors")(x).to_host() == model(x).to_host());
  CHECK_THROWS_AS(nop::load<Model>(folder / "model.safetensors"), nop::FormatError);
}

TEST_CASE("fitting refuses other channels and statistics per point on two grids") {
  nop::Rng rng{3};
  Model model(config(NormalizerKind::per_point, NormalizerKind::per_point), rng);
  using Field = nop::Tensor<double, 3, Cpu>;
  CHECK_THROWS_WITH_AS(model.fit(Field({4, 1, 8}), Field({4, 1, 8})),
                       "Normalized::fit: expected 2 channels in and 1 out, got [4, 1, 8] and "
                       "[4, 1, 8]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(model.fit(Field({4, 2, 8}), Field({4, 1, 9})),
                       "Normalized::fit: expected one grid for statistics per point, got "
                       "[4, 2, 8] and [4, 1, 9]",
                       nop::PreconditionError);
}

}  // namespace

}  // namespace nop::test::normalized_test
