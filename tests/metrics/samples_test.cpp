// SPDX-License-Identifier: BSD-3-Clause
#include <nop/metrics/samples.hpp>

#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace nop::detail::samples_test {
namespace {

TEST_CASE("samples of any shape are rows in double") {
  const Tensor<float, 3, test::ToyBackend> x({2, 1, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
  const auto samples = samples_in_double("f", x);
  CHECK(samples.count == 2);
  CHECK(samples.length == 3);
  CHECK(samples.values == std::vector<double>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("sets that cannot be compared are refused") {
  using Set = Tensor<float, 2, test::ToyBackend>;
  CHECK_NOTHROW(check_samples("f", Set({2, 3}), Set({4, 3}), 2));
  CHECK_THROWS_WITH_AS(check_samples("f", Set({2, 3}), Set({2, 4}), 1),
                       "f: expected two sets of samples of as many numbers each, got [2, 3] and "
                       "[2, 4]",
                       PreconditionError);
  CHECK_THROWS_WITH_AS(check_samples("f", Set({2, 3}), Set({1, 3}), 2),
                       "f: expected at least 2 samples in each set, got 2 and 1",
                       PreconditionError);
  CHECK_THROWS_AS(check_samples("f", Set({2, 0}), Set({2, 0}), 1), PreconditionError);
}

TEST_CASE("numbers that are not finite are refused") {
  const Tensor<float, 2, test::ToyBackend> x({1, 2}, std::vector<float>{1, std::nanf("")});
  CHECK_THROWS_WITH_AS(samples_in_double("f", x), "f: expected samples of finite numbers, got nan",
                       PreconditionError);
}

}  // namespace
}  // namespace nop::detail::samples_test
