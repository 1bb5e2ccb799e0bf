// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/batch_statistics.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <optional>
#include <utility>
#include <vector>

namespace nop::test::batch_statistics_test {

using Vector  = nop::Tensor<double, 1, Cpu>;
using Moments = nop::BatchMoments<double, Cpu>;

namespace {

/// A stranger's layer that sums up the means it is told.
struct Summing {
  nop::Parameter<double, 1, Cpu> weight{Vector({1})};
  double sum = 0;

  void take(const BatchStatistics& statistics) {
    statistics.for_each<double, Cpu>(weight.identity(),
                                     [this](const Moments& seen) { sum += seen.mean.item(); });
  }
  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("weight", self.weight);
  }
};

struct Pair {
  std::vector<Summing> layers{2};
  std::optional<Summing> other = Summing{};
  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("layers", self.layers);
    visit("other", self.other);
  }
};

Moments moments(double mean) {
  return {nop::test::field_of<double>(Shape{1}, {mean}), Vector({1})};
}

}  // namespace

TEST_CASE("each layer takes what was noted of it, wherever it is in a model, and only once") {
  Pair model;
  BatchStatistics statistics;
  statistics.note(model.layers[1].weight.identity(), moments(2));
  statistics.note(model.other->weight.identity(), moments(3));
  statistics.note(model.layers[1].weight.identity(), moments(5));
  statistics.update(model);
  CHECK(model.layers[0].sum == 0);
  CHECK(model.layers[1].sum == 7);
  CHECK(model.other->sum == 3);
  statistics.update(model);
  CHECK(model.layers[1].sum == 7);
}

TEST_CASE("what was noted of a layer finds it where it has moved to, and not its copy") {
  Summing layer;
  BatchStatistics statistics;
  statistics.note(layer.weight.identity(), moments(2));
  Summing copy  = layer;
  Summing moved = std::move(layer);
  copy.take(statistics);
  moved.take(statistics);
  CHECK(copy.sum == 0);
  CHECK(moved.sum == 2);
}

}  // namespace nop::test::batch_statistics_test
