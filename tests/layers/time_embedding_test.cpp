// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/time_embedding.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace nop::test::time_embedding_test {

using Layer = nop::TimeEmbedding<Cpu, double>;

namespace {

double silu(double x) { return x / (1 + std::exp(-x)); }

}  // namespace

TEST_CASE("a time is embedded by its waves and two linear maps") {
  nop::Rng rng(1);
  const Layer layer({.waves = 6, .channels = 5}, rng);
  const auto weight = [&layer](const char* name) {
    return nop::test::parameter_of<nop::Parameter<double, 2, Cpu>>(layer, name).value().to_host();
  };
  const auto first = weight("first.weight"), second = weight("second.weight");
  const std::vector<double> times{0, 0.25, 0.5625, 1};
  std::vector<double> expected;
  for (const double t : times) {
    std::vector<double> waves, hidden;
    for (const double frequency : {1000.0, 10.0, 0.1}) {  // 1000 10000^(-k/2)
      waves.push_back(std::sin(frequency * t));
      waves.push_back(std::cos(frequency * t));
    }
    for (std::size_t o = 0; o < 5; ++o) {
      double sum = 0;
      for (std::size_t i = 0; i < 6; ++i) sum += first[o * 6 + i] * waves[i];
      hidden.push_back(silu(sum));
    }
    for (std::size_t o = 0; o < 5; ++o) {
      double sum = 0;
      for (std::size_t i = 0; i < 5; ++i) sum += second[o * 5 + i] * hidden[i];
      expected.push_back(sum);
    }
  }
  const auto y = layer(nop::test::field_of<double>(Shape<1>{4}, times));
  CHECK(y.shape() == Shape<2>{4, 5});
  CHECK(nop::test::worst_error(y.to_host(), expected) < 1e-12);
}

TEST_CASE("an embedding of times has right gradients") {
  nop::Rng rng(1);
  const Layer layer({.waves = 4, .channels = 3}, rng);
  const auto times = nop::test::field_of<double>(Shape<1>{3}, {0.1, 0.5, 0.9});
  nop::test::check_ways_to_call(layer, times);
  nop::test::check_batch(layer, times);
  // Differences by the time are wrong by (1000 step)^2, those by the parameters are not.
  const auto check = nop::gradient_check(layer, times);
  INFO(check.where);
  CHECK(check.worst_error < 1e-4);
  CHECK(check.checked == 3 + 15 + 12);
}

TEST_CASE("an embedding of times refuses odd numbers of waves and too few") {
  nop::Rng rng(1);
  for (const std::size_t waves : {0U, 2U, 5U})
    CHECK_THROWS_AS(Layer({waves, 3}, rng), nop::PreconditionError);
  CHECK_THROWS_WITH_AS(Layer({.waves = 5, .channels = 3}, rng),
                       "TimeEmbedding: expected an even number of at least 4 waves, got 5",
                       nop::PreconditionError);
}

TEST_CASE("waves are counted before they are made") {
  CHECK_THROWS_AS((nop::TimeEmbedding<nop::Cpu, float>({.waves = 1'000'000'000'000, .channels = 4},
                                                       nop::Initializer::zeros(1000))),
                  nop::PreconditionError);
}

}  // namespace nop::test::time_embedding_test
