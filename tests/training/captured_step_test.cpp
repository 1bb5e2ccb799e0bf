// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/tape.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/core/error.hpp>
#include <nop/core/rng.hpp>
#include <nop/core/tensor.hpp>
#include <nop/models/fno.hpp>
#include <nop/training/adam.hpp>
#include <nop/training/captured_step.hpp>
#include <nop/training/clip.hpp>
#include <nop/training/loss.hpp>
#include <nop/training/sgd.hpp>

#include "support/random_field.hpp"
#include "support/toy_graphs.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace nop::test::captured_step_test {
namespace {

using nop::test::random_tensor;
using nop::test::ToyWithGraphs;

template <class Backend>
using Field = nop::Tensor<float, 4, Backend>;

template <class Backend>
nop::Fno<2, Backend> small_model() {
  nop::Rng rng(1);
  return nop::Fno<2, Backend>(
      {.in_channels = 1, .out_channels = 1, .width = 4, .depth = 2, .modes = {4, 4}}, rng);
}
template <class Backend>
Field<Backend> field(std::uint64_t seed) {
  return random_tensor<float, Backend>(nop::Shape<4>{2, 1, 6, 5}, seed);
}
template <class Model>
std::vector<float> values(const Model& model) {
  std::vector<float> all;
  nop::for_each_parameter(model, [&](const std::string&, const auto& parameter) {
    for (const auto& value : parameter.value().to_host()) {
      all.push_back(std::real(value));
      all.push_back(std::imag(value));
    }
  });
  return all;
}

/// A few steps, with a batch and a learning rate for each: the losses, then the parameters.
template <class Optimizer, class Model, class Step>
std::vector<float> trained(Model& model, Optimizer& optimizer, const Step& step) {
  using Backend = typename Model::BackendType;
  std::vector<float> all;
  for (std::uint64_t i = 0; i < 4; ++i) {
    optimizer.set_learning_rate(0.01 / static_cast<double>(i + 1));
    all.push_back(step(field<Backend>(2 * i), field<Backend>(2 * i + 1)));
  }
  const auto parameters = values(model);
  all.insert(all.end(), parameters.begin(), parameters.end());
  return all;
}
template <class Optimizer, class Model, class Loss>
std::vector<float> step_by_step(Model model, const Loss& loss_of, double largest) {
  Optimizer optimizer({.learning_rate = 1});
  return trained(model, optimizer, [&](const auto& x, const auto& y) {
    nop::Tape tape;
    const auto loss = loss_of(model(tape.input(x)), y);
    optimizer.step(model, nop::clipped(model, tape.gradient(loss), largest));
    return loss.item();
  });
}

}  // namespace

TEST_CASE_TEMPLATE("captured steps are the optimizer's steps, bit for bit", Backend, nop::Cpu,
                   ToyWithGraphs) {
  const auto check = [&]<class Optimizer>(const auto& loss, double largest) {
    const auto model  = small_model<Backend>();
    const auto before = values(model);
    auto captured     = model;
    Optimizer optimizer({.learning_rate = 1});
    nop::CapturedStep step(captured, optimizer, loss, field<Backend>(7), field<Backend>(8),
                           largest);
    const auto all = trained(captured, optimizer,
                             [&](const auto& x, const auto& y) { return step(x, y).item(); });
    CHECK(all == step_by_step<Optimizer>(model, loss, largest));
    CHECK(values(model) == before);
  };
  const double any = std::numeric_limits<double>::infinity();
  check.template operator()<nop::Adam>(nop::relative_l2, any);
  check.template operator()<nop::AdamW>(nop::relative_l2, 0.01);
  check.template operator()<nop::Sgd>(nop::mean_squared_error, any);
}

TEST_CASE("steps are captured once, and again when a parameter has moved") {
  using Toy            = ToyWithGraphs;
  auto model           = small_model<Toy>();
  const auto reference = step_by_step<nop::Adam>(model, nop::relative_l2, 1e9);
  nop::Adam optimizer({.learning_rate = 1});
  nop::CapturedStep step(model, optimizer, nop::relative_l2, field<Toy>(7), field<Toy>(8));
  std::optional<nop::Fno<2, Toy>> copy;
  std::vector<std::size_t> made;
  const auto before = Toy::Graph::made();
  const auto all    = trained(model, optimizer, [&](const auto& x, const auto& y) {
    if (made.size() == 2) copy = model;
    const float loss = step(x, y).item();
    copy.reset();
    made.push_back(Toy::Graph::made() - before);
    return loss;
  });
  CHECK(made == std::vector<std::size_t>{1, 1, 1, 2});
  CHECK(all == reference);
}

TEST_CASE("captured steps want batches of the shapes that they were made for") {
  auto model = small_model<nop::Cpu>();
  nop::Adam optimizer({.learning_rate = 1});
  nop::CapturedStep step(model, optimizer, nop::relative_l2, field<nop::Cpu>(7),
                         field<nop::Cpu>(8));
  const Field<nop::Cpu> other({1, 1, 6, 5});
  CHECK_THROWS_WITH_AS(step(other, other),
                       "CapturedStep: expected a batch of shapes [2, 1, 6, 5] and [2, 1, 6, 5] as "
                       "it was made for, got [1, 1, 6, 5] and [1, 1, 6, 5]",
                       nop::PreconditionError);
}

}  // namespace nop::test::captured_step_test
