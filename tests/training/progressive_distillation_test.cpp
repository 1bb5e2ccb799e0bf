// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/diffusion/schedules.hpp>
#include <nop/diffusion/solver.hpp>
#include <nop/training/progressive_distillation.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::progressive_distillation_test {
namespace {

using Points = Tensor<double, 2, Cpu>;

/// Something that depends on place and time.
double answer(double x, double t) { return 0.6 * x * x - 0.2 * x + 0.5 * t; }

Points answers(const Points& x, const std::vector<double>& times) {
  auto values = x.to_host();
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = answer(values[i], times[i / x.extent(1)]);
  return Points(x.shape(), values);
}

std::vector<NoiseLevel> levels_at(const std::vector<double>& times) {
  const auto schedule = cosine_schedule();
  std::vector<NoiseLevel> levels;
  for (const double time : times) levels.push_back(schedule(time));
  return levels;
}

Points target_at(const Points& x, const std::vector<double>& from,
                 const std::vector<double>& middle, const std::vector<double>& to) {
  const auto teacher = [](const Points& z, std::span<const NoiseLevel> levels) {
    std::vector<double> times;
    for (const auto& level : levels) times.push_back(level.time);
    return answers(z, times);
  };
  return distillation_target(teacher, x, levels_at(from), levels_at(middle), levels_at(to));
}

TEST_CASE("a student that says the target lands in one step where its teacher does in two") {
  const auto x = random_tensor<double, Cpu>(Shape{1, 5}, 1);
  const Solver two(solver_named("ddim"), cosine_schedule(), std::vector{0.8, 0.55, 0.3},
                   Parameterisation::x0);
  const Solver one(solver_named("ddim"), cosine_schedule(), std::vector{0.8, 0.3},
                   Parameterisation::x0);
  const auto there  = two([](const Points& z, double t) { return answers(z, {t}); }, x);
  const auto target = target_at(x, {0.8}, {0.55}, {0.3});
  const auto here   = one([&](const Points&, double) { return target; }, x);
  CHECK(worst_error(here.to_host(), there.to_host()) < 1e-13);
}

TEST_CASE("samples have levels of their own") {
  const auto x                     = random_tensor<double, Cpu>(Shape{2, 3}, 1);
  const auto both                  = target_at(x, {0.9, 0.5}, {0.7, 0.3}, {0.5, 0.1}).to_host();
  const std::vector<double> values = x.to_host();
  const Points first({1, 3}, std::vector(values.begin(), values.begin() + 3));
  const Points second({1, 3}, std::vector(values.begin() + 3, values.end()));
  const auto of_first  = target_at(first, {0.9}, {0.7}, {0.5}).to_host();
  const auto of_second = target_at(second, {0.5}, {0.3}, {0.1}).to_host();
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(both[i] == doctest::Approx(of_first[i]).epsilon(1e-13));
    CHECK(both[3 + i] == doctest::Approx(of_second[i]).epsilon(1e-13));
  }
}

TEST_CASE("a student of a perfect teacher of one point says that point") {
  const auto x    = random_tensor<double, Cpu>(Shape{2, 2}, 1);
  const auto says = [](const Points& z, std::span<const NoiseLevel>) {
    auto point = Points::uninitialized(z.shape());
    point.fill(0.25);
    return point;
  };
  const auto target = distillation_target(says, x, levels_at({1.0, 0.4}), levels_at({0.75, 0.3}),
                                          levels_at({0.5, 0.0}));
  for (const double value : target.to_host()) CHECK(value == doctest::Approx(0.25).epsilon(1e-12));
}

TEST_CASE("levels that do not fit are refused") {
  const auto x = random_tensor<double, Cpu>(Shape{2, 3}, 1);
  CHECK_THROWS_WITH_AS(
      target_at(x, {0.9}, {0.7}, {0.5}),
      "distillation_target: expected three levels for each of 2 samples, got 1, 1 and 1",
      PreconditionError);
  CHECK_THROWS_AS(target_at(x, {0.5, 0.5}, {0.7, 0.3}, {0.1, 0.1}), PreconditionError);
}

}  // namespace
}  // namespace nop::test::progressive_distillation_test
