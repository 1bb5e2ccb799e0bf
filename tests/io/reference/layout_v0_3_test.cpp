// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/layout_v0_3.hpp>

#include "io/hostile.hpp"
#include "io/reference/fixtures.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <string>

namespace nop::test::layout_v0_3_test {
namespace {

ReferenceState state(NamedArrays tensors, Json arguments = nullptr) {
  return {"x.pt", "", ReferenceLayout::v0_3, std::move(tensors), std::move(arguments)};
}
Array floats(const std::vector<std::size_t>& shape) {
  std::size_t size = 1;
  for (const std::size_t extent : shape) size *= extent;
  std::vector<float> values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<float>(i);
  return make_array(values, shape);
}

TEST_CASE("models that version 0.3.0 made give its numbers") {
  CHECK(test::loaded_difference<Fno<2>>("fno_v0_3") < 3e-6);
  CHECK(test::loaded_difference<Tfno<2>>("tfno_v0_3") < 3e-6);
}

TEST_CASE("tensors get their names and shapes of today") {
  const auto now      = detail::from_v0_3(state({{"fno_blocks.convs.bias", floats({2, 3, 1, 1})},
                                                 {"fno_blocks.convs.weight.1.tensor", floats({1, 2, 2})},
                                                 {"fno_blocks.fno_skips.0.weight", floats({3, 2, 1, 1})},
                                                 {"fno_blocks.norm.1.weight", floats({3})},
                                                 {"lifting.fcs.0.weight", floats({3, 2, 1, 1})}}));
  const auto& tensors = now.tensors;
  CHECK(tensors.size() == 6);
  CHECK(tensors.at("fno_blocks.convs.1.bias").values<float>() == std::vector<float>{3, 4, 5});
  CHECK(tensors.at("fno_blocks.convs.1.bias").shape() == std::vector<std::size_t>{3, 1, 1});
  CHECK(tensors.at("fno_blocks.convs.1.weight.tensor").values<std::complex<float>>() ==
        std::vector<std::complex<float>>{{0, 1}, {2, 3}});
  CHECK(tensors.at("fno_blocks.fno_skips.0.conv.weight").shape() ==
        std::vector<std::size_t>{3, 2, 1});
  CHECK(tensors.contains("fno_blocks.norm.2.weight"));
  CHECK(tensors.at("lifting.fcs.0.weight").shape() == std::vector<std::size_t>{3, 2, 1});
}

TEST_CASE("what cannot be told here is refused") {
  const auto refused = [](const char* key, const Json& arguments = nullptr) {
    return test::refusal([&] { detail::from_v0_3(state({{key, floats({2, 2})}}, arguments)); });
  };
  CHECK(refused("fno_blocks.mlp.0.fcs.0.weight") ==
        "x.pt: byte 0: of neuraloperator 0.3, layers with MLPs are not supported");
  CHECK(refused("fno_blocks.convs.weight.core")
            .ends_with("layers whose weights are one tensor are not supported"));
  CHECK(refused("fno_blocks.norm.x.weight").ends_with("norms without a number are not supported"));
  CHECK(refused("fno_blocks.0.convs.bias").ends_with("UNOs are not supported"));
  CHECK(refused("lifting.fcs.0.bias", {{"preactivation", true}})
            .ends_with("layers that activate first are not supported"));
  CHECK(test::refusal([] {
          detail::from_v0_3(state({{"fno_blocks.convs.weight.0.tensor", floats({2, 3})}}));
        }).find("should hold complex numbers, or float32 with a last axis of 2") !=
        std::string::npos);
}

}  // namespace
}  // namespace nop::test::layout_v0_3_test
