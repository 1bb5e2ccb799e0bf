// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/diffusion/gaussian_data.hpp>
#include <nop/diffusion/schedules.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace nop::test::gaussian_data_test {
namespace {

const std::vector<double> means{0.3, -0.7, 1.1, 0, 2, -1}, deviations{0.2, 0.6, 1.3, 1, 0.01, 3};

/// dx/dphi at x by the perfect model: (alpha x - x_0) / sigma.
template <class Data, class X>
std::vector<double> slope(const Data& data, const X& x, const nop::NoiseLevel& at) {
  const auto x0 = data.denoised(x, at).to_host();
  auto result   = x.to_host();
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = (at.alpha * result[i] - x0[i]) / at.sigma;
  return result;
}

}  // namespace

TEST_CASE("the flow of normal data follows the slope that a perfect model tells") {
  const auto schedule = nop::cosine_schedule();
  const GaussianData<double, nop::Cpu> data(means, deviations);
  const auto x          = random_tensor<double, nop::Cpu>(Shape{4, 2, 3}, 1);
  constexpr double step = 1e-5;
  for (const double phi : {0.1, 0.8, 1.5}) {
    const auto from   = schedule.at_phi(phi);
    const auto ahead  = data.flow(x, from, schedule.at_phi(phi + step)).to_host();
    const auto behind = data.flow(x, from, schedule.at_phi(phi - step)).to_host();
    std::vector<double> differences;
    for (std::size_t i = 0; i < ahead.size(); ++i)
      differences.push_back((ahead[i] - behind[i]) / (2 * step));
    CHECK(worst_error(differences, slope(data, x, from)) < 1e-7);
  }
}

TEST_CASE("the flow there and back is none") {
  const auto schedule = nop::linear_schedule();
  const GaussianData<double, nop::Cpu> data(means, deviations);
  const auto x = random_tensor<double, nop::Cpu>(Shape{4, 6}, 1);
  const auto y = data.flow(x, schedule(0.9), schedule(0.1));
  CHECK(worst_error(data.flow(y, schedule(0.1), schedule(0.9)).to_host(), x.to_host()) < 1e-14);
}

TEST_CASE("at no noise the data are what is seen, and at nothing else they are their mean") {
  const GaussianData<double, nop::Cpu> data(means, deviations);
  const auto x = random_tensor<double, nop::Cpu>(Shape{1, 6}, 1);
  CHECK(worst_error(data.denoised(x, {.time = 0, .lambda = 40}).to_host(), x.to_host()) < 1e-14);
  CHECK(worst_error(data.denoised(x, {.time = 1, .lambda = -40}).to_host(), means) < 1e-14);
}

TEST_CASE("normal data are the same in either precision and on any backend") {
  const auto at = nop::cosine_schedule()(0.4), to = nop::cosine_schedule()(0.1);
  const GaussianData<double, nop::Cpu> data(means, deviations);
  const GaussianData<float, nop::Cpu> slim(means, deviations);
  const GaussianData<double, nop::test::ToyBackend> toy(means, deviations);
  const Shape<5> shape{3, 1, 2, 1, 3};
  const auto x = random_tensor<double, nop::Cpu>(shape, 1);
  const auto y = random_tensor<float, nop::Cpu>(shape, 1);
  const auto z = random_tensor<double, nop::test::ToyBackend>(shape, 1);
  CHECK(worst_error(slim.denoised(y, at).to_host(), data.denoised(x, at).to_host()) < 1e-5);
  CHECK(worst_error(toy.denoised(z, at).to_host(), data.denoised(x, at).to_host()) < 1e-14);
  CHECK(worst_error(slim.flow(y, at, to).to_host(), data.flow(x, at, to).to_host()) < 1e-5);
  CHECK(worst_error(toy.flow(z, at, to).to_host(), data.flow(x, at, to).to_host()) < 1e-14);
}

TEST_CASE("normal data of another size are refused") {
  using Data = GaussianData<double, nop::Cpu>;
  CHECK_THROWS_WITH_AS(Data(means, {}),
                       "GaussianData: expected a deviation for each mean, got 6 and 0",
                       nop::PreconditionError);
  const Data data(means, deviations);
  CHECK_THROWS_WITH_AS((void)data.denoised(random_tensor<double, nop::Cpu>(Shape{6, 5}, 1),
                                           {.time = 0, .lambda = 0}),
                       "GaussianData: expected samples of 6 numbers, got shape [6, 5]",
                       nop::PreconditionError);
}

}  // namespace nop::test::gaussian_data_test
