// SPDX-License-Identifier: BSD-3-Clause
#include <nop/training/sgd.hpp>

#include "support/tolerance.hpp"
#include "support/toy_backend.hpp"
#include "two_parameters.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <string>
#include <vector>

namespace nop::test::sgd_test {
namespace {

using Model     = nop::test::TwoParameters<nop::test::ToyBackend>;
using Reals     = Model::Reals;
using Complexes = Model::Complexes;

void step(nop::Sgd& optimizer, Model& model, const Reals& real, const Complexes& complex) {
  optimizer.step(model, nop::test::gradients_of(model, &real, &complex));
}

TEST_CASE("plain descent subtracts the gradient times the rate, and remembers nothing") {
  Model model({1, 2}, {{1, 1}});
  nop::Sgd optimizer({.learning_rate = 0.5});
  step(optimizer, model, {1, -1}, {{2, 4}});
  CHECK(model.real.value().to_host() == Reals{0.5, 2.5});
  CHECK(model.complex.value().to_host() == Complexes{{0, -1}});
  optimizer.for_each_state(model, [](const std::string&, auto&) { FAIL("no state expected"); });
}

TEST_CASE("momentum adds up past gradients, and decay pulls to zero") {
  Model model({1}, {{1, 1}});
  nop::Sgd optimizer({.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.01});
  double p = 1, v = 0;
  for (int t = 0; t < 4; ++t) {
    step(optimizer, model, {0.5 * t}, {{1, 0}});
    v = 0.9 * v + 0.5 * t + 0.01 * p;
    p -= 0.1 * v;
    CHECK(worst_error(model.real.value().to_host(), Reals{p}) < 1e-14);
  }
  std::vector<std::string> names;
  optimizer.for_each_state(model, [&](const std::string& name, auto&) { names.push_back(name); });
  CHECK(names == std::vector<std::string>{"real.velocity", "complex.velocity"});
}

TEST_CASE("a parameter without a gradient is left alone") {
  Model model({1}, {{1, 1}});
  nop::Sgd optimizer({.momentum = 0.5, .weight_decay = 1});
  const Complexes g = {{1, 1}};
  optimizer.step(model, nop::test::gradients_of(model, nullptr, &g));
  CHECK(model.real.value().item() == 1);
  CHECK_THROWS_AS(nop::Sgd({.momentum = 1}), nop::PreconditionError);
}

TEST_CASE("a rate that is negative or not finite is refused") {
  nop::Sgd optimizer({.learning_rate = 0.1});
  for (const double rate : {-0.1, std::nan(""), std::numeric_limits<double>::infinity()})
    CHECK_THROWS_AS(optimizer.set_learning_rate(rate), nop::PreconditionError);
  CHECK(optimizer.learning_rate() == 0.1);
}

}  // namespace

}  // namespace nop::test::sgd_test
