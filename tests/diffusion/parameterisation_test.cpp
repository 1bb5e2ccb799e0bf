// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/core/enumerator.hpp>
#include <nop/diffusion/parameterisation.hpp>
#include <nop/diffusion/schedules.hpp>

#include "support/layer_battery.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace nop::test::parameterisation_test {
namespace {

constexpr Parameterisation all[] = {Parameterisation::x0, Parameterisation::eps,
                                    Parameterisation::v};

NoiseLevel level(double t) { return nop::cosine_schedule()(t); }

/// Whatever a perfect model says of x_t is turned into all else that it could have said.
template <class Real, class Backend, std::size_t Rank>
void check_conversions(const Shape<Rank>& shape, double tolerance) {
  const auto data  = random_tensor<Real, Backend>(shape, 1);
  const auto noise = random_tensor<Real, Backend>(shape, 2);
  std::vector<NoiseLevel> levels;
  for (std::size_t i = 0; i < shape[0]; ++i)
    levels.push_back(level(0.1 + 0.8 * static_cast<double>(i) / static_cast<double>(shape[0])));
  const std::span<const NoiseLevel> each = levels;
  const auto check                       = [&](const auto& at) {
    const auto x = noised(data, noise, at);
    for (const auto from : all)
      for (const auto to : all) {
        CAPTURE(nop::enumerator_name(from));
        CAPTURE(nop::enumerator_name(to));
        const auto got = converted(x, target_of(from, data, noise, at), from, to, at);
        CHECK(got.shape() == shape);
        CHECK(worst_error(got.to_host(), target_of(to, data, noise, at).to_host()) < tolerance);
      }
  };
  check(levels[0]);
  check(each);
}

}  // namespace

TEST_CASE("what a model says of one thing, it says of all") {
  check_conversions<double, nop::Cpu>(Shape{3, 5}, 1e-14);
  check_conversions<float, nop::Cpu>(Shape{2, 2, 7}, 4e-6);
  check_conversions<double, nop::Cpu>(Shape{4, 1, 3, 5}, 1e-14);
  check_conversions<float, nop::Cpu>(Shape{2, 3, 2, 3, 4}, 4e-6);
  check_conversions<double, nop::test::ToyBackend>(Shape{2, 3, 4}, 1e-14);
}

TEST_CASE("samples have the level of their own") {
  const auto data = random_field(Shape{2, 3}, 1), noise = random_field(data.shape(), 2);
  const std::vector<NoiseLevel> levels{level(0.2), level(0.7)};
  const auto x = noised(data, noise, std::span<const NoiseLevel>(levels));
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t i = 0; i < 3; ++i)
      CHECK(x.view()(b, i) == doctest::Approx(levels[b].alpha * data.view()(b, i) +
                                              levels[b].sigma * noise.view()(b, i)));
}

TEST_CASE("the velocity is the slope of x over the angle") {
  const auto schedule = nop::cosine_schedule();
  const auto data = random_field(Shape{2, 3}, 1), noise = random_field(data.shape(), 2);
  constexpr double step = 1e-5;
  const auto ahead      = noised(data, noise, schedule.at_phi(0.6 + step)).to_host();
  const auto behind     = noised(data, noise, schedule.at_phi(0.6 - step)).to_host();
  const auto v = target_of(Parameterisation::v, data, noise, schedule.at_phi(0.6)).to_host();
  for (std::size_t i = 0; i < v.size(); ++i)
    CHECK(v[i] == doctest::Approx((ahead[i] - behind[i]) / (2 * step)).epsilon(1e-8));
}

TEST_CASE("conversions have right gradients in the state and in the answer") {
  const auto x = random_field(Shape{2, 3, 2}, 1), y = random_field(x.shape(), 2);
  const std::vector<NoiseLevel> levels{level(0.2), level(0.7)};
  for (const auto from : all)
    for (const auto to : all) {
      nop::test::check_gradients(
          [&](const auto& a, const auto& b) { return converted(a, b, from, to, levels[0]); }, x, y);
      nop::test::check_gradients(
          [&](const auto& a, const auto& b) {
            return converted(a, b, from, to, std::span<const NoiseLevel>(levels));
          },
          x, y);
    }
}

TEST_CASE("what is not there is not told") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH_AS(
      nop::conversion(Parameterisation::x0, Parameterisation::eps, {.time = 0, .lambda = infinity}),
      "conversion: expected some noise to be left, got alpha 1 and sigma 0",
      nop::PreconditionError);
  CHECK_THROWS_WITH_AS(nop::conversion(Parameterisation::eps, Parameterisation::x0,
                                       {.time = 1, .lambda = -infinity}),
                       "conversion: expected some data to be left, got alpha 0 and sigma 1",
                       nop::PreconditionError);
  const auto x = random_field(Shape{3, 2}, 1);
  const std::vector<NoiseLevel> levels{level(0.2), level(0.7)};
  CHECK_THROWS_WITH_AS(converted(x, x, Parameterisation::v, Parameterisation::x0,
                                 std::span<const NoiseLevel>(levels)),
                       "linear_combination: expected factors for each of 3 samples, got 2 and 2",
                       nop::PreconditionError);
}

}  // namespace nop::test::parameterisation_test
