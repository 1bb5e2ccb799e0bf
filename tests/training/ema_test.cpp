// SPDX-License-Identifier: BSD-3-Clause
#include <nop/training/ema.hpp>

#include "support/tolerance.hpp"
#include "support/toy_backend.hpp"
#include "two_parameters.hpp"
#include <doctest/doctest.h>

#include <cmath>

namespace nop::test::ema_test {
namespace {

using Model     = nop::test::TwoParameters<nop::test::ToyBackend>;
using Reals     = Model::Reals;
using Complexes = Model::Complexes;

Model model_at(double t) { return Model({t, 2 * t}, {{t, -t}}); }

TEST_CASE("an average that begins with first values is the recursion") {
  nop::Ema ema(model_at(8), {.decay = 0.75, .start = nop::EmaStart::first_values});
  ema.update(model_at(4));
  CHECK(ema.model().real.value().to_host() == Reals{7, 14});
  CHECK(ema.model().complex.value().to_host() == Complexes{{7, -7}});
  ema.update(model_at(3));
  CHECK(ema.model().real.value().to_host() == Reals{6, 12});
  CHECK(ema.updates() == 2);
}

TEST_CASE("a corrected average weighs what it was shown by weights that add up to one") {
  const double d = 0.9;
  nop::Ema ema(model_at(1e6), {.decay = d});
  double sum = 0, weights = 0;
  for (int t = 1; t <= 6; ++t) {
    const double value = std::sin(t);
    ema.update(model_at(value));
    sum     = d * sum + (1 - d) * value;
    weights = d * weights + (1 - d);
    CHECK(nop::test::worst_error(ema.model().complex.value().to_host(),
                                 Complexes{{sum / weights, -sum / weights}}) < 1e-13);
    if (t == 1) CHECK(ema.model().real.value().to_host() == Reals{value, 2 * value});
  }
}

TEST_CASE("tensors that are no parameters are taken over, and the model is only read") {
  Model model = model_at(1);
  nop::Ema ema(model, {});
  model.kept = Model::tensor(Reals{5, 6});
  ema.update(model);
  ema.update(model_at(2));
  ema.update(model);
  CHECK(ema.model().kept.to_host() == Reals{5, 6});
  CHECK(model.real.value().to_host() == Reals{1, 2});
}

TEST_CASE("an average goes on exactly from where it was") {
  nop::Ema whole(model_at(1), {.decay = 0.9});
  nop::Ema part = whole;
  whole.update(model_at(2));
  part.restore(whole.model(), whole.updates());
  whole.update(model_at(3));
  part.update(model_at(3));
  CHECK(whole.model().real.value().to_host() == part.model().real.value().to_host());
}

TEST_CASE("a model of other shapes is refused") {
  nop::Ema ema(model_at(1), {});
  CHECK_THROWS_WITH_AS(ema.update(Model({1}, {{1, 1}})),
                       "Ema: expected a model of the same parts, got one without a like of 'real'",
                       nop::PreconditionError);
  CHECK_THROWS_AS(nop::Ema(model_at(1), {.decay = 1}), nop::PreconditionError);
}

}  // namespace

}  // namespace nop::test::ema_test
