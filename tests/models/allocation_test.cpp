// SPDX-License-Identifier: BSD-3-Clause
// What a simulation that calls a model in every step may rely on: once a thread has called it, no
// further call on that thread asks the system for memory, whatever other threads do.
#include <nop/backend/cpu.hpp>
#include <nop/models/fno.hpp>
#include <nop/models/normalized.hpp>
#include <nop/models/uno.hpp>

#include "support/allocation_counters.hpp"
#include "support/random_field.hpp"
#include <doctest/doctest.h>

#include <barrier>
#include <cstddef>
#include <thread>
#include <vector>

namespace nop::test::allocation_test {
namespace {

/// A model of the default configuration.
template <class Model, std::size_t Dim = Model::dimensions>
Model with_modes(const Shape<Dim>& modes) {
  nop::Rng rng{1};
  return Model({.in_channels = 2, .out_channels = 1, .width = 8, .modes = modes}, rng);
}

nop::Normalized<nop::Fno<2>> normalized_model() {
  nop::Rng rng{1};
  nop::Normalized<nop::Fno<2>> model(
      {.model = {.in_channels = 2, .out_channels = 1, .width = 8, .modes = {6, 6}}}, rng);
  model.fit(nop::test::random_tensor<float, nop::Cpu>(Shape<4>{4, 2, 12, 12}, 1),
            nop::test::random_tensor<float, nop::Cpu>(Shape<4>{4, 1, 12, 12}, 2));
  return model;
}

/// The arrays of a simulation: two channels in and one out, on some grid.
template <class Model>
class Simulation {
 public:
  static constexpr std::size_t dim = Model::dimensions;

  explicit Simulation(const Shape<dim>& grid)
      : in_shape_(joined(Shape<2>{1, 2}, grid)),
        out_shape_(joined(Shape<2>{1, 1}, grid)),
        in_(element_count(in_shape_)),
        out_(element_count(out_shape_)) {}

  void step(const Model& model) {
    for (float& value : in_) value += 0.5F;
    model.run({in_.data(), in_shape_}, {out_.data(), out_shape_});
  }
  [[nodiscard]] const std::vector<float>& result() const { return out_; }

 private:
  Shape<dim + 2> in_shape_, out_shape_;
  std::vector<float> in_, out_;
};

/// How many allocations the steps after the first make, on each of these grids.
template <class Model, std::size_t Dim = Model::dimensions>
std::size_t later_allocations(const Model& model, const std::vector<Shape<Dim>>& grids) {
  std::size_t count = 0;
  for (const auto& grid : grids) {
    Simulation<Model> simulation(grid);
    simulation.step(model);
    count += nop::test::allocations_during([&] {
      for (int step = 0; step < 3; ++step) simulation.step(model);
    });
  }
  return count;
}

/// Likewise for steps on several threads. They take their first steps one after the other, so that
/// each could live off what the one before gave back, and the later steps all at once.
template <class Model, std::size_t Dim = Model::dimensions>
std::size_t later_allocations_on_threads(const Model& model, const Shape<Dim>& grid) {
  constexpr std::size_t count = 4;
  std::vector<Simulation<Model>> simulations(count, Simulation<Model>(grid));
  std::size_t before = 0, after = 0;
  std::size_t turn = 0;
  std::barrier in_turn(count, [&]() noexcept {
    if (++turn == count) before = nop::test::allocations;
    if (turn == count + 1) after = nop::test::allocations;
  });
  std::vector<std::thread> threads;
  for (std::size_t number = 0; number < count; ++number)
    threads.emplace_back([&, number] {
      nop::Cpu::set_thread_count(1);
      for (std::size_t first = 0; first < count; ++first) {
        if (first == number) simulations[number].step(model);
        in_turn.arrive_and_wait();
      }
      for (int step = 0; step < 20; ++step) simulations[number].step(model);
      in_turn.arrive_and_wait();
    });
  for (auto& thread : threads) thread.join();
  for (const auto& simulation : simulations)
    CHECK(simulation.result() == simulations.front().result());
  return after - before;
}

TEST_CASE("a model of lines that has run on a grid allocates nothing there") {
  const auto model = with_modes<nop::Fno<1>>({8});
  CHECK(later_allocations(model, {{16}, {101}, {4096}}) == 0);
  CHECK(later_allocations_on_threads(model, Shape<1>{300}) == 0);
}

TEST_CASE("a model of planes that has run on a grid allocates nothing there") {
  const auto model = with_modes<nop::Fno<2>>({6, 6});
  CHECK(later_allocations(model, {{12, 12}, {33, 20}, {128, 96}}) == 0);
  CHECK(later_allocations_on_threads(model, Shape<2>{48, 35}) == 0);
}

TEST_CASE("a model of volumes that has run on a grid allocates nothing there") {
  const auto model = with_modes<nop::Fno<3>>({4, 4, 4});
  CHECK(later_allocations(model, {{8, 8, 8}, {9, 14, 11}, {32, 24, 20}}) == 0);
  CHECK(later_allocations_on_threads(model, Shape<3>{12, 10, 9}) == 0);
}

TEST_CASE("a model of several grids that has run on a grid allocates nothing there") {
  nop::Rng rng{1};
  const nop::Uno<2> model(
      {.in_channels  = 2,
       .out_channels = 1,
       .width        = 8,
       .layers       = {{8, {4, 4}, {0.5, 0.5}}, {8, {4, 4}, {1, 1}}, {8, {4, 4}, {2, 2}}}},
      rng);
  CHECK(later_allocations(model, {{12, 12}, {32, 20}}) == 0);
  CHECK(later_allocations_on_threads(model, Shape<2>{48, 36}) == 0);
}

TEST_CASE("a normalised model that has run on a grid allocates nothing there") {
  const auto model = normalized_model();
  CHECK(later_allocations(model, {{12, 12}, {33, 20}}) == 0);
  CHECK(later_allocations_on_threads(model, Shape<2>{48, 35}) == 0);
}

TEST_CASE("so does one with the arithmetic of the reference library, on grids where it differs") {
  nop::Rng rng{1};
  const nop::Fno<2> plane({.in_channels  = 2,
                           .out_channels = 1,
                           .width        = 8,
                           .modes        = {6, 6},
                           .semantics    = nop::Semantics::v2_0},
                          rng);
  REQUIRE(plane.differs_from_exact({33, 20}));
  CHECK(later_allocations(plane, {{33, 20}, {7, 5}, {12, 12}}) == 0);
  CHECK(later_allocations_on_threads(plane, Shape<2>{47, 35}) == 0);
  const nop::Uno<2> several(
      {.in_channels  = 2,
       .out_channels = 1,
       .width        = 8,
       .layers       = {{8, {4, 4}, {0.5, 0.5}}, {8, {4, 4}, {1, 1}}, {8, {4, 4}, {2, 2}}},
       .semantics    = nop::Semantics::head},
      rng);
  REQUIRE(several.differs_from_exact({32, 20}));
  CHECK(later_allocations(several, {{12, 12}, {32, 20}}) == 0);
  CHECK(later_allocations_on_threads(several, Shape<2>{48, 36}) == 0);
}

}  // namespace

}  // namespace nop::test::allocation_test
