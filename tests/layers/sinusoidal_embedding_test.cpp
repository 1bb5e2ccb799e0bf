// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/sinusoidal_embedding.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace nop::test::sinusoidal_embedding_test {
namespace {

std::vector<double> embedded(Frequencies frequencies, double p) {
  const SinusoidalEmbedding embedding({.count = 3, .frequencies = frequencies});
  return embedding(nop::test::field_of<double>(Shape{1, 1, 1}, {p})).to_host();
}

void check_close(const std::vector<double>& got, const std::vector<double>& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(std::abs(got[i] - expected[i]) < 4e-7);
}

}  // namespace

TEST_CASE("embeddings of a number are those of the reference library") {
  // neuraloperator at commit 93d3f063 (2026), which computed them in float.
  check_close(embedded(Frequencies::transformer, 0.5),
              {0.4794256, 0.8775827, 0.0010772, 0.9999995, 2.3e-6, 1});
  check_close(embedded(Frequencies::nerf, 0.3),
              {0.809017, 0.5877852, 0.9510565, -0.3090172, -0.5877856, -0.8090168});
}

TEST_CASE("the frequencies are those of their formulas") {
  const SinusoidalEmbedding slow({.count = 4, .longest = 16});
  const auto y = slow(nop::test::field_of<double>(Shape{1, 1}, {1})).to_host();
  for (std::size_t k = 0; k < 4; ++k) {
    const double w = 1 / std::pow(4.0, static_cast<double>(k));  // 16^(-2k/4)
    CHECK(y[2 * k] == doctest::Approx(std::sin(w)));
    CHECK(y[2 * k + 1] == doctest::Approx(std::cos(w)));
  }
}

TEST_CASE("sinusoidal embeddings pass the battery and have no parameters") {
  for (const auto frequencies : {Frequencies::transformer, Frequencies::nerf}) {
    const SinusoidalEmbedding embedding({.count = 2, .frequencies = frequencies});
    nop::test::check_function(embedding, random_field(Shape{2, 2, 3}));
    nop::test::check_function(embedding, random_field(Shape{2, 1, 2, 4}));
    CHECK(nop::parameter_count(embedding) == 0);
  }
}

TEST_CASE("a sinusoidal embedding of no frequencies is refused") {
  CHECK_THROWS_WITH_AS(
      SinusoidalEmbedding({.count = 0}),
      "SinusoidalEmbedding: expected at least one frequency and a positive longest, got 0 and "
      "10000",
      nop::PreconditionError);
  CHECK_THROWS_AS(SinusoidalEmbedding({.count = 1, .longest = 0}), nop::PreconditionError);
}

}  // namespace nop::test::sinusoidal_embedding_test
