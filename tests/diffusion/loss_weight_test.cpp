// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/error.hpp>
#include <nop/diffusion/loss_weight.hpp>
#include <nop/diffusion/parameterisation.hpp>
#include <nop/diffusion/schedules.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>

namespace nop::test::loss_weight_test {

TEST_CASE("the weights of eps and v make errors of x_0 errors of theirs") {
  const auto schedule = nop::cosine_schedule();
  for (const double t : {0.01, 0.3, 0.5, 0.99}) {
    const auto at     = schedule(t);
    const auto factor = [&](Parameterisation which) {  // of an error of x_0 in the other one
      return std::pow(nop::conversion(Parameterisation::x0, which, at)[1], 2);
    };
    CHECK(loss_weight(LossWeight::x0, at) == 1);
    CHECK(loss_weight(LossWeight::eps, at) ==
          doctest::Approx(factor(Parameterisation::eps)).epsilon(1e-12));
    CHECK(loss_weight(LossWeight::v, at) ==
          doctest::Approx(factor(Parameterisation::v)).epsilon(1e-12));
  }
}

TEST_CASE("truncated weights do not fall below 1, nor rise above a bound") {
  const auto schedule = nop::cosine_schedule();
  CHECK(loss_weight(LossWeight::truncated_snr, schedule(0.9)) == 1);
  CHECK(loss_weight(LossWeight::ratio, schedule(0.9)) == 1);
  CHECK(loss_weight(LossWeight::truncated_snr, schedule(0.1)) ==
        doctest::Approx(schedule(0.1).snr()));
  CHECK(loss_weight(LossWeight::truncated_snr, schedule(0), 400) == 400);
  // The four times of the quadratic grid of four, in Zheng et al.'s implementation.
  const double weights[4] = {1, 2.414, 10.15, 10000};
  int i                   = 0;
  for (const double t : {0.5625, 0.25, 0.0625, 0.0})
    CHECK(loss_weight(LossWeight::ratio, schedule(t), 1e4) ==
          doctest::Approx(weights[i++]).epsilon(1e-3));
  CHECK_THROWS_WITH_AS(loss_weight(LossWeight::v, schedule(0.5), 0),
                       "loss_weight: expected a positive bound, got 0", nop::PreconditionError);
}

}  // namespace nop::test::loss_weight_test
