// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/layout_tensors.hpp>

#include "io/hostile.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::layout_tensors_test {
namespace {

Array zeros(const std::vector<std::size_t>& shape) {
  std::size_t size = 1;
  for (const std::size_t extent : shape) size *= extent;
  return make_array(std::vector<float>(size), shape);
}
ReferenceState state(NamedArrays tensors) {
  return {"x.pt", "", ReferenceLayout::scripts, std::move(tensors)};
}
using Extents = std::vector<std::size_t>;

TEST_CASE("maps of channels and biases get their shapes of today") {
  CHECK(detail::as_map(zeros({3, 2})).shape() == Extents{3, 2, 1});
  CHECK(detail::as_map(zeros({3, 2, 1, 1})).shape() == Extents{3, 2, 1});
  CHECK(detail::as_map(zeros({3, 2, 1, 5})).shape() == Extents{3, 2, 1, 5});
  const auto old = state({{"a.weight", zeros({3, 2, 1, 1})}, {"a.bias", zeros({3})}});
  detail::LayoutTensors tensors(old);
  NamedArrays moved;
  tensors.move_map("a", "b.0", moved);
  CHECK(moved.at("b.0.weight").shape() == Extents{3, 2, 1});
  CHECK(moved.at("b.0.bias").shape() == Extents{3});
  CHECK(tensors.bias("a.bias", 2).shape() == Extents{3, 1, 1});
  CHECK_NOTHROW(tensors.expect_all_used("x"));
}

TEST_CASE("pairs of reals are complex numbers") {
  const auto old =
      state({{"a", make_array(std::vector<float>{1, 2, 3, 4}, {2, 2})}, {"b", zeros({2, 3})}});
  detail::LayoutTensors tensors(old);
  CHECK(tensors.complex("a", 1).values<std::complex<float>>() ==
        std::vector<std::complex<float>>{{1, 2}, {3, 4}});
  CHECK(test::refusal([&] {
          tensors.complex("b", 1);
        }).find("'b' should hold complex numbers, or float32 with a last axis of 2") !=
        std::string::npos);
}

TEST_CASE("what is missing, has too few axes, is empty or left over is refused") {
  const auto old = state({{"a", zeros({2})}, {"empty", zeros({0, 2})}, {"bn.x", zeros({1})}});
  detail::LayoutTensors tensors(old);
  const auto refused = [&](const char* key) {
    return test::refusal([&] { tensors.take(key, 2); });
  };
  CHECK(refused("b") == "x.pt: byte 0: the tensor 'b' is missing");
  CHECK(refused("a") ==
        "x.pt: byte 0: the tensor 'a' should have at least 2 axes, but is of shape [2]");
  CHECK(refused("empty").find("'empty' should have at least 2 axes") != std::string::npos);
  const auto left = [&] { return test::refusal([&] { tensors.expect_all_used("the scripts"); }); };
  CHECK(left() ==
        "x.pt: byte 0: the tensor 'a' of shape [2] belongs to no part of a model of the scripts");
  tensors.take("a", 1);
  tensors.leave_out("bn", "");
  CHECK(left().find("'empty'") != std::string::npos);
  tensors.leave_out("", "ty");
  CHECK_NOTHROW(tensors.expect_all_used("the scripts"));
}

}  // namespace
}  // namespace nop::test::layout_tensors_test
