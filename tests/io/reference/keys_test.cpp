// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/keys.hpp>

#include "io/reference/states.hpp"
#include <doctest/doctest.h>

#include <string>

namespace nop::test::keys_test {
namespace {

using test::Extents;

TEST_CASE("a path of an Fno becomes the reference library's key") {
  const auto is = [](const char* path, const char* key, const ReferenceNaming& naming = {}) {
    CHECK(reference_key(path, naming) == key);
  };
  is("lifting.0.weight", "lifting.fcs.0.weight");
  is("projection.1.bias", "projection.fcs.1.bias");
  is("layers.2.convolution.bias", "fno_blocks.convs.2.bias");
  is("layers.2.convolution.weight", "fno_blocks.convs.2.weight.tensor");
  is("layers.2.convolution.weight.core", "fno_blocks.convs.2.weight.core");
  is("layers.2.convolution.weight.factors.3", "fno_blocks.convs.2.weight.factors.factor_3");
  is("layers.10.skip.weight", "fno_blocks.fno_skips.10.conv.weight");
  is("layers.1.skip.gate", "fno_blocks.fno_skips.1.weight");
  is("layers.1.skip.weight", "fno_blocks.fno_skips.1.weight", {.skip_kernel = 3});
  is("layers.1.mlp.0.bias", "fno_blocks.channel_mlp.1.fcs.0.bias");
  is("layers.1.mlp_skip.gate", "fno_blocks.channel_mlp_skips.1.weight");
  is("layers.3.norm.1.weight", "fno_blocks.norm.7.weight");
  is("layers.3.norm.0.running_variance", "fno_blocks.norm.6.norm.running_var",
     {.norm = NormKind::batch});
  is("layers.3.norm.0.weight", "fno_blocks.norm.6.norm.weight", {.norm = NormKind::batch});
  is("layers.0.norm.0.mlp.1.bias", "fno_blocks.norm.0.mlp.2.bias", {.norm = NormKind::adaptive});
}

TEST_CASE("on complex fields there are two of a layer") {
  CHECK(reference_key("lifting.real.0.weight") == "lifting.fr.fcs.0.weight");
  CHECK(reference_key("layers.1.skip.imaginary.weight") == "fno_blocks.fno_skips.1.fi.conv.weight");
  CHECK(reference_key("layers.1.mlp.imaginary.0.bias") == "fno_blocks.channel_mlp.1.fi.fcs.0.bias");
  CHECK(reference_key("layers.1.norm.1.real.bias") == "fno_blocks.norm.3.fr.bias");
}

TEST_CASE("a Uno's layers are blocks of their own") {
  const ReferenceNaming uno{.family = ReferenceFamily::uno};
  CHECK(reference_key("layers.3.convolution.weight", uno) == "fno_blocks.3.convs.0.weight.tensor");
  CHECK(reference_key("layers.3.norm.1.weight", uno) == "fno_blocks.3.norm.1.weight");
  CHECK(reference_key("horizontal_skips.2.weight", uno) == "horizontal_skips.2.conv.weight");
  CHECK(reference_key("lifting.0.bias", uno) == "lifting.fcs.0.bias");
}

TEST_CASE("a path of another model is refused") {
  CHECK_THROWS_WITH(reference_key("encoder.0.weight.x"),
                    "reference_key: expected the path of a parameter of an Fno or a Uno, got "
                    "'encoder.0.weight.x'");
  CHECK_THROWS_AS(reference_key("layers.0.other.weight"), PreconditionError);
  CHECK_THROWS_AS(reference_key(""), PreconditionError);
  CHECK_THROWS_AS(reference_key("layers.x.norm.0.weight"), PreconditionError);
  CHECK_THROWS_AS(reference_key("layers.0.norm.99999999999999999999.weight"), PreconditionError);
  CHECK_THROWS_AS(reference_key("layers.0.norm.1.weight", {.norm = NormKind::adaptive}),
                  PreconditionError);
}

TEST_CASE("what is the same at every point has axes of one point there") {
  CHECK(reference_shape("layers.0.convolution.bias", {4}, 2) == Extents{4, 1, 1});
  CHECK(reference_shape("layers.0.mlp_skip.gate", {4}, 3) == Extents{1, 4, 1, 1, 1});
  CHECK(reference_shape("layers.0.skip.weight", {4, 3}, 2) == Extents{4, 3, 1});
  CHECK(reference_shape("layers.0.skip.weight", {4, 3, 5, 5}, 2) == Extents{4, 3, 5, 5});
  CHECK(reference_shape("lifting.real.0.weight", {4, 3}, 2) == Extents{4, 3, 1});
  CHECK(reference_shape("lifting.0.bias", {4}, 2) == Extents{4});
  CHECK(reference_shape("layers.0.norm.0.mlp.0.weight", {512, 3}, 2) == Extents{512, 3});
  CHECK(reference_shape("layers.0.convolution.weight", {4, 4, 6, 3}, 2) == Extents{4, 4, 6, 3});
  CHECK(reference_shape("layers.0.convolution.weight", {4, 6}, 1) == Extents{4, 6});
}

}  // namespace
}  // namespace nop::test::keys_test
