// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/models/backbone.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::backbone_test {

TEST_CASE("a field of one state is that of all, and the last state of several stands for them") {
  const auto x = nop::test::field_of<double>(Shape{4, 1, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  nop::test::check_same(nop::in_states(x, 4), x);
  CHECK(nop::in_states(x, 8).to_host() ==
        std::vector<double>{1, 2, 1, 2, 3, 4, 3, 4, 5, 6, 5, 6, 7, 8, 7, 8});
  const auto last = nop::in_states(x, 2);
  CHECK(last.shape() == Shape<3>{2, 1, 2});
  CHECK(last.to_host() == std::vector<double>{3, 4, 7, 8});
  CHECK(nop::in_states(x, 1).to_host() == std::vector<double>{7, 8});
  for (const std::size_t samples : {1U, 2U, 4U, 8U})
    nop::test::check_gradients([samples](const auto& u) { return nop::in_states(u, samples); }, x);
}

TEST_CASE("the embedded times of some states are those of all samples") {
  const auto all  = nop::test::field_of<double>(Shape{3, 2}, {1, 2, 3, 4, 5, 6});
  const auto some = nop::times_of_states(all, {1, 2}, 5);
  CHECK(some.embedding.to_host() == std::vector<double>{3, 4, 5, 6});
  CHECK(some.samples == 5);
  nop::test::check_same(nop::times_of_states(all, {0, 3}, 1).embedding, all);
}

TEST_CASE("a solver asks a backbone for all its fields at one time") {
  std::vector<double> told;
  const auto backbone = [&told](const auto& x, const auto& times) {
    told = times.to_host();
    return x;
  };
  const auto x = nop::test::field_of<double>(Shape{3, 2}, {1, 2, 3, 4, 5, 6});
  nop::test::check_same(nop::at_one_time(backbone)(x, 0.25), x);
  CHECK(told == std::vector<double>{0.25, 0.25, 0.25});
}

TEST_CASE("the times of levels are a backbone's times") {
  const std::vector<NoiseLevel> levels{{.time = 0.25, .lambda = 1}, {.time = 0.75, .lambda = -1}};
  CHECK(nop::times_of<float, Cpu>(levels).to_host() == std::vector<float>{0.25F, 0.75F});
}

}  // namespace nop::test::backbone_test
