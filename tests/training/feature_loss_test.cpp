// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/tape.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/core/rng.hpp>
#include <nop/layers/channel_linear.hpp>
#include <nop/models/image_classifier.hpp>
#include <nop/ops/axes.hpp>
#include <nop/training/adam.hpp>
#include <nop/training/feature_loss.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace nop::test::feature_loss_test {
namespace {

/// A network that sees pictures of 2 channels and 4 x 4 points, none of whose features is 0.
ImageClassifier<2, Cpu, double> classifier() {
  Rng rng(1);
  ImageClassifier<2, Cpu, double> model(
      {.in_channels = 2, .classes = 2, .grid = {4, 4}, .width = 2, .features = 5}, rng);
  std::uint64_t seed = 20;
  for_each_parameter(model, [&seed](const std::string& path, auto& parameter) {
    parameter.assign(random_field(parameter.shape(), ++seed));
    if (path == "features.bias") parameter.mutable_value().fill(20);
  });
  return model;
}

TEST_CASE("the loss of features is the weighted mean of what a network sees in each state") {
  const auto net = classifier();
  const auto x = random_field(Shape{2, 3, 2, 4, 4}, 1), y = random_field(Shape{2, 3, 2, 4, 4}, 2);
  const std::vector<double> weights{1, 5, 0.5};
  double l1 = 0, l2 = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    const auto features = [&](const auto& all) {
      const auto values = all.to_host();
      return net
          .features(field_of<double>(Shape<4>{1, 2, 4, 4},
                                     {values.begin() + static_cast<std::ptrdiff_t>(32 * i),
                                      values.begin() + static_cast<std::ptrdiff_t>(32 * (i + 1))}))
          .to_host();
    };
    const auto of_x = features(x), of_y = features(y);
    REQUIRE(of_x.size() == 5);
    for (std::size_t k = 0; k < 5; ++k) {
      l1 += weights[i % 3] * std::abs(of_x[k] - of_y[k]) / 30;
      l2 += weights[i % 3] * (of_x[k] - of_y[k]) * (of_x[k] - of_y[k]) / 30;
    }
  }
  const auto see = [&net](const auto& states) { return net.features(states); };
  CHECK(FeatureLoss{{weights}, see}(x, y).item() == doctest::Approx(l1).epsilon(1e-12));
  CHECK(FeatureLoss{{weights, StateDistance::l2}, see}(x, y).item() ==
        doctest::Approx(l2).epsilon(1e-12));
  CHECK(l1 > 0.1);
}

TEST_CASE(
    "what sees the states themselves gives their distance, whatever it makes of their shape") {
  const TrajectoryLoss states{{1, 0.5}};
  const auto x = random_field(Shape{3, 2, 1, 2, 2}, 1), y = random_field(x.shape(), 2);
  const auto flat = [](const auto& s) { return reshape(s, Shape<2>{s.extent(0), 4}); };
  CHECK(FeatureLoss{states, flat}(x, y).item() ==
        doctest::Approx(states(x, y).item()).epsilon(1e-14));
}

TEST_CASE("the loss of features has right gradients") {
  const auto net    = classifier();
  const auto target = random_field(Shape{2, 3, 2, 4, 4}, 2);
  const auto see    = [&net](const auto& states) { return net.features(states); };
  for (const auto distance : {StateDistance::l1, StateDistance::l2}) {
    const FeatureLoss loss{{{1, 0.5, 2}, distance}, see};
    check_gradients([&](const auto& x) { return loss(x, target); },
                    random_field(target.shape(), 1));
  }
}

TEST_CASE("a training by the loss of features changes what makes the states, not what sees them") {
  const auto net     = classifier();
  const auto picture = random_field(Shape{1, 2, 4, 4}, 3);
  const auto before  = net.features(picture).to_host();
  const auto target  = random_field(Shape{2, 1, 2, 4, 4}, 2);
  const FeatureLoss loss{{{1}, StateDistance::l2},
                         [&net](const auto& states) { return net.features(states); }};
  Rng rng(5);
  ChannelLinear<Cpu, double> painter({.in_channels = 2, .out_channels = 2}, rng);
  Adam optimizer({.learning_rate = 1e-2});
  std::vector<double> losses;
  for (int step = 0; step < 20; ++step) {
    Tape tape;
    const auto made  = painter(tape.input(random_field(Shape{2, 2, 4, 4}, 4)));
    const auto error = loss(reshape(made, target.shape()), target);
    losses.push_back(error.item());
    optimizer.step(painter, tape.gradient(error));
  }
  CHECK(losses.back() < 0.9 * losses.front());
  CHECK(net.features(picture).to_host() == before);
}

TEST_CASE("trajectories and features that do not fit are refused") {
  const auto x    = random_field(Shape{2, 3, 4}, 1);
  const auto same = [](const auto& s) { return reshape(s, s.shape()); };
  CHECK_THROWS_WITH_AS((FeatureLoss{{{1, 1, 1}}, same}(random_field(Shape{2, 3, 5}, 1), x)),
                       "FeatureLoss: expected trajectories of shape [2, 3, 4], got [2, 3, 5]",
                       PreconditionError);
  CHECK_THROWS_WITH_AS((FeatureLoss{{{1, 1}}, same}(x, x)),
                       "TrajectoryLoss: expected trajectories of 2 states, got shape [2, 3, 4]",
                       PreconditionError);
  const auto mixed = [](const auto& s) { return reshape(s, Shape<2>{3, 8}); };
  CHECK_THROWS_WITH_AS((FeatureLoss{{{1, 1, 1}}, mixed}(x, x)),
                       "FeatureLoss: expected features of 6 states, got shape [3, 8]",
                       PreconditionError);
}

}  // namespace
}  // namespace nop::test::feature_loss_test
