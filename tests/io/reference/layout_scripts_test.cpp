// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/layout_scripts.hpp>

#include "io/hostile.hpp"
#include "io/reference/fixtures.hpp"
#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace nop::test::layout_scripts_test {
namespace {

TEST_CASE("models of the scripts give PyTorch's numbers in one to three dimensions") {
  CHECK(test::loaded_difference<Fno<1>>("script_1d") < 3e-6);
  CHECK(test::loaded_difference<Fno<2>>("script_2d") < 3e-6);
  CHECK(test::loaded_difference<Fno<3>>("script_3d") < 3e-6);
  CHECK(test::loaded_difference<Fno<2>>("script_mlp") < 3e-6);
}

TEST_CASE("padding is a number of points at the end, for each axis") {
  CHECK(test::loaded_difference<Fno<2>>("script_padded", {.arguments = {{"padding", {0, 3}}}}) <
        3e-6);
  CHECK(test::loaded_difference<Fno<2>>("script_padded") > 1e-2);
  const auto file = test::reference_fixture("script_padded.pt");
  CHECK(load_reference<Fno<2>>(file, {.arguments = {{"padding", 9}}}).config().padding_points ==
        Shape<2>{9, 9});
  CHECK(test::refusal([&] {
          load_reference<Fno<2>>(file, {.arguments = {{"padding", {1, -1}}}});
        }).find("'padding' should be a number of points or a list of 2") != std::string::npos);
}

TEST_CASE("the lifting is a linear map, whatever the activation") {
  const auto file = test::reference_fixture("script_2d.pt");
  CHECK(read_reference(file).arguments["lifting_channel_ratio"] == 0);
  const auto model = load_reference<Fno<2>>(file, {.arguments = {{"non_linearity", "tanh"}}});
  CHECK(model.config().lifting_layers == 0);
  CHECK(model.config().activation == Activation::tanh);
}

TEST_CASE("tensors that are missing, of another shape or too many are refused") {
  const auto checkpoint = read_torch_checkpoint(test::reference_fixture("script_2d.pt"));
  const auto refused    = [&](const std::string& changed, const Array* other) {
    TorchCheckpoint copy;
    for (const auto& [key, array] : checkpoint.tensors)
      if (key != changed) copy.tensors.add(key, array);
    if (other != nullptr) copy.tensors.add(changed, *other);
    return test::refusal([&] { describe_reference(find_reference_state(copy, "x.pt")); });
  };
  const auto small = make_array(std::vector<float>{1}, {1, 1, 1, 1});
  CHECK(refused("w1.weight", nullptr) == "x.pt: byte 0: the tensor 'w1.weight' is missing");
  CHECK(refused("conv1.weights2", nullptr).find("weights of 2^(d-1) corners") != std::string::npos);
  CHECK(refused("conv1.weights2", &small).find("should hold complex numbers") != std::string::npos);
  CHECK(refused("other", &small)
            .ends_with("the tensor 'other' of shape [1, 1, 1, 1] belongs to no part of a model of "
                       "the original scripts"));
}

}  // namespace
}  // namespace nop::test::layout_scripts_test
