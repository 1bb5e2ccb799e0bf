// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/members.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/core/error.hpp>
#include <nop/core/rng.hpp>
#include <nop/core/tensor.hpp>
#include <nop/models/captured_run.hpp>
#include <nop/models/fno.hpp>
#include <nop/ops/elementwise.hpp>

#include "support/random_field.hpp"
#include "support/toy_graphs.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace nop::test::captured_run_test {
namespace {

using nop::test::random_tensor;
using nop::test::ToyWithGraphs;

template <class Backend>
using Field = nop::Tensor<float, 4, Backend>;

template <class Backend>
nop::Fno<2, Backend> small_model() {
  nop::Rng rng(1);
  return nop::Fno<2, Backend>(
      {.in_channels = 1, .out_channels = 2, .width = 4, .depth = 2, .modes = {4, 4}}, rng);
}
template <class Backend>
Field<Backend> input(std::uint64_t seed) {
  return random_tensor<float, Backend>(nop::Shape<4>{2, 1, 6, 5}, seed);
}

struct Sum {
  auto operator()(const auto& x, const auto& y) const { return nop::add(x, y); }
};

}  // namespace

TEST_CASE_TEMPLATE("a captured model answers as the model does, bit for bit", Backend, nop::Cpu,
                   ToyWithGraphs) {
  const auto model = small_model<Backend>();
  const auto first = input<Backend>(2);
  nop::CapturedRun run(model, first);
  for (const std::uint64_t seed : {2U, 3U, 4U}) {
    const auto x = input<Backend>(seed);
    CHECK(run(x).to_host() == model(x).to_host());
  }
}

TEST_CASE("a model is captured once") {
  const auto before = ToyWithGraphs::Graph::made();
  nop::CapturedRun run(small_model<ToyWithGraphs>(), input<ToyWithGraphs>(2));
  run(input<ToyWithGraphs>(3));
  run(input<ToyWithGraphs>(4));
  CHECK(ToyWithGraphs::Graph::made() == before + 1);
}

TEST_CASE("answers of a captured model are values") {
  nop::CapturedRun run(small_model<nop::Cpu>(), input<nop::Cpu>(2));
  const auto y      = run(input<nop::Cpu>(3));
  const auto values = y.to_host();
  auto other        = run(input<nop::Cpu>(4));
  other.fill(7);
  CHECK(y.to_host() == values);
  CHECK(run(input<nop::Cpu>(3)).to_host() == values);
}

TEST_CASE("a captured model is the model that it was made of") {
  auto model   = small_model<nop::Cpu>();
  const auto x = input<nop::Cpu>(2);
  const auto y = model(x).to_host();
  nop::CapturedRun run(model, x);
  nop::for_each_parameter(
      model, [](const std::string&, auto& parameter) { parameter.mutable_value().fill(0); });
  CHECK(run(x).to_host() == y);
}

TEST_CASE("a captured function may have some inputs") {
  const auto x = input<nop::Cpu>(1), y = input<nop::Cpu>(2);
  nop::CapturedRun run(Sum{}, x, x);
  CHECK(run(x, y).to_host() == nop::add(x, y).to_host());
  CHECK(run(y, y).to_host() == nop::add(y, y).to_host());
}

TEST_CASE("a captured model wants inputs of the shape that it was made for") {
  nop::CapturedRun run(small_model<nop::Cpu>(), input<nop::Cpu>(2));
  const Field<nop::Cpu> other({1, 1, 6, 5});
  CHECK_THROWS_WITH_AS(run(other),
                       "CapturedRun: expected an input of shape [2, 1, 6, 5] as it was made for, "
                       "got [1, 1, 6, 5]",
                       nop::PreconditionError);
}

}  // namespace nop::test::captured_run_test
