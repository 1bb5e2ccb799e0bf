// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/embedded_times.hpp>
#include <nop/ops/elementwise.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <type_traits>
#include <vector>

namespace nop::test::embedded_times_test {

TEST_CASE("every sample meets all times, of which each is mapped once") {
  const auto rows = nop::test::field_of<double>(Shape{2, 3}, {1, 2, 3, 4, 5, 6});
  std::vector<std::size_t> mapped;
  const auto doubled = [&mapped](const auto& e) {
    mapped.push_back(e.extent(0));
    return nop::add(e, e);
  };
  const auto of = [](const auto& e, std::size_t samples) {
    return nop::EmbeddedTimes<std::remove_cvref_t<decltype(e)>>{e, samples};
  };
  const auto all = of(rows, 3).through(doubled);
  CHECK(all.shape() == Shape<2>{6, 3});
  CHECK(all.to_host() ==
        std::vector<double>{2, 4, 6, 8, 10, 12, 2, 4, 6, 8, 10, 12, 2, 4, 6, 8, 10, 12});
  CHECK(mapped == std::vector<std::size_t>{2});
  CHECK(of(rows, 1).through(doubled).to_host() == std::vector<double>{2, 4, 6, 8, 10, 12});
  const auto met = [&](const auto& e) { return of(e, 3).through([](const auto& u) { return u; }); };
  nop::test::check_gradients(met, rows);
  nop::test::check_ways_to_call(met, rows);
}

}  // namespace nop::test::embedded_times_test
