// SPDX-License-Identifier: BSD-3-Clause
#include <nop/diffusion/gaussian_data.hpp>
#include <nop/diffusion/mixture_1d.hpp>
#include <nop/diffusion/schedules.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace nop::test::mixture_1d_test {
namespace {

Mixture1d bumps() { return Mixture1d({{3, -1, 0.2}, {1, 0.4, 0.1}, {2, 1.5, 0.4}}); }

}  // namespace

TEST_CASE("the flow of a mixture follows the slope that a perfect model tells") {
  const auto schedule   = nop::cosine_schedule();
  const auto data       = bumps();
  constexpr double step = 1e-5;
  for (const double phi : {0.2, 0.7, 1.2})
    for (double x = -3; x <= 3; x += 0.37) {
      CAPTURE(phi);
      CAPTURE(x);
      const auto at      = schedule.at_phi(phi);
      const double slope = (data.flow(x, at, schedule.at_phi(phi + step)) -
                            data.flow(x, at, schedule.at_phi(phi - step))) /
                           (2 * step);
      CHECK(slope ==
            doctest::Approx((at.alpha * x - data.denoised(x, at)) / at.sigma).epsilon(1e-7));
    }
}

TEST_CASE("the flow of a mixture goes back to where it came from, also far outside") {
  const auto schedule = nop::linear_schedule();
  const auto data     = bumps();
  for (const double x : {-7.0, -3.0, -0.1, 0.0, 0.3, 2.0, 6.0}) {
    CAPTURE(x);
    const double there = data.flow(x, schedule(1), schedule(1e-3));
    CHECK(data.flow(there, schedule(1e-3), schedule(1)) == doctest::Approx(x).epsilon(1e-11));
  }
}

TEST_CASE("a mixture of one is normal") {
  const auto schedule = nop::linear_schedule();
  const Mixture1d data({{7, 0.3, 0.6}});
  const std::vector<double> mean{0.3}, deviation{0.6}, place{-1.3};
  const nop::GaussianData<double, nop::Cpu> normal(mean, deviation);
  const nop::Tensor<double, 2, nop::Cpu> x({1, 1}, place);
  const auto from = schedule(0.8), to = schedule(0.01);
  CHECK(data.flow(-1.3, from, to) ==
        doctest::Approx(normal.flow(x, from, to).item()).epsilon(1e-14));
  CHECK(data.denoised(-1.3, from) ==
        doctest::Approx(normal.denoised(x, from).item()).epsilon(1e-14));
}

TEST_CASE("noise flows to samples of the data") {
  const auto data             = bumps();
  const auto schedule         = nop::cosine_schedule();
  constexpr std::size_t count = 20000;
  const nop::RandomStream noise(1, 0), draws(1, 1);
  double flown[3] = {}, drawn[3] = {};  // mean, mean square, share below 0
  const auto note = [](double(&sums)[3], double x) {
    sums[0] += x / count;
    sums[1] += x * x / count;
    sums[2] += (x < 0) / static_cast<double>(count);
  };
  for (std::size_t i = 0; i < count; ++i) {
    note(flown, data.flow(noise.normal(i), schedule(1), schedule(0)));
    note(drawn, data.draw(draws, i));
  }
  const double mean = (-3 + 0.4 + 3) / 6, square = (3 * 1.04 + 0.17 + 2 * 2.41) / 6;
  for (const auto* sums : {flown, drawn}) {
    CHECK(sums[0] == doctest::Approx(mean).epsilon(0.03));
    CHECK(sums[1] == doctest::Approx(square).epsilon(0.03));
    CHECK(sums[2] == doctest::Approx(0.5).epsilon(0.02));
  }
}

TEST_CASE_TEMPLATE("products of mixtures are mixtures along each axis", Real, float, double) {
  const auto schedule = nop::cosine_schedule();
  const Mixture1d other({{1, -1, 0.3}, {1, 1, 0.3}});
  const ProductData<Real> data({bumps(), other});
  const auto x    = nop::test::random_tensor<Real, nop::Cpu>(Shape{100, 2}, 1);
  const auto from = schedule(0.9), to = schedule(0.1);
  std::vector<double> flow, denoised;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto& law = i % 2 == 0 ? bumps() : other;
    flow.push_back(law.flow(static_cast<double>(x.data()[i]), from, to));
    denoised.push_back(law.denoised(static_cast<double>(x.data()[i]), from));
  }
  constexpr double tolerance = nop::test::rounding<Real>;
  CHECK(nop::test::worst_error(data.flow(x, from, to).to_host(), flow) < tolerance);
  CHECK(nop::test::worst_error(data.denoised(x, from).to_host(), denoised) < tolerance);
  CHECK(data.draw(5, nop::RandomStream(1, 0)).shape() == Shape<2>{5, 2});
}

TEST_CASE("mixtures of nothing are refused") {
  CHECK_THROWS_WITH_AS(Mixture1d({{1, 0, 0}}),
                       "Mixture1d: expected positive weights and deviations, got 1 and 0",
                       nop::PreconditionError);
  CHECK_THROWS_AS(Mixture1d({}), nop::PreconditionError);
  CHECK_THROWS_AS(ProductData<double>({}), nop::PreconditionError);
  const ProductData<double> data({bumps(), bumps()});
  CHECK_THROWS_WITH_AS(
      (void)data.denoised(nop::test::random_tensor<double, nop::Cpu>(Shape{4, 3}, 1),
                          {.time = 0, .lambda = 0}),
      "ProductData: expected samples of 2 numbers, got shape [4, 3]", nop::PreconditionError);
}

}  // namespace nop::test::mixture_1d_test
