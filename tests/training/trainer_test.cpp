// SPDX-License-Identifier: BSD-3-Clause
#include <nop/models/fno.hpp>
#include <nop/training/adam.hpp>
#include <nop/training/loss.hpp>
#include <nop/training/sobolev.hpp>
#include <nop/training/trainer.hpp>

#include "io/hostile.hpp"
#include "support/random_field.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace nop::test::trainer_test {
namespace {

/// A Fourier neural operator with dropout and batch norm, so that its training draws random numbers
/// and changes what is no parameter.
template <class Backend>
nop::Fno<1, Backend> small_model() {
  nop::Rng rng{7};
  return {{.in_channels         = 1,
           .out_channels        = 1,
           .width               = 4,
           .depth               = 2,
           .modes               = {6},
           .norm                = nop::NormKind::batch,
           .channel_mlp_dropout = 0.1},
          rng};
}

/// Pairs of a random field and its double.
template <class Backend>
nop::Dataset<1, Backend> doubling(std::size_t samples) {
  auto x = nop::test::random_values<float>(samples * 16, 1);
  auto y = x;
  for (float& value : y) value *= 2;
  using Fields = typename nop::Dataset<1, Backend>::Fields;
  return {Fields({samples, 1, 16}, x), Fields({samples, 1, 16}, y)};
}

template <class Model>
std::vector<float> numbers_of(const Model& model) {
  std::vector<float> all;
  nop::for_each_leaf(model, [&](const std::string&, const auto& leaf) {
    for (const auto value : nop::detail::tensor_of(leaf).to_host()) {
      all.push_back(std::real(value));
      all.push_back(std::imag(value));
    }
  });
  return all;
}

/// A training that uses everything.
struct Run {
  nop::Fno<1> model = small_model<Cpu>();
  nop::AdamW optimizer{{.learning_rate = 1e-2, .weight_decay = 1e-4}};
  nop::Trainer<nop::Fno<1>, nop::AdamW, nop::RelativeLp> trainer;

  Run(const nop::test::TemporaryFolder& folder, std::size_t epochs, const nop::LearningRate& rate)
      : trainer(model, optimizer, nop::relative_l2,
                {.epochs                = epochs,
                 .batch_size            = 4,
                 .learning_rate         = rate,
                 .largest_gradient_norm = 0.5,
                 .average               = nop::EmaConfig{.decay = 0.9},
                 .checkpoint            = folder / "run.state",
                 .log                   = folder / "log.csv",
                 .seed                  = 11}) {
    trainer.measure("l2", doubling<Cpu>(3), nop::relative_l2);
    trainer.measure("h1", doubling<Cpu>(3), nop::relative_h1);
  }
};

void check_same(const Run& a, const Run& b) {
  CHECK(numbers_of(a.model) == numbers_of(b.model));
  CHECK(numbers_of(a.trainer.measured_model()) == numbers_of(b.trainer.measured_model()));
  const auto &first = a.trainer.history().epochs, &second = b.trainer.history().epochs;
  REQUIRE(first.size() == second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    CHECK(first[i].number == second[i].number);
    CHECK(first[i].learning_rate == second[i].learning_rate);
    CHECK(first[i].loss == second[i].loss);
    CHECK(first[i].measures == second[i].measures);
  }
}

TEST_CASE("a training resumed after any epoch is bit by bit the one that never stopped") {
  const auto data                            = doubling<Cpu>(10);
  const std::vector<nop::LearningRate> rates = {
      nop::LinearWarmUp<nop::CosineDecay>{.duration = 1, .start = 0.1, .next = {1e-2, 4}},
      nop::Plateau({.initial = 1e-2, .factor = 0.5, .patience = 0, .threshold = 0.5})};
  for (const auto& rate : rates) {
    const nop::test::TemporaryFolder straight_folder, folder;
    Run straight(straight_folder, 4, rate);
    CHECK(!straight.trainer.resume());
    straight.trainer.fit(data);
    for (const std::size_t epochs : {2U, 3U, 4U}) {
      Run part(folder, epochs, rate);
      CHECK(part.trainer.resume() == (epochs > 2));
      part.trainer.fit(data);
      if (epochs == 4) check_same(straight, part);
    }
  }
}

TEST_CASE("training makes the errors smaller, and calls back after each epoch") {
  const auto data = doubling<Cpu>(16);
  auto model      = small_model<Cpu>();
  nop::Adam optimizer({.learning_rate = 1e-2});
  nop::Trainer trainer(model, optimizer, nop::relative_l2, {.epochs = 30, .batch_size = 4});
  trainer.measure("error", data, nop::relative_l2);
  trainer.measure("parameters",
                  [](const auto& m) { return static_cast<double>(nop::parameter_count(m)); });
  std::size_t calls = 0;
  trainer.on_epoch([&](const nop::Epoch& epoch) {
    CHECK(epoch.number == ++calls);
    CHECK(epoch.measures[1] == static_cast<double>(nop::parameter_count(model)));
  });
  const auto& history = trainer.fit(data);
  CHECK(calls == 30);
  CHECK(history.measures == std::vector<std::string>{"error", "parameters"});
  CHECK(history.epochs.back().measures[0] < history.epochs.front().measures[0] / 2);
  CHECK(history.epochs.back().measures[0] == nop::mean_loss(model, data, nop::relative_l2, 4));
}

TEST_CASE("a loop written by hand trains bit by bit as the trainer does") {
  const auto data = doubling<Cpu>(10);
  auto model      = small_model<Cpu>();
  nop::Adam optimizer({.learning_rate = 1e-2});
  nop::Rng rng{5};
  const nop::CosineDecay schedule{.initial = 1e-2, .period = 3};
  for (int epoch = 0; epoch < 3; ++epoch) {
    optimizer.set_learning_rate(schedule(epoch));
    for (const auto& [input, target] : data.batches(4, rng)) {
      nop::Tape tape;
      nop::BatchStatistics statistics;
      const auto loss = nop::relative_l2(model(tape.input(input), rng, statistics), target);
      optimizer.step(model, nop::clipped(model, tape.gradient(loss), 0.5));
      statistics.update(model);
    }
  }
  auto same = small_model<Cpu>();
  nop::Adam another({.learning_rate = 7});
  nop::Trainer trainer(same, another, nop::relative_l2,
                       {.epochs                = 3,
                        .batch_size            = 4,
                        .learning_rate         = schedule,
                        .largest_gradient_norm = 0.5,
                        .seed                  = 5});
  trainer.fit(data);
  CHECK(numbers_of(model) == numbers_of(same));
}

TEST_CASE("training works on a backend whose memory the host cannot read") {
  const nop::test::TemporaryFolder folder;
  using Toy       = nop::test::ToyBackend;
  auto model      = small_model<Toy>();
  const auto data = doubling<Toy>(4);
  nop::AdamW optimizer({.learning_rate = 1e-2});
  const auto train = [&](std::size_t epochs) {
    nop::Trainer trainer(model, optimizer, nop::relative_h1,
                         {.epochs                = epochs,
                          .batch_size            = 3,
                          .largest_gradient_norm = 1,
                          .average               = nop::EmaConfig{},
                          .checkpoint            = folder / "toy.state"});
    trainer.resume();
    return trainer.fit(data).epochs;
  };
  train(2);
  const auto epochs = train(4);
  CHECK(epochs.back().loss < epochs.front().loss);
}

TEST_CASE("a model on another backend is trained by the data of the host") {
  const auto data = doubling<Cpu>(10);
  auto model      = small_model<nop::test::ToyBackend>();
  auto same       = small_model<Cpu>();
  const auto fit  = [&data](auto& trained) {
    nop::Adam optimizer({.learning_rate = 1e-2});
    nop::Trainer trainer(trained, optimizer, nop::relative_l2,
                          {.epochs                = 3,
                           .batch_size            = 4,
                           .largest_gradient_norm = 0.5,
                           .average               = nop::EmaConfig{.decay = 0.5}});
    trainer.measure("h1", data, nop::relative_h1);
    return trainer.fit(data);
  };
  const auto there = fit(model), here = fit(same);
  REQUIRE(there.epochs.size() == 3);
  for (std::size_t e = 0; e < 3; ++e) {
    CHECK(there.epochs[e].loss == doctest::Approx(here.epochs[e].loss).epsilon(1e-4));
    CHECK(there.epochs[e].measures[0] == doctest::Approx(here.epochs[e].measures[0]).epsilon(1e-4));
  }
}

TEST_CASE("the log has a row per epoch and only those before the one resumed from") {
  const nop::test::TemporaryFolder folder;
  const auto data = doubling<Cpu>(4);
  Run(folder, 2, 1e-2).trainer.fit(data);
  Run again(folder, 3, 1e-2);
  again.trainer.resume();
  again.trainer.fit(data);
  const auto text = nop::test::text_of(nop::read_file(folder / "log.csv"));
  CHECK(text.starts_with("epoch,learning_rate,loss,l2,h1,seconds\n1,0.01,"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 4);
  CHECK(folder.file_count() == 2);
}

TEST_CASE("checkpoints are written every few epochs and at the end") {
  const nop::test::TemporaryFolder folder;
  auto model = small_model<Cpu>();
  nop::Adam optimizer({});
  nop::Trainer trainer(model, optimizer, nop::relative_l2,
                       {.epochs = 5, .checkpoint = folder / "run.state", .checkpoint_every = 2});
  std::vector<std::size_t> saved;
  trainer.on_epoch([&](const nop::Epoch&) {
    if (!std::filesystem::exists(folder / "run.state")) return saved.push_back(0);
    saved.push_back(nop::read_safetensors(folder / "run.state").tensors.at("history").shape()[0]);
  });
  trainer.fit(doubling<Cpu>(2));
  CHECK(saved == std::vector<std::size_t>{0, 2, 2, 4, 5});
}

TEST_CASE("progress is shown where it was asked for") {
  std::ostringstream shown;
  auto model = small_model<Cpu>();
  nop::Adam optimizer({});
  nop::Trainer trainer(model, optimizer, nop::relative_l2,
                       {.epochs = 2, .progress = nop::Progress::Config{.stream = shown}});
  trainer.measure("error", doubling<Cpu>(2), nop::relative_l2);
  trainer.fit(doubling<Cpu>(2));
  CHECK(shown.str().starts_with("epoch 1/2  0:00  loss "));
  CHECK(shown.str().find("\nepoch 2/2  0:00  loss ") != std::string::npos);
  CHECK(shown.str().find("  error ") != std::string::npos);
}

TEST_CASE("a checkpoint of another training is refused and changes nothing") {
  const nop::test::TemporaryFolder folder;
  const auto data = doubling<Cpu>(4);
  Run(folder, 1, 1e-2).trainer.fit(data);
  auto model = small_model<Cpu>();
  nop::Adam optimizer({});
  nop::Trainer other(model, optimizer, nop::relative_l2,
                     {.epochs = 2, .checkpoint = folder / "run.state"});
  CHECK_THROWS_AS(other.resume(), nop::FormatError);  // it measures nothing
  nop::Rng rng{1};
  nop::Fno<1> larger({.in_channels = 1, .out_channels = 1, .width = 5, .depth = 2, .modes = {6}},
                     rng);
  const auto before = numbers_of(larger);
  nop::Trainer third(larger, optimizer, nop::relative_l2,
                     {.epochs = 2, .checkpoint = folder / "run.state"});
  third.measure("l2", data, nop::relative_l2);
  third.measure("h1", data, nop::relative_h1);
  CHECK_THROWS_AS(third.resume(), nop::FormatError);
  CHECK(numbers_of(larger) == before);
  CHECK(third.history().epochs.empty());
}

TEST_CASE("a training without samples is refused") {
  auto model = small_model<Cpu>();
  nop::Adam optimizer({});
  nop::Trainer trainer(model, optimizer, nop::relative_l2, {.epochs = 1});
  CHECK_THROWS_AS(trainer.fit(doubling<Cpu>(0)), nop::PreconditionError);
  CHECK_THROWS_AS(nop::Trainer(model, optimizer, nop::relative_l2, {.epochs = 1, .batch_size = 0}),
                  nop::PreconditionError);
}

}  // namespace

}  // namespace nop::test::trainer_test
