// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/core/tensor.hpp>
#include <nop/models/run.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::run_test {

using nop::detail::run_model;

namespace {

/// Twice as many points: each of them, then 0.
struct Doubling {
  static constexpr const char* name = "Doubling";
  [[nodiscard]] static Shape<1> output_grid(const Shape<1>& grid) { return {2 * grid[0]}; }
  template <class Field>
  auto operator()(const Field& x) const {
    return nop::pad(x, {}, {x.extent(0), 1, 2 * x.extent(2)});
  }
};

}  // namespace

TEST_CASE("a model's result is written where it is wanted") {
  const double input[] = {1, 2, 3, 4};
  double output[8];
  run_model(Doubling{}, 1, nop::view(input, {2, 1, 2}), nop::view(output, {2, 1, 4}));
  CHECK(std::vector(output, output + 8) == std::vector<double>{1, 2, 0, 0, 3, 4, 0, 0});
}

TEST_CASE("a place for the result that is of another shape is refused") {
  const double input[] = {1, 2};
  double output[4];
  CHECK_THROWS_WITH_AS(
      run_model(Doubling{}, 1, nop::view(input, {1, 1, 2}), nop::view(output, {1, 1, 2})),
      "Doubling::run: expected an output of shape [1, 1, 4], got [1, 1, 2]",
      nop::PreconditionError);
}

}  // namespace nop::test::run_test
