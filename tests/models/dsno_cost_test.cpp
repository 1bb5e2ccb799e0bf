// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/counting.hpp>
#include <nop/models/dsno.hpp>
#include <nop/models/unet.hpp>

#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::dsno_cost_test {

// Counted by hand, with 28 x 28 points as 14 x 14 and 7 x 7: the more of the two levels on the way
// down are shared, and on the way up separate, the less than four backbones are four states.
TEST_CASE("a DSNO of four states costs as many backbones as are left of its states") {
  using Net = nop::UNet<2, Counting<>, float>;
  nop::Rng rng(1);
  const Net net({.in_channels  = 1,
                 .out_channels = 1,
                 .width        = 32,
                 .multipliers  = {1, 1},
                 .blocks       = 1,
                 .attention    = {1},
                 .unshuffle    = 2},
                rng);
  const nop::Tensor<float, 4, Counting<>> noise({8, 1, 28, 28});
  const auto cost = [](const auto& call) {
    Counting<>::multiplications = 0;
    call();
    return static_cast<double>(Counting<>::multiplications);
  };
  const double one = cost([&] { net(noise, nop::Tensor<float, 1, Counting<>>({8})); });
  CHECK(2 * one / 8 == doctest::Approx(55e6).epsilon(0.15));
  const auto check = [&](nop::DsnoEnds ends, double all, double last) {
    const nop::Dsno<Net> dsno(net, {0.5625, 0.25, 0.0625, 0}, 2, rng, ends);
    CHECK(cost([&] { dsno(noise); }) / one == doctest::Approx(all).epsilon(0.015));
    CHECK(cost([&] { dsno.last(noise); }) / one == doctest::Approx(last).epsilon(0.015));
  };
  check({0, 0}, 3.91, 3.89);
  check({0, 2}, 3.84, 2.14);
  check({1, 2}, 3.55, 1.86);
  check({2, 4}, 3.29, 1.10);
}

}  // namespace nop::test::dsno_cost_test
