// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/samples.hpp>

#include "support/layer_battery.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::samples_test {

TEST_CASE("samples are repeated in a row") {
  const auto x = nop::test::field_of<float>(Shape{2, 2}, {1, 2, 3, 4});
  const auto y = repeat_samples(x, 3);
  CHECK(y.shape() == Shape<2>{6, 2});
  CHECK(y.to_host() == std::vector<float>{1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4});
  CHECK(repeat_samples(x, 1).to_host() == x.to_host());
}

TEST_CASE_TEMPLATE("repeated samples have right gradients", Element, double, std::complex<double>) {
  for (const std::size_t times : {1U, 2U, 3U}) {
    const auto function = [times](const auto& x) { return repeat_samples(x, times); };
    const auto x        = random_field<Element>(Shape{2, 3, 2}, 1);
    nop::test::check_gradients(function, x);
    nop::test::check_ways_to_call(function, x);
    nop::test::check_adjoint(function, x);
  }
}

TEST_CASE("samples are repeated at least once, on any backend") {
  CHECK_THROWS_WITH_AS(repeat_samples(random_field(Shape{2, 3}), 0),
                       "repeat_samples: expected at least one time, got 0", nop::PreconditionError);
  CHECK_THROWS_AS(repeat_samples(random_field(Shape{2, 3}), (std::size_t{1} << 63U) + 1),
                  nop::PreconditionError);
  const auto toy = nop::test::random_tensor<double, nop::test::ToyBackend>(Shape{2, 3, 4}, 1);
  CHECK(repeat_samples(toy, 2).to_host() ==
        repeat_samples(random_field(Shape{2, 3, 4}, 1), 2).to_host());
}

TEST_CASE("samples are gathered in any order, also more than once") {
  const auto x = nop::test::field_of<float>(Shape{4, 2}, {0, 1, 10, 11, 20, 21, 30, 31});
  const std::vector<std::size_t> some{2, 3, 0, 2}, all{0, 1, 2, 3}, none, wrong{1, 4};
  CHECK(gathered_samples(x, some).to_host() == std::vector<float>{20, 21, 30, 31, 0, 1, 20, 21});
  CHECK(gathered_samples(x, all).data() == x.data());
  CHECK(gathered_samples(x, none).shape() == Shape<2>{0, 2});
  CHECK_THROWS_WITH_AS(gathered_samples(x, wrong),
                       "gathered_samples: expected numbers below 4, got 4", PreconditionError);
  const auto toy = nop::test::random_tensor<double, nop::test::ToyBackend>(Shape{4, 3}, 1);
  CHECK(gathered_samples(toy, some).to_host() ==
        gathered_samples(random_field(Shape{4, 3}, 1), some).to_host());
}

}  // namespace nop::test::samples_test
