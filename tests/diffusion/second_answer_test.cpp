// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/diffusion/noise.hpp>
#include <nop/diffusion/schedules.hpp>
#include <nop/diffusion/second_answer.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace nop::test::second_answer_test {
namespace {

std::vector<NoiseLevel> some_levels() {
  const auto schedule = cosine_schedule();
  return {schedule(0.1), schedule(0.5), schedule(0.8), schedule(0.99)};
}

std::vector<double> squares(std::vector<double> values) {
  for (double& value : values) value *= value;
  return values;
}

TEST_CASE("what a network should say makes the answer that is regressed") {
  const auto levels = some_levels();
  const auto data   = random_field(Shape{4, 3, 2}, 1);
  const auto noise  = random_field(Shape{4, 3, 2}, 2);
  const auto x      = noised(data, noise, levels);
  CHECK(worst_error(
            second_answer(ReverseVariance::sn, x, sn_target(data, noise, levels), levels).to_host(),
            squares(noise.to_host())) < 1e-14);
  const auto error_of_eps = random_field(Shape{4, 3, 2}, 3);
  for (const auto says : {Parameterisation::x0, Parameterisation::eps, Parameterisation::v}) {
    const auto answer =
        converted(x, subtract(noise, error_of_eps), Parameterisation::eps, says, levels);
    const auto said = npr_target(data, noise, answer, says, levels);
    CHECK(worst_error(second_answer(ReverseVariance::npr, x, said, levels).to_host(),
                      squares(error_of_eps.to_host())) < 1e-11);
  }
}

TEST_CASE("of data of mean 0 and variance 1 a network has nothing to say") {
  // There eps, given x, has mean sigma x and variance alpha^2.
  const auto levels = some_levels();
  const auto x      = random_field(Shape{4, 5}, 1);
  const CpuTensor<double, 2> nothing(x.shape());
  const auto sn  = second_answer(ReverseVariance::sn, x, nothing, levels);
  const auto npr = second_answer(ReverseVariance::npr, x, nothing, levels);
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t c = 0; c < 5; ++c) {
      const double mean = levels[i].sigma * x.view()(i, c);
      const double rest = levels[i].alpha * levels[i].alpha;
      CHECK(sn.view()(i, c) == doctest::Approx(mean * mean + rest));
      CHECK(npr.view()(i, c) == doctest::Approx(rest));
    }
}

TEST_CASE("what a network should say is of order one at all levels, with next to no data, too") {
  const auto schedule = cosine_schedule();
  for (const double time : {1e-3, 0.5, 1.0}) {
    const std::vector<NoiseLevel> levels(64, schedule(time));
    const auto data   = normal_noise<float, Cpu>(Shape{64, 16}, RandomStream(1, 0));
    const auto noise  = normal_noise<float, Cpu>(Shape{64, 16}, RandomStream(1, 1));
    const auto wide   = [](const auto& x) { return test::converted<double>(x); };
    const auto zero   = CpuTensor<float, 2>(data.shape());  // an answer of v
    const auto of_sn  = sn_target(data, noise, levels);
    const auto of_npr = npr_target(data, noise, zero, Parameterisation::v, levels);
    for (const auto& said : {of_sn, of_npr})
      for (const float value : said.to_host()) CHECK(std::abs(value) < 20);
    // In float no digits are lost to what is taken away from each other.
    CHECK(worst_error(of_sn.to_host(), sn_target(wide(data), wide(noise), levels).to_host()) <
          1e-5);
    CHECK(worst_error(of_npr.to_host(),
                      npr_target(wide(data), wide(noise), wide(zero), Parameterisation::v, levels)
                          .to_host()) < 1e-5);
  }
}

TEST_CASE("a second answer has right gradients, and is sn's or npr's") {
  const auto levels = some_levels();
  const auto x = random_field(Shape{4, 3}, 1), said = random_field(Shape{4, 3}, 2);
  for (const auto variance : {ReverseVariance::sn, ReverseVariance::npr})
    check_gradients(
        [&](const auto& u, const auto& h) { return second_answer(variance, u, h, levels); }, x,
        said);
  CHECK_THROWS_WITH_AS(second_answer(ReverseVariance::analytic, x, said, levels),
                       "second_answer: expected sn or npr, got analytic", PreconditionError);
  CHECK_THROWS_AS(second_answer(ReverseVariance::sn, x, random_field(Shape{4, 2}), levels),
                  PreconditionError);
}

}  // namespace
}  // namespace nop::test::second_answer_test
