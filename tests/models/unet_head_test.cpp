// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/models/unet_head.hpp>
#include <nop/ops/activation.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace nop::test::unet_head_test {
namespace {

using Head = UNetHead<2, Cpu, double>;

Head trained() {
  Rng rng(1);
  Head head({.channels = 8, .out_channels = 3, .unshuffle = 2}, rng);
  std::uint64_t seed = 10;
  for_each_parameter(head, [&seed](const std::string&, auto& parameter) {
    parameter.assign(random_field(parameter.shape(), ++seed));
  });
  return head;
}

}  // namespace

TEST_CASE("the head of a U-Net is a norm, an activation, a convolution and points of channels") {
  const auto head = trained();
  Rng rng(1);
  const auto norm =
      taken(head, "last_norm",
            Norm<Cpu, double>(
                {.kind = NormKind::group, .channels = 8, .groups = 2, .epsilon = 1e-6}, rng));
  const auto convolution =
      taken(head, "last",
            LocalConv<2, Cpu, double>(
                {.in_channels = 8, .out_channels = 12, .kernel = {3, 3}, .bias = true}, rng));
  const auto h = random_field(Shape{2, 8, 3, 5}, 2);
  const auto y = head(h);
  CHECK(y.shape() == Shape<4>{2, 3, 6, 10});
  CHECK(worst_error(y.to_host(), pixel_shuffle(convolution(silu(norm(h))), 2).to_host()) < 1e-12);
}

TEST_CASE("the head of a U-Net has right gradients, and answers with zeros at first") {
  const auto h = random_field(Shape{2, 8, 2, 3}, 2);
  check_gradients(trained(), h);
  Rng rng(1);
  CHECK(Head({.channels = 8, .out_channels = 3}, rng)(h).to_host() == std::vector<double>(36));
}

}  // namespace nop::test::unet_head_test
