// SPDX-License-Identifier: BSD-3-Clause
// Models as a simulation calls them: on its arrays, again and again, from many threads.
#include <nop/backend/cpu.hpp>
#include <nop/models/fno.hpp>

#include "support/count_allocations.hpp"
#include "support/layer_battery.hpp"
#include "support/threads.hpp"
#include <doctest/doctest.h>

#include <thread>
#include <vector>

namespace nop::test::fno_run_test {
namespace {

/// The model of the library's smallest Darcy example.
nop::Fno<2> darcy_model() {
  Rng rng(1);
  return nop::Fno<2>(
      {.in_channels = 1, .out_channels = 1, .width = 24, .depth = 4, .modes = {8, 8}}, rng);
}

}  // namespace

TEST_CASE("a model has as many parameters as that of the reference library") {
  CHECK(nop::parameter_count(darcy_model()) == 191881);
}

TEST_CASE("a model runs on somebody's arrays, and gives the same there") {
  const auto model = darcy_model();
  const auto x     = random_field<float>(Shape{2, 1, 16, 20});
  const auto input = x.to_host();
  std::vector<float> output(input.size(), -1);
  model.run(nop::view(input.data(), {2, 1, 16, 20}), nop::view(output.data(), {2, 1, 16, 20}));
  CHECK(output == model(x).to_host());
  CHECK(input == x.to_host());
}

TEST_CASE("a model is called from four threads at once with identical results") {
  const auto model    = darcy_model();
  const auto x        = random_field<float>(Shape{1, 1, 24, 20});
  const auto expected = model(x).to_host();
  std::vector<std::vector<float>> results(4);
  std::vector<std::thread> threads;
  for (auto& result : results)
    threads.emplace_back([&] {
      for (int repeat = 0; repeat < 3; ++repeat) {
        result.assign(expected.size(), 0);
        model.run(x.view(), nop::view(result.data(), {1, 1, 24, 20}));
      }
    });
  for (auto& thread : threads) thread.join();
  for (const auto& result : results) CHECK(result == expected);
}

TEST_CASE("results do not depend on the number of threads") {
  const auto model = darcy_model();
  const auto x     = random_field<float>(Shape{3, 1, 33, 20});
  CHECK(nop::test::same_on_any_threads([&] { return model(x).to_host(); }));
}

TEST_CASE("a model that runs again on a grid allocates nothing") {
  const auto model = darcy_model();
  std::vector<float> input(2 * 32 * 31), output(input.size());
  const auto run = [&] {
    model.run(nop::view(input.data(), {2, 1, 32, 31}), nop::view(output.data(), {2, 1, 32, 31}));
  };
  run();
  run();
  CHECK(nop::test::allocations_during(run) == 0);
}

TEST_CASE("equal generators make equal models") {
  const auto x = random_field<float>(Shape{1, 1, 9, 8});
  CHECK(darcy_model()(x).to_host() == darcy_model()(x).to_host());
}

}  // namespace nop::test::fno_run_test
