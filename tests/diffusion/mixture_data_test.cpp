// SPDX-License-Identifier: BSD-3-Clause
#include <nop/diffusion/mixture_1d.hpp>
#include <nop/diffusion/mixture_data.hpp>
#include <nop/diffusion/schedules.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace nop::test::mixture_data_test {

TEST_CASE_TEMPLATE("a grid of bumps is a product of mixtures", Real, float, double) {
  std::vector<Real> centres;
  for (const int i : {-1, 0, 2})
    for (const int j : {-2, 3}) {
      centres.push_back(static_cast<Real>(i));
      centres.push_back(static_cast<Real>(j));
    }
  const MixtureData<Real> data(nop::Tensor<Real, 2, nop::Cpu>({6, 2}, centres), 0.2);
  const nop::ProductData<Real> product({nop::Mixture1d({{1, -1, 0.2}, {1, 0, 0.2}, {1, 2, 0.2}}),
                                        nop::Mixture1d({{1, -2, 0.2}, {1, 3, 0.2}})});
  const auto x = random_tensor<Real, nop::Cpu>(Shape{301, 2}, 1);
  for (const double t : {0.0, 0.1, 0.5, 0.9, 1.0}) {
    CAPTURE(t);
    const auto at = nop::cosine_schedule()(t);
    CHECK(
        nop::test::worst_error(data.denoised(x, at).to_host(), product.denoised(x, at).to_host()) <
        (std::is_same_v<Real, float> ? 1e-4 : 1e-12));
  }
}

TEST_CASE_TEMPLATE("bumps of any number and dimension are what their definition says", Real, float,
                   double) {
  const std::size_t bumps = 21, numbers = 5;
  const double s     = 0.4;
  const auto centres = random_tensor<Real, nop::Cpu>(Shape{bumps, numbers}, 1);
  const auto x       = random_tensor<Real, nop::Cpu>(Shape{std::size_t{7}, numbers}, 2);
  const MixtureData<Real> data(centres, s);
  const auto at  = nop::cosine_schedule()(0.6);
  const double v = at.alpha * at.alpha * s * s + at.sigma * at.sigma;
  std::vector<double> expected(x.size(), 0);
  for (std::size_t i = 0; i < 7; ++i) {
    double total = 0;
    for (std::size_t n = 0; n < bumps; ++n) {
      double square = 0;
      for (std::size_t d = 0; d < numbers; ++d)
        square += std::pow(static_cast<double>(x.view()(i, d)) -
                               at.alpha * static_cast<double>(centres.view()(n, d)),
                           2);
      const double share = std::exp(-square / (2 * v));
      total += share;
      for (std::size_t d = 0; d < numbers; ++d) {
        const auto c = static_cast<double>(centres.view()(n, d));
        expected[i * numbers + d] +=
            share *
            (c + at.alpha * s * s / v * (static_cast<double>(x.view()(i, d)) - at.alpha * c));
      }
    }
    for (std::size_t d = 0; d < numbers; ++d) expected[i * numbers + d] /= total;
  }
  CHECK(nop::test::worst_error(data.denoised(x, at).to_host(), expected) <
        nop::test::rounding<Real>);
}

TEST_CASE("far away from all bumps, the nearest one counts") {
  const std::vector<float> centres{-1, 0, 1, 0}, place{-90, 40};
  const MixtureData<float> data(nop::Tensor<float, 2, nop::Cpu>({2, 2}, centres), 0.1);
  const auto at  = nop::cosine_schedule()(0.5);
  const auto got = data.denoised(nop::Tensor<float, 2, nop::Cpu>({1, 2}, place), at).to_host();
  const nop::Mixture1d one({{1, -1, 0.1}});
  CHECK(got[0] == doctest::Approx(one.denoised(-90, at)).epsilon(1e-5));
}

TEST_CASE("samples of bumps are spread evenly among them") {
  const std::vector<double> centres{-3, 0, 0, 2, 3, 0};
  const MixtureData<double> data(nop::Tensor<double, 2, nop::Cpu>({3, 2}, centres), 0.1);
  constexpr std::size_t count = 6000;
  const auto x                = data.draw(count, nop::RandomStream(1, 0)).to_host();
  double shares[3] = {}, square = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t bump = x[2 * i] < -1.5 ? 0 : x[2 * i] < 1.5 ? 1 : 2;
    shares[bump] += 1.0 / count;
    square += (std::pow(x[2 * i] - centres[2 * bump], 2) +
               std::pow(x[2 * i + 1] - centres[2 * bump + 1], 2)) /
              (2 * count);
  }
  for (const double share : shares) CHECK(share == doctest::Approx(1.0 / 3).epsilon(0.02));
  CHECK(square / 0.01 == doctest::Approx(1).epsilon(0.03));
}

TEST_CASE("bumps that are none are refused") {
  using Data         = MixtureData<double>;
  const auto centres = random_tensor<double, nop::Cpu>(Shape{3, 2}, 1);
  CHECK_THROWS_WITH_AS(Data(centres, 0),
                       "MixtureData: expected centres and a positive deviation, got shape [3, 2] "
                       "and 0",
                       nop::PreconditionError);
  CHECK_THROWS_AS(Data(nop::Tensor<double, 2, nop::Cpu>({0, 2}), 1), nop::PreconditionError);
  const Data data(centres, 1);
  const auto x = random_tensor<double, nop::Cpu>(Shape{4, 3}, 1);
  CHECK_THROWS_WITH_AS((void)data.denoised(x, {.time = 0, .lambda = 0}),
                       "MixtureData: expected samples of 2 numbers, got shape [4, 3]",
                       nop::PreconditionError);
}

}  // namespace nop::test::mixture_data_test
