// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/diffusion/gaussian_data.hpp>
#include <nop/diffusion/mean_square_eps.hpp>
#include <nop/diffusion/schedules.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace nop::test::mean_square_eps_test {
namespace {

const std::vector<double> means{0.3, -0.7, 0.1}, deviations{0.2, 0.6, 1.3};
const std::vector<double> times{0.95, 0.7, 0.4, 0.1, 0};

/// Samples of the normal data.
CpuTensor<double, 2> samples(std::size_t count) {
  auto values =
      normal_noise<double, Cpu>(Shape<2>{count, means.size()}, RandomStream(5, 0)).to_host();
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = means[i % means.size()] + deviations[i % means.size()] * values[i];
  return field_of(Shape<2>{count, means.size()}, values);
}

TEST_CASE("of a perfect model of normal data it is known") {
  const auto schedule = cosine_schedule();
  const GaussianData<double, Cpu> data(means, deviations);
  const auto perfect = [&](const auto& x, double t) { return data.denoised(x, schedule(t)); };
  Rng rng(1);
  constexpr std::size_t count = 20000;
  const auto measured =
      mean_square_eps(perfect, Parameterisation::x0, schedule, times, samples(count), rng);
  REQUIRE(measured.size() == times.size() - 1);
  for (std::size_t step = 0; step < measured.size(); ++step) {
    const auto at   = schedule(times[step]);
    double expected = 0;
    for (const double s : deviations)
      expected += at.sigma * at.sigma / (at.alpha * at.alpha * s * s + at.sigma * at.sigma) / 3;
    // eps^^2 - eps^2 has a deviation of 2 alpha at most, in about these data.
    const double deviation = 2 * at.alpha / std::sqrt(3.0 * count);
    CHECK(std::abs(measured[step] - expected) < 3 * deviation);
    CHECK(1 - expected > 5 * deviation);  // so that not anything passes
  }
}

TEST_CASE("it is that of the answers to these data and this noise, whatever a model speaks of") {
  const auto schedule = linear_schedule();
  const auto data     = samples(5);
  Rng draws(3);
  std::vector<double> expected(times.size() - 1, 1);
  for (std::size_t first = 0; first < 5; first += 2)  // in batches of 2, 2, 1
    for (std::size_t step = 0; step + 1 < times.size(); ++step) {
      const auto stream = draws.stream();
      const auto at     = schedule(times[step]);
      for (std::size_t i = 0; i < (first == 4 ? 3U : 6U); ++i) {
        const double eps   = stream.normal(i);
        const double x     = at.alpha * data.view()(first + i / 3, i % 3) + at.sigma * eps;
        const double said  = 0.6 * x;
        const double error = said - eps;
        expected[step] += error * (at.alpha < 0.05 ? -error : said + eps) / 15;
      }
    }
  for (const auto says : {Parameterisation::x0, Parameterisation::eps, Parameterisation::v}) {
    const auto model = [&](const auto& x, double t) {
      return converted(x, scale_by(x, 0.6), Parameterisation::eps, says, schedule(t));
    };
    Rng rng(3);
    CHECK(worst_error(mean_square_eps(model, says, schedule, times, data, rng, 2), expected) <
          1e-11);
  }
}

TEST_CASE("it asks for data and steps") {
  const auto model = [](const auto& x, double) { return x; };
  Rng rng(1);
  CHECK_THROWS_WITH_AS(mean_square_eps(model, Parameterisation::eps, cosine_schedule(),
                                       std::vector{1.0}, samples(2), rng),
                       "mean_square_eps: expected data, one sample at a time or more, and two "
                       "times or more, got shape [2, 3], 100 and 1",
                       PreconditionError);
  CHECK_THROWS_AS(mean_square_eps(model, Parameterisation::eps, cosine_schedule(), times,
                                  CpuTensor<double, 2>(Shape<2>{0, 3}), rng),
                  PreconditionError);
}

TEST_CASE("where there is next to nothing but noise, what is missing to 1 is right as well") {
  const auto schedule = cosine_schedule();
  const GaussianData<double, Cpu> data(means, deviations);
  const auto perfect = [&](const auto& x, double t) { return data.denoised(x, schedule(t)); };
  Rng rng(1);
  const std::vector<double> ends{1, 0.98, 0.5};
  const auto measured =
      mean_square_eps(perfect, Parameterisation::x0, schedule, ends, samples(20000), rng);
  for (std::size_t step = 0; step < 2; ++step) {
    const auto at  = schedule(ends[step]);
    double missing = 0;
    for (const double s : deviations) {
      const double square = at.alpha * at.alpha * s * s;
      missing += square / (square + at.sigma * at.sigma) / 3;
    }
    CHECK((1 - measured[step]) / missing == doctest::Approx(1).epsilon(0.03));
  }
}

}  // namespace
}  // namespace nop::test::mean_square_eps_test
