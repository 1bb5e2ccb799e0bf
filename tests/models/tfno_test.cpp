// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/models/tfno.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <string>

namespace nop::test::tfno_test {

TEST_CASE("a tensorised model is an Fno with Tucker weights of a tenth of the parameters") {
  const auto count = [](const nop::FnoConfig<2>& config) {
    nop::Rng rng(1);
    const nop::Tfno<2> model(config, rng);
    std::size_t spectral = 0;
    nop::for_each_parameter(model, [&](const std::string& path, const auto& parameter) {
      if (path.find("convolution.weight") != std::string::npos)
        spectral += parameter.value().size();
    });
    return static_cast<double>(spectral);
  };
  const nop::FnoConfig<2> dense{
      .in_channels = 1, .out_channels = 1, .width = 16, .depth = 2, .modes = {12, 12}};
  const auto config = nop::tensorised<2>(dense);
  CHECK(config.weight.kind == nop::SpectralWeightKind::tucker);
  CHECK(config.weight.rank == 0.1);
  CHECK(count(config) / count(dense) == doctest::Approx(0.1).epsilon(0.1));
  CHECK(count(nop::tensorised<2>(dense, 0.4)) / count(dense) == doctest::Approx(0.4).epsilon(0.1));
}

}  // namespace nop::test::tfno_test
