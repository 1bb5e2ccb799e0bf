// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/diffusion/schedules.hpp>
#include <nop/training/trajectory_loss.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace nop::test::trajectory_loss_test {
namespace {

TEST_CASE("the loss is the weighted mean of the distances of all states") {
  const auto x = random_field(Shape{2, 3, 1, 2, 2}, 1), y = random_field(Shape{2, 3, 1, 2, 2}, 2);
  const std::vector<double> weights{1, 5, 0};
  double l1 = 0, l2 = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double difference = x.to_host()[i] - y.to_host()[i];
    const double weight     = weights[i / 4 % 3];
    l1 += weight * std::abs(difference) / static_cast<double>(x.size());
    l2 += weight * difference * difference / static_cast<double>(x.size());
  }
  CHECK(TrajectoryLoss{weights}(x, y).item() == doctest::Approx(l1).epsilon(1e-13));
  CHECK(TrajectoryLoss{weights, StateDistance::l2}(x, y).item() ==
        doctest::Approx(l2).epsilon(1e-13));
}

TEST_CASE("the loss has right gradients, also of points without a grid") {
  for (const auto distance : {StateDistance::l1, StateDistance::l2}) {
    const TrajectoryLoss loss{{1, 0.5, 2}, distance};
    const auto images = random_field(Shape{2, 3, 2, 2, 3}, 2);
    const auto points = random_field(Shape{4, 3, 2}, 3);
    check_gradients([&](const auto& x) { return loss(x, images); },
                    random_field(images.shape(), 1));
    check_gradients([&](const auto& x) { return loss(x, points); },
                    random_field(points.shape(), 4));
  }
}

TEST_CASE("weights are those of the paper, bounded") {
  // alpha / sigma = cot(phi) with phi nearly pi t / 2
  const auto weights =
      trajectory_weights(cosine_schedule(), std::vector{0.5625, 0.25, 0.0625, 0.0});
  REQUIRE(weights.size() == 4);
  CHECK(weights[0] == 1);
  CHECK(weights[1] == doctest::Approx(1 / std::tan(std::numbers::pi / 8)).epsilon(1e-3));
  CHECK(weights[2] == doctest::Approx(10.15).epsilon(1e-3));
  CHECK(weights[3] == 1e4);
  CHECK(trajectory_weights(cosine_schedule(), std::vector{0.0}, 10)[0] == 10);
}

TEST_CASE("shapes and weights that do not fit are refused") {
  const auto x = random_field(Shape{2, 3, 4}, 1);
  CHECK_THROWS_WITH_AS((TrajectoryLoss{{1, 1}}(x, x)),
                       "TrajectoryLoss: expected trajectories of 2 states, got shape [2, 3, 4]",
                       PreconditionError);
  CHECK_THROWS_WITH_AS((TrajectoryLoss{{1, 1, 1}}(random_field(Shape{2, 3, 5}, 1), x)),
                       "TrajectoryLoss: expected trajectories of shape [2, 3, 4], got [2, 3, 5]",
                       PreconditionError);
  CHECK_THROWS_WITH_AS((TrajectoryLoss{{1, 1, -1}}(x, x)),
                       "TrajectoryLoss: expected weights of at least 0, got -1", PreconditionError);
}

}  // namespace
}  // namespace nop::test::trajectory_loss_test
