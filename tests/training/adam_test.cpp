// SPDX-License-Identifier: BSD-3-Clause
#include <nop/training/adam.hpp>

#include "support/tolerance.hpp"
#include "support/toy_backend.hpp"
#include "two_parameters.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <vector>

namespace nop::test::adam_test {
namespace {

using Complex   = std::complex<double>;
using Model     = nop::test::TwoParameters<nop::test::ToyBackend>;
using Reals     = Model::Reals;
using Complexes = Model::Complexes;

void step(auto& optimizer, Model& model, const Reals& real, const Complexes& complex) {
  optimizer.step(model, nop::test::gradients_of(model, &real, &complex));
}

TEST_CASE("AdamW agrees with the reference library, for real and complex parameters") {
  Model model({0.5, -1}, {{0.5, 0.25}, {-1, 2}});
  nop::AdamW optimizer({.learning_rate = 0.01, .weight_decay = 0.1});
  const std::vector<Reals> real = {
      {.48951316, -.98901111}, {.47938281, -.97803283}, {.4693338, -.96706539}};
  const std::vector<Complexes> complex = {{{.49503297, .25868407}, {-1.008989, 1.998}},
                                          {{.48855808, .26626104}, {-1.0179006, 1.9951319}},
                                          {{.48104626, .27278018}, {-1.0266484, 1.991395}}};
  for (std::size_t s = 0; s < 3; ++s) {
    const auto x = static_cast<double>(s);
    step(optimizer, model, {0.1 * (x + 1), -0.3}, {{0.1 * (x + 1), -0.2}, {0.3, 0.05 * x}});
    CHECK(worst_error(model.real.value().to_host(), real[s]) < 1e-7);
    CHECK(worst_error(model.complex.value().to_host(), complex[s]) < 1e-7);
  }
}

TEST_CASE("Adam follows its formula, its weight decay standing in the gradient") {
  const double rate = 0.02, beta1 = 0.8, beta2 = 0.95, epsilon = 1e-3, decay = 0.3;
  nop::Adam optimizer({.learning_rate = rate,
                       .beta1         = beta1,
                       .beta2         = beta2,
                       .epsilon       = epsilon,
                       .weight_decay  = decay});
  Model model({0.7}, {{0.5, -2}});
  double p = 0.7, m = 0, v = 0, w = 0;
  Complex q = {0.5, -2}, n = 0;
  for (int t = 1; t <= 5; ++t) {
    const double g = std::sin(t), h = std::cos(t);
    step(optimizer, model, {g}, {{h, g}});
    const double scale = rate * std::sqrt(1 - std::pow(beta2, t)) / (1 - std::pow(beta1, t));
    const double f     = g + decay * p;
    const Complex k    = Complex(h, g) + decay * q;
    m                  = beta1 * m + (1 - beta1) * f;
    v                  = beta2 * v + (1 - beta2) * f * f;
    p -= scale * m / (std::sqrt(v) + epsilon);
    n = beta1 * n + (1 - beta1) * k;
    w = beta2 * w + (1 - beta2) * std::norm(k);
    q -= scale * n / (std::sqrt(w) + epsilon);
    CHECK(worst_error(model.real.value().to_host(), Reals{p}) < 1e-14);
    CHECK(worst_error(model.complex.value().to_host(), Complexes{q}) < 1e-14);
  }
}

TEST_CASE("without weight decay Adam and AdamW take the same steps") {
  Model a({0.5}, {{1, 1}}), b({0.5}, {{1, 1}});
  nop::Adam adam({.learning_rate = 0.1});
  nop::AdamW adamw({.learning_rate = 0.1});
  for (int t = 1; t <= 3; ++t) {
    step(adam, a, {1.0 / t}, {{1, 0.5 * t}});
    step(adamw, b, {1.0 / t}, {{1, 0.5 * t}});
  }
  CHECK(a.real.value().to_host() == b.real.value().to_host());
  CHECK(a.complex.value().to_host() == b.complex.value().to_host());
}

TEST_CASE("the first step is as long as the learning rate, however large the gradient") {
  for (const double gradient : {1e-2, 1.0, 1e6}) {
    Model model({0}, {{0, 0}});
    nop::Adam optimizer({.learning_rate = 0.25, .epsilon = 0});
    step(optimizer, model, {gradient}, {{3 * gradient, -4 * gradient}});
    CHECK(model.real.value().item() == doctest::Approx(-0.25));
    CHECK(worst_error(model.complex.value().to_host(), Complexes{{-0.15, 0.2}}) < 1e-14);
  }
}

TEST_CASE("a parameter without a gradient stays and its steps are not counted") {
  Model model({1}, {{1, 1}});
  nop::AdamW optimizer({.learning_rate = 0.1, .weight_decay = 0.5});
  const Reals g = {1};
  optimizer.step(model, nop::test::gradients_of(model, &g, nullptr));
  CHECK(model.real.value().item() != 1);
  CHECK(model.complex.value().item() == Complex(1, 1));
  std::vector<std::uint64_t> steps;
  optimizer.for_each_state(model, [&](const std::string&, auto& state) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(state)>, std::uint64_t>)
      steps.push_back(state);
  });
  CHECK(steps == std::vector<std::uint64_t>{1, 0});
}

TEST_CASE("the learning rate can be changed between steps") {
  Model model({0}, {{0, 0}});
  nop::Adam optimizer({.learning_rate = 1});
  optimizer.set_learning_rate(0);
  step(optimizer, model, {1}, {{1, 1}});
  CHECK(model.real.value().item() == 0);
  CHECK(optimizer.learning_rate() == 0);
}

TEST_CASE("an optimizer goes on exactly from a visited state, and copies are independent") {
  Model a({0.5}, {{1, 1}});
  nop::Adam first({.learning_rate = 0.1});
  step(first, a, {1}, {{1, 2}});
  Model b = a;
  nop::Adam second({.learning_rate = 0.1});
  nop::Adam copy = first;
  std::vector<std::string> names;
  second.for_each_state(b, [&](const std::string& name, auto& target) {
    names.push_back(name);
    first.for_each_state(a, [&](const std::string& other, auto& source) {
      if constexpr (std::is_same_v<decltype(source), decltype(target)>)
        if (name == other) target = source;
    });
  });
  CHECK(names == std::vector<std::string>{"real.first", "real.second", "real.steps",
                                          "complex.first", "complex.second", "complex.steps"});
  Model c = a;
  step(first, a, {0.3}, {{-1, 2}});
  step(second, b, {0.3}, {{-1, 2}});
  step(copy, c, {0.3}, {{-1, 2}});
  CHECK(a.real.value().item() == b.real.value().item());
  CHECK(a.complex.value().item() == b.complex.value().item());
  CHECK(a.complex.value().item() == c.complex.value().item());
}

TEST_CASE("an optimizer refuses a model of other shapes and nonsense") {
  Model small({0.5}, {{1, 1}}), large({0.5, 1}, {{1, 1}});
  nop::Adam optimizer({.learning_rate = 0.1});
  step(optimizer, small, {1}, {{1, 2}});
  CHECK_THROWS_WITH_AS(step(optimizer, large, {1, 1}, {{1, 2}}),
                       "optimizer: expected the model that it has worked on, got one where 'real' "
                       "is another parameter",
                       nop::PreconditionError);
  CHECK_THROWS_AS(nop::Adam({.beta1 = 1}), nop::PreconditionError);
  CHECK_THROWS_AS(nop::Adam({.weight_decay = -1}), nop::PreconditionError);
}

TEST_CASE("a rate that is negative or not finite is refused") {
  nop::Adam optimizer({.learning_rate = 0.1});
  for (const double rate : {-0.1, std::nan(""), std::numeric_limits<double>::infinity()})
    CHECK_THROWS_AS(optimizer.set_learning_rate(rate), nop::PreconditionError);
  CHECK(optimizer.learning_rate() == 0.1);
}

}  // namespace

}  // namespace nop::test::adam_test
