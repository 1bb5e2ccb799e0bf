// SPDX-License-Identifier: BSD-3-Clause
#include <nop/models/residual_mlp.hpp>
#include <nop/ops/linear_combination.hpp>
#include <nop/ops/reduce.hpp>
#include <nop/training/adam.hpp>
#include <nop/training/update_loop.hpp>

#include "io/hostile.hpp"
#include "support/random_field.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

namespace nop::test::update_loop_test {
namespace {

using Net = ResidualMlp<Cpu, float>;

Net small_net() {
  Rng rng{3};
  return {{.in_channels = 2, .out_channels = 2, .width = 8, .blocks = 1}, rng};
}

/// The distance of the network's answer to points of this update from half of them.
auto halving(const Net& net) {
  return [&net](Tape& tape, std::size_t update) {
    const auto x = random_tensor<float, Cpu>(Shape{16, 2}, 100 + update);
    const auto t = random_tensor<float, Cpu>(Shape{16}, 1000 + update);
    return sum_of_squares(linear_combination({1.0, -0.5}, net(tape.input(x), t), x));
  };
}

std::vector<float> numbers_of(const Net& net) {
  std::vector<float> all;
  for_each_leaf(net, [&](const std::string&, const auto& leaf) {
    const auto values = nop::detail::tensor_of(leaf).to_host();
    all.insert(all.end(), values.begin(), values.end());
  });
  return all;
}

struct Run {
  Net net = small_net();
  Adam optimizer{{.learning_rate = 1e-2}};
  UpdateLoop<Net, Adam> loop;

  Run(const TemporaryFolder& folder, std::size_t updates)
      : loop(net, optimizer,
             {.updates               = updates,
              .learning_rate         = CosineDecay{.initial = 1e-2, .period = 60},
              .largest_gradient_norm = 1,
              .average               = EmaConfig{.decay = 0.9},
              .report_every          = 10,
              .checkpoint            = folder / "run.state",
              .log                   = folder / "log.csv"}) {
    loop.measure("first", [](const Net& model) { return double{numbers_of(model)[0]}; });
  }
};

std::string text_of(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST_CASE("a loop resumed after any report is bit by bit the one that never stopped") {
  const TemporaryFolder straight_folder, folder;
  Run straight(straight_folder, 45);
  CHECK(!straight.loop.resume());
  straight.loop.run(halving(straight.net));
  for (const std::size_t updates : {10U, 30U, 45U}) {
    Run part(folder, updates);
    CHECK(part.loop.resume() == (updates > 10));
    part.loop.run(halving(part.net));
    CHECK(part.loop.updates() == updates);
    if (updates < 45) continue;
    CHECK(numbers_of(part.net) == numbers_of(straight.net));
    CHECK(numbers_of(part.loop.measured_model()) == numbers_of(straight.loop.measured_model()));
    CHECK(numbers_of(part.net) != numbers_of(part.loop.measured_model()));
  }
}

TEST_CASE("updates make the loss smaller, and the log has a row for each report") {
  const TemporaryFolder folder;
  Run run(folder, 45);
  Tape before;
  const float first = halving(run.net)(before, 7).item();
  run.loop.run(halving(run.net));
  Tape after;
  CHECK(halving(run.net)(after, 7).item() < 0.5F * first);
  const auto log = text_of(folder / "log.csv");
  CHECK(log.starts_with("updates,learning_rate,loss,first,seconds\n10,"));
  CHECK(std::count(log.begin(), log.end(), '\n') == 6);
  CHECK(log.find("\n45,") != std::string::npos);
}

TEST_CASE("progress is shown with the time left") {
  Net net = small_net();
  Adam optimizer({.learning_rate = 1e-2});
  std::ostringstream stream;
  double now = 0;
  UpdateLoop loop(
      net, optimizer,
      {.updates       = 4,
       .learning_rate = 1e-2,
       .report_every  = 2,
       .label         = "halving",
       .progress      = Progress::Config{.stream = stream, .clock = [&] { return now += 1; }}});
  loop.run(halving(net));
  CHECK(stream.str().starts_with("halving  2/4  "));
  CHECK(stream.str().find("left  loss ") != std::string::npos);
  CHECK(stream.str().find("halving  4/4  loss ") != std::string::npos);
}

TEST_CASE("a checkpoint of something else changes nothing, and no update a report is refused") {
  const TemporaryFolder folder;
  Run run(folder, 10);
  run.loop.run(halving(run.net));
  Rng rng{1};
  Net other({.in_channels = 2, .out_channels = 2, .width = 4, .blocks = 1}, rng);
  const auto numbers = numbers_of(other);
  Adam optimizer({.learning_rate = 1e-2});
  UpdateLoop loop(other, optimizer,
                  {.updates = 20, .learning_rate = 1e-2, .checkpoint = folder / "run.state"});
  CHECK_THROWS_AS(loop.resume(), FormatError);
  CHECK(numbers_of(other) == numbers);
  CHECK(loop.updates() == 0);
  CHECK_THROWS_WITH_AS(
      UpdateLoop(other, optimizer, {.updates = 1, .learning_rate = 1, .report_every = 0}),
      "UpdateLoop: expected at least one update before each report, got 0", PreconditionError);
}

}  // namespace
}  // namespace nop::test::update_loop_test
