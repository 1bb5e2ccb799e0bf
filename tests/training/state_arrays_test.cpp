// SPDX-License-Identifier: BSD-3-Clause
#include <nop/training/adam.hpp>
#include <nop/training/state_arrays.hpp>

#include "support/toy_backend.hpp"
#include "two_parameters.hpp"
#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <vector>

namespace nop::test::state_arrays_test {
namespace {

using Model     = nop::test::TwoParameters<nop::test::ToyBackend>;
using Reals     = Model::Reals;
using Complexes = Model::Complexes;

void step(nop::Adam& optimizer, Model& model) {
  const Reals real        = {0.1, 0.7};
  const Complexes complex = {{1.0 / 3, -2}};
  optimizer.step(model, nop::test::gradients_of(model, &real, &complex));
}

TEST_CASE("an optimizer goes on from its arrays bit by bit") {
  Model a({1, 2}, {{3, 4}});
  nop::Adam first({.learning_rate = 0.1});
  step(first, a);
  nop::SafeTensors file;
  nop::optimizer_to_arrays(first, a, "o.", file);
  CHECK(file.tensors.contains("o.complex.second"));
  CHECK(file.tensors.contains("o.real.steps"));
  Model b = a;
  nop::Adam second({.learning_rate = 5});
  nop::optimizer_from_arrays(second, b, "o.", file, "test");
  CHECK(second.learning_rate() == 0.1);
  step(first, a);
  step(second, b);
  CHECK(a.real.value().to_host() == b.real.value().to_host());
  CHECK(a.complex.value().to_host() == b.complex.value().to_host());
  const Model other({1, 2, 3}, {{3, 4}});
  nop::Adam third({});
  CHECK_THROWS_WITH_AS(nop::optimizer_from_arrays(third, other, "o.", file, "test"),
                       "test: byte 0: the array 'o.real.first' should hold 3 float64, but holds 2 "
                       "float64",
                       nop::FormatError);
}

TEST_CASE("a random generator goes on with any seed") {
  nop::Rng rng{std::numeric_limits<std::uint64_t>::max()};
  (void)rng.stream();
  nop::SafeTensors file;
  nop::rng_to_arrays(rng, "rng", file);
  nop::Rng other{1};
  nop::rng_from_arrays(other, "rng", file, "test");
  CHECK(other.state() == rng.state());
  CHECK_THROWS_WITH_AS(nop::rng_from_arrays(other, "no", file, "test"),
                       "test: byte 0: the array 'no' is missing", nop::FormatError);
}

TEST_CASE("a plateau goes on, and other schedules need nothing") {
  const nop::Plateau::Config config{.initial = 1, .factor = 0.5, .patience = 1, .cooldown = 3};
  nop::LearningRate rate = nop::Plateau(config);
  nop::SafeTensors fresh, used, none;
  nop::learning_rate_to_arrays(rate, "r.", fresh);  // its best loss is infinite
  for (int epoch = 0; epoch < 4; ++epoch) rate.observe(1);
  nop::learning_rate_to_arrays(rate, "r.", used);
  nop::LearningRate other = nop::Plateau(config);
  nop::learning_rate_from_arrays(other, "r.", used, "test");
  CHECK(other.rate(0) == 0.5);
  CHECK(other.plateau()->state().best == 1);
  CHECK(other.plateau()->state().epochs_to_cool == rate.plateau()->state().epochs_to_cool);
  nop::learning_rate_from_arrays(other, "r.", fresh, "test");
  CHECK(other.plateau()->state().best == std::numeric_limits<double>::infinity());
  nop::LearningRate constant = 1.0;
  nop::learning_rate_to_arrays(constant, "r.", none);
  CHECK(none.tensors.empty());
  nop::learning_rate_from_arrays(constant, "r.", none, "test");
}

TEST_CASE("an average goes on") {
  nop::Ema ema(Model({1, 2}, {{3, 4}}), {.decay = 0.5});
  ema.update(Model({5, 6}, {{7, 8}}));
  nop::SafeTensors file;
  nop::ema_to_arrays(ema, "average.", file);
  nop::Ema other(Model({0, 0}, {{0, 0}}), {.decay = 0.5});
  nop::ema_from_arrays(other, "average.", file, "test");
  CHECK(other.updates() == 1);
  CHECK(other.model().real.value().to_host() == Reals{5, 6});
  CHECK(other.model().complex.value().to_host() == Complexes{{7, 8}});
}

}  // namespace

}  // namespace nop::test::state_arrays_test
