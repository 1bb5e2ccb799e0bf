// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/layout_scripts.hpp>

#include "io/hostile.hpp"
#include "io/reference/fixtures.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <string>

namespace nop {
namespace {

TEST_CASE("models of the scripts give PyTorch's numbers in one to three dimensions") {
  CHECK(test::loaded_difference<Fno<1>>("script_1d") < 3e-6);
  CHECK(test::loaded_difference<Fno<2>>("script_2d") < 3e-6);
  CHECK(test::loaded_difference<Fno<3>>("script_3d") < 3e-6);
  CHECK(test::loaded_difference<Fno<2>>("script_mlp") < 3e-6);
}

TEST_CASE("corners of a spectrum are put around its centre") {
  const auto corner = [](float value) {
    return make_array(std::vector<std::complex<float>>{value, value + 1}, {1, 1, 2, 1});
  };
  const auto whole = detail::centred({corner(10), corner(20)});
  CHECK(whole.shape() == std::vector<std::size_t>{1, 1, 4, 1});
  CHECK(whole.values<std::complex<float>>() ==
        std::vector<std::complex<float>>{20, 21, 10, 11});  // the frequencies -2, -1, 0, 1
}

TEST_CASE("a linear lifting is one through an activation") {
  NamedArrays tensors;
  detail::add_linear_lifting(make_array(std::vector<float>{2, 3}, {1, 2, 1}),
                             make_array(std::vector<float>{5}, {1}), tensors);
  CHECK(tensors.at("lifting.fcs.0.weight").values<float>() ==
        std::vector<float>{1, 0, 0, 1, -1, 0, 0, -1});
  CHECK(tensors.at("lifting.fcs.1.weight").values<float>() == std::vector<float>{2, 3, -2, -3});
}

TEST_CASE("an activation whose odd part is not linear is refused") {
  const auto file = test::reference_fixture("script_2d.pt");
  CHECK_NOTHROW(read_reference(file, {.arguments = {{"non_linearity", "relu"}}}));
  CHECK(test::refusal([&] {
          read_reference(file, {.arguments = {{"non_linearity", "tanh"}}});
        }).find("should be gelu, relu or silu") != std::string::npos);
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
  const auto wide  = make_array(std::vector<float>(5000), {1, 5000});
  CHECK(refused("fc0.weight", &wide).find("at most 4096 real columns") != std::string::npos);
  CHECK(refused("w1.weight", nullptr) == "x.pt: byte 0: the tensor 'w1.weight' is missing");
  CHECK(refused("conv1.weights2", nullptr).find("weights of 2^(d-1) corners") != std::string::npos);
  CHECK(refused("conv1.weights2", &small).find("should hold complex numbers") != std::string::npos);
  CHECK(refused("other", &small)
            .ends_with("1 tensors beside those of a model of the original scripts"));
}

}  // namespace
}  // namespace nop
