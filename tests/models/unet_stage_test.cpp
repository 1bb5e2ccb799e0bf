// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/models/unet_stage.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace nop::test::unet_stage_test {

using Stage = nop::UNetStage<1, Cpu, double>;

TEST_CASE("a stage is a residual block, and attention where it has heads") {
  for (const std::size_t heads : {0U, 2U}) {
    nop::Rng rng(1);
    Stage stage({.block = {.in_channels = 3, .out_channels = 4, .embedding = 2}, .heads = heads},
                rng);
    std::uint64_t seed = 10;
    nop::for_each_parameter(stage, [&seed](const std::string&, auto& parameter) {
      parameter.assign(random_field(parameter.shape(), ++seed));
    });
    const nop::ResidualBlock<1, Cpu, double> block =
        nop::test::taken(stage, "block",
                         nop::ResidualBlock<1, Cpu, double>(
                             {.in_channels = 3, .out_channels = 4, .embedding = 2}, rng));
    const auto x  = random_field(Shape{2, 3, 5}, 2);
    const auto e  = random_field(Shape{2, 2}, 3);
    auto expected = block(x, e);
    if (heads > 0)
      expected = nop::test::taken(
          stage, "attention",
          nop::SelfAttention<Cpu, double>({.channels = 4, .heads = 2, .groups = 1}, rng))(expected);
    CHECK(stage(x, e).to_host() == expected.to_host());
    CHECK(stage.out_channels() == 4);
    CHECK(!stage.resamples());
  }
}

}  // namespace nop::test::unet_stage_test
