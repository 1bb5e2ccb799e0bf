// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/corners.hpp>

#include "io/hostile.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::corners_test {
namespace {

using Weights = std::vector<std::complex<float>>;

TEST_CASE("corners of a spectrum are put around its centre") {
  const auto corner = [](float value) {
    return make_array(Weights{value, value + 1}, {1, 1, 2, 1});
  };
  const auto whole = detail::centred({corner(10), corner(20)}, 2);
  CHECK(whole.shape() == std::vector<std::size_t>{1, 1, 4, 1});
  CHECK(whole.values<std::complex<float>>() ==
        Weights{20, 21, 10, 11});  // the frequencies -2, -1, 0, 1
}

TEST_CASE("of three axes, each of the first two has its own bit of a corner's number") {
  std::vector<Array> corners;
  for (const float value : {0.0F, 1.0F, 2.0F, 3.0F})
    corners.push_back(make_array(Weights{value}, {1, 1, 1, 1}));  // one axis of channels
  const auto whole = detail::centred(corners, 3);
  CHECK(whole.shape() == std::vector<std::size_t>{1, 2, 2, 1});
  CHECK(whole.values<std::complex<float>>() == Weights{3, 1, 2, 0});  // (-,-), (-,+), (+,-), (+,+)
}

TEST_CASE("corners are as many as there are, and alike") {
  const auto one = make_array(Weights(4), {2, 2}), other = make_array(Weights(2), {1, 2});
  const auto refused = [](const std::vector<Array>& corners, std::size_t axes) {
    return test::refusal([&] { detail::expect_corners(corners, axes, "conv", "x.pt"); });
  };
  CHECK_NOTHROW(detail::expect_corners({one, one}, 2, "conv", "x.pt"));
  CHECK(
      refused({one, one}, 3) ==
      "x.pt: byte 0: 'conv' should have weights of 2^(d-1) corners of 1 to 4 axes, but has 2 of 3");
  CHECK(refused({one, other}, 2) ==
        "x.pt: byte 0: the weights of 'conv' should be of shape [2, 2] at all corners, but at one "
        "are of [1, 2]");
}

TEST_CASE("modes of either sign are counted as the reference library counts them") {
  CHECK(detail::modes_of_corners(16, 2) == Json({32, 30}));
  CHECK(detail::modes_of_corners({3, 2, 1}, 3) == Json({6, 4, 1}));
  for (const Json& odd : {Json("x"), Json({1}), Json({0, 1}), Json({-2, 3})})
    CHECK(detail::modes_of_corners(odd, 2) == odd);
}

}  // namespace
}  // namespace nop::test::corners_test
