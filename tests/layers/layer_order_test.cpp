// SPDX-License-Identifier: BSD-3-Clause
#include <nop/layers/layer_order.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

namespace nop::test::layer_order_test {

TEST_CASE("orders of a layer and what stabilizes it have names, in the order of their values") {
  const auto name = [](auto value) {
    return std::string(enumerator_names(value).at(static_cast<std::size_t>(value)));
  };
  CHECK(name(nop::LayerOrder::post_activation) == "post_activation");
  CHECK(name(nop::LayerOrder::pre_activation) == "pre_activation");
  CHECK(name(nop::LayerOrder::original) == "original");
  CHECK(name(nop::Stabilizer::none) == "none");
  CHECK(name(nop::Stabilizer::hyperbolic_tangent) == "hyperbolic_tangent");
}

}  // namespace nop::test::layer_order_test
