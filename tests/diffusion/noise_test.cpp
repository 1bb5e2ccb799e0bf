// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/core/rng.hpp>
#include <nop/diffusion/noise.hpp>

#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::noise_test {

TEST_CASE("any part of a large set of noise is made again by its place") {
  const nop::RandomStream stream(5, 2);
  const auto all  = normal_noise<double, Cpu>(Shape{10, 2, 3, 4}, stream).to_host();
  const auto part = normal_noise<double, Cpu>(Shape{4, 2, 3, 4}, stream, 5).to_host();
  for (std::size_t i = 0; i < part.size(); ++i) CHECK(part[i] == all[5 * 24 + i]);
  CHECK(all[7] == stream.normal(7));
}

TEST_CASE("noise of samples in any order is that of their numbers") {
  const nop::RandomStream stream(5, 2);
  const auto all = normal_noise<double, Cpu>(Shape{10, 3, 4}, stream).to_host();
  const std::vector<std::size_t> samples{7, 0, 7, 9};
  const auto some = normal_noise<double, Cpu>(Shape{4, 3, 4}, stream, samples).to_host();
  for (std::size_t i = 0; i < some.size(); ++i)
    CHECK(some[i] == all[samples[i / 12] * 12 + i % 12]);
  CHECK(normal_noise<double, Cpu>(Shape{4, 0}, stream, samples).size() == 0);
  CHECK_THROWS_WITH_AS((normal_noise<double, Cpu>(Shape{3, 4}, stream, samples)),
                       "normal_noise: expected a row for each of 4 samples, got shape [3, 4]",
                       PreconditionError);
}

TEST_CASE("noise is the same in either precision and on any backend") {
  const nop::RandomStream stream(5, 2);
  const auto wide = normal_noise<double, nop::test::ToyBackend>(Shape{3, 5}, stream).to_host();
  const auto slim = normal_noise<float, Cpu>(Shape{3, 5}, stream).to_host();
  for (std::size_t i = 0; i < wide.size(); ++i) CHECK(slim[i] == static_cast<float>(wide[i]));
}

TEST_CASE("noise has mean 0 and variance 1") {
  const auto x = normal_noise<double, Cpu>(Shape{100000}, nop::RandomStream(1, 0)).to_host();
  double sum = 0, squares = 0;
  for (const double v : x) {
    sum += v;
    squares += v * v;
  }
  CHECK(sum / 1e5 == doctest::Approx(0).epsilon(0.015));
  CHECK(squares / 1e5 == doctest::Approx(1).epsilon(0.02));
}

}  // namespace nop::test::noise_test
