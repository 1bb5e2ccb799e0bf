// SPDX-License-Identifier: BSD-3-Clause
#include <nop/models/in_batches.hpp>
#include <nop/ops/axes.hpp>

#include "support/layer_battery.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::in_batches_test {
namespace {

TEST_CASE("in batches of any size a function says the same, and sees no more at once") {
  const auto x      = nop::test::random_tensor<float, nop::test::ToyBackend>(Shape{7, 2, 3}, 1);
  const auto turned = [](const auto& part) {
    return nop::axis_product(nop::reshape(part, Shape<2>{part.extent(0), 6}),
                             nop::test::random_tensor<float, nop::test::ToyBackend>(Shape{4, 6}, 2),
                             1);
  };
  const auto expected = turned(x);
  for (const std::size_t size : {1U, 2U, 3U, 6U, 7U, 8U, 100U}) {
    std::vector<std::size_t> seen;
    const auto got = nop::in_batches(
        [&](const auto& part) {
          seen.push_back(part.extent(0));
          return turned(part);
        },
        x, size);
    CAPTURE(size);
    CHECK(got.shape() == expected.shape());
    CHECK(worst_error(got.to_host(), expected.to_host()) < 1e-6);
    CHECK(seen.size() == (7 + size - 1) / size);
    for (const std::size_t count : seen) CHECK(count <= size);
  }
}

TEST_CASE("in batches of none, or with answers to some, nothing is put together") {
  const auto x    = random_field(Shape<2>{3, 2}, 1);
  const auto same = [](const auto& part) { return nop::reshape(part, part.shape()); };
  CHECK_THROWS_AS((void)nop::in_batches(same, x, 0), nop::PreconditionError);
  CHECK_THROWS_AS((void)nop::in_batches(same, nop::Tensor<double, 2, Cpu>({0, 2}), 1),
                  nop::PreconditionError);
  CHECK_THROWS_WITH_AS(
      (void)nop::in_batches(
          [](const auto& part) { return nop::crop(part, Shape<2>{}, Shape<2>{1, 2}); }, x, 2),
      "in_batches: expected answers to 2 samples as to those before, got [1, 2]",
      nop::PreconditionError);
}

}  // namespace
}  // namespace nop::test::in_batches_test
