// SPDX-License-Identifier: BSD-3-Clause
// Models and steps of training that are written down as CUDA graphs.
#include <nop/autodiff/tape.hpp>
#include <nop/core/error.hpp>
#include <nop/core/rng.hpp>
#include <nop/core/tensor.hpp>
#include <nop/cuda.hpp>
#include <nop/models/captured_run.hpp>
#include <nop/models/fno.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/training/adam.hpp>
#include <nop/training/captured_step.hpp>
#include <nop/training/loss.hpp>

#include "support/cuda.hpp"
#include "support/random_field.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace nop::test::captured_test {
namespace {

using nop::test::random_tensor;

template <class Real>
using Field = nop::Tensor<Real, 4, nop::Cuda>;
template <class Real>
using Model = nop::Fno<2, nop::Cuda, Real>;

constexpr std::size_t batch = nop::test::emulated ? 2 : 8;
constexpr std::size_t grid  = nop::test::emulated ? 8 : 64;
constexpr std::size_t width = nop::test::emulated ? 6 : 32;

template <class Real>
Model<Real> small_model() {
  nop::Rng rng(1);
  return Model<Real>(
      {.in_channels = 1, .out_channels = 1, .width = width, .depth = 2, .modes = {4, 4}}, rng);
}
template <class Real>
Field<Real> field(std::uint64_t seed) {
  return random_tensor<Real, nop::Cuda>(nop::Shape<4>{batch, 1, grid, grid}, seed);
}

/// Looks at its values on the way.
struct Curious {
  template <class X>
  X operator()(const X& x) const {
    return nop::scale_by(x, x.to_host()[0]);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("a captured operator answers as the operator does, bit for bit", Real, float,
                   double) {
  const auto model = small_model<Real>();
  nop::CapturedRun run(model, field<Real>(1));
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const auto x = field<Real>(seed);
    const auto y = run(x);
    CHECK(y.to_host() == model(x).to_host());
  }
}

TEST_CASE("two captured operators do not disturb each other") {
  const auto model = small_model<float>();
  nop::CapturedRun one(model, field<float>(1)), other(model, field<float>(2));
  const auto x = field<float>(3), z = field<float>(4);
  const auto y = one(x), w = other(z);
  CHECK(y.to_host() == model(x).to_host());
  CHECK(w.to_host() == model(z).to_host());
  CHECK(one(z).to_host() == w.to_host());
}

TEST_CASE("what looks at its values cannot be captured, says so, and all goes on") {
  const auto x       = field<float>(1);
  const auto capture = [&] { nop::CapturedRun run(Curious{}, x); };
  CHECK_THROWS_WITH_AS(
      capture(), "cudaMemcpyAsync: the host's memory is not for what is being captured as a graph",
      nop::BackendError);
  const auto model = small_model<float>();
  nop::CapturedRun run(model, x);
  CHECK(run(x).to_host() == model(x).to_host());
}

TEST_CASE_TEMPLATE("captured steps of training are those of the optimizer, bit for bit", Real,
                   float, double) {
  const auto train = [](bool captured, bool with_copies) {
    auto model = small_model<Real>();
    nop::Adam optimizer({.learning_rate = 1e-2});
    std::optional<nop::CapturedStep<Model<Real>, nop::Adam, decltype(nop::relative_l2), Field<Real>,
                                    Field<Real>>>
        step;
    if (captured) step.emplace(model, optimizer, nop::relative_l2, field<Real>(1), field<Real>(2));
    std::vector<double> losses;
    for (std::uint64_t i = 0; i < 5; ++i) {
      const auto x = field<Real>(2 * i), y = field<Real>(2 * i + 1);
      optimizer.set_learning_rate(1e-2 / static_cast<double>(1 + i));
      std::optional<Model<Real>> copy;
      if (with_copies && i % 2 == 0) copy = model;
      if (step) {
        losses.push_back((*step)(x, y).item());
        continue;
      }
      nop::Tape tape;
      const auto loss = nop::relative_l2(model(tape.input(x)), y);
      optimizer.step(model, tape.gradient(loss));
      losses.push_back(loss.item());
    }
    const auto answer = model(field<Real>(11)).to_host();
    losses.insert(losses.end(), answer.begin(), answer.end());
    return losses;
  };
  const auto losses = train(false, false);
  CHECK(train(true, false) == losses);
  CHECK(train(true, true) == losses);
}

TEST_CASE("graphs keep no memory when they are gone") {
  const auto x     = field<float>(1);
  const auto model = small_model<float>();
  const auto y     = model(x).to_host();
  for (int i = 0; i < 3; ++i) {
    nop::CapturedRun run(model, x);
    CHECK(run(x).to_host() == y);
  }
}

}  // namespace nop::test::captured_test
