// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/channel_linear.hpp>
#include <nop/ops/reduce.hpp>
#include <nop/training/adam.hpp>
#include <nop/training/sgd.hpp>
#include <nop/training/training_state.hpp>

#include "support/random_field.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace nop::test::training_state_test {
namespace {

using Layer = ChannelLinear<Cpu, double>;

Layer layer(std::size_t out = 2) {
  Rng rng{5};
  return {{.in_channels = 3, .out_channels = out}, rng};
}

Gradients gradients_of(const Layer& layer) {
  Tape tape;
  const auto x = tape.input(random_tensor<double, Cpu>(Shape{4, 3}, 1));
  return tape.gradient(sum_of_squares(layer(x)));
}

std::vector<double> numbers_of(const Layer& layer) {
  std::vector<double> all;
  for_each_leaf(layer, [&](const std::string&, const auto& leaf) {
    const auto values = nop::detail::tensor_of(leaf).to_host();
    all.insert(all.end(), values.begin(), values.end());
  });
  return all;
}

TEST_CASE("a step is that of the optimizer, with gradients no longer than allowed") {
  Layer model = layer(), by_hand = layer();
  Sgd optimizer({.learning_rate = 0.1}), other({.learning_rate = 0.1});
  TrainingState state(model, optimizer, {});
  const auto before = numbers_of(model);

  state.step(gradients_of(model), std::numeric_limits<double>::infinity());
  other.step(by_hand, gradients_of(by_hand));
  CHECK(numbers_of(model) == numbers_of(by_hand));
  CHECK(numbers_of(model) != before);
  CHECK(&state.measured_model() == &model);

  const auto from = numbers_of(model);
  state.step(gradients_of(model), 0.5);
  double moved = 0;
  for (std::size_t i = 0; i < from.size(); ++i)
    moved += (numbers_of(model)[i] - from[i]) * (numbers_of(model)[i] - from[i]);
  CHECK(std::sqrt(moved) == doctest::Approx(0.1 * 0.5).epsilon(1e-12));
}

TEST_CASE("an average follows the model by its decay") {
  Layer model = layer();
  Sgd optimizer({.learning_rate = 0.1});
  TrainingState state(model, optimizer, EmaConfig{.decay = 0.75, .start = EmaStart::first_values});
  const auto before = numbers_of(model);
  state.step(gradients_of(model), std::numeric_limits<double>::infinity());
  const auto after = numbers_of(model), average = numbers_of(state.measured_model());
  for (std::size_t i = 0; i < before.size(); ++i)
    CHECK(average[i] == doctest::Approx(0.75 * before[i] + 0.25 * after[i]).epsilon(1e-14));
}

TEST_CASE("a state goes to arrays and back, and one of another model changes nothing") {
  Layer model = layer(), again = layer(), other = layer(1);
  Adam optimizer({.learning_rate = 0.1}), of_again({.learning_rate = 0.2}),
      of_other({.learning_rate = 0.1});
  const EmaConfig average{.decay = 0.9};
  TrainingState state(model, optimizer, average), restored(again, of_again, average),
      different(other, of_other, average);
  for (int i = 0; i < 3; ++i) state.step(gradients_of(model), 1);
  SafeTensors file;
  state.to_arrays(file);

  restored.from_arrays(file, "file");
  CHECK(numbers_of(again) == numbers_of(model));
  CHECK(numbers_of(restored.measured_model()) == numbers_of(state.measured_model()));
  CHECK(of_again.learning_rate() == 0.1);
  state.step(gradients_of(model), 1);
  restored.step(gradients_of(again), 1);
  CHECK(numbers_of(again) == numbers_of(model));

  const auto before = numbers_of(other);
  CHECK_THROWS_AS(different.from_arrays(file, "file"), FormatError);
  CHECK(numbers_of(other) == before);
}

}  // namespace
}  // namespace nop::test::training_state_test
