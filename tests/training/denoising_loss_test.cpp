// SPDX-License-Identifier: BSD-3-Clause
#include <nop/diffusion/gaussian_data.hpp>
#include <nop/diffusion/schedules.hpp>
#include <nop/models/residual_mlp.hpp>
#include <nop/training/adam.hpp>
#include <nop/training/denoising_loss.hpp>
#include <nop/training/update_loop.hpp>

#include "support/random_field.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace nop::test::denoising_loss_test {
namespace {

using Points = Tensor<double, 2, Cpu>;

/// 0.3 x + 0.2 t for every number of a sample, as x_0, said in some way.
auto naive_model(Parameterisation says, const Schedule& schedule) {
  return [=](const auto& x, const Tensor<double, 1, Cpu>& times) {
    std::vector<NoiseLevel> levels;
    std::vector<double> shift;
    for (const double time : times.to_host()) {
      levels.push_back(schedule(time));
      for (std::size_t i = 0; i < x.extent(1); ++i) shift.push_back(time);
    }
    const auto x_0 = linear_combination({0.3, 0.2}, x, Points(x.shape(), shift));
    return converted(x, x_0, Parameterisation::x0, says, levels);
  };
}

double loss_of(const DenoisingLoss& loss, const Points& data) {
  Tape tape;
  Rng rng{5};
  return loss(naive_model(loss.says, loss.schedule), tape, data, rng).item();
}

TEST_CASE("the loss is the weighted square of the error of x_0, written out") {
  const auto schedule = linear_schedule();
  const auto data     = random_tensor<double, Cpu>(Shape{6, 3}, 1);
  const DenoisingLoss loss{.schedule = schedule, .weight = LossWeight::eps, .largest = 7};

  Rng rng{5};
  const auto times = stratified_times(6, rng.stream());
  const auto noise = rng.stream();
  double expected  = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    const auto level    = schedule(times[i]);
    const double weight = std::min(7.0, level.alpha * level.alpha / (level.sigma * level.sigma));
    for (std::size_t c = 0; c < 3; ++c) {
      const double x_0 = data.view()(i, c);
      const double x_t = level.alpha * x_0 + level.sigma * noise.normal(i * 3 + c);
      expected += weight * std::pow(0.3 * x_t + 0.2 * times[i] - x_0, 2) / 18;
    }
  }
  CHECK(loss_of(loss, data) == doctest::Approx(expected).epsilon(1e-10));
}

TEST_CASE("the loss is the same whatever the model speaks of") {
  const auto data = random_tensor<double, Cpu>(Shape{16, 3}, 1);
  for (const auto weight : {LossWeight::x0, LossWeight::eps, LossWeight::v,
                            LossWeight::truncated_snr, LossWeight::ratio}) {
    DenoisingLoss loss{.schedule = linear_schedule(), .weight = weight, .largest = 50};
    const double of_x0 = loss_of(loss, data);
    for (const auto says : {Parameterisation::eps, Parameterisation::v}) {
      loss.says = says;
      CHECK(loss_of(loss, data) == doctest::Approx(of_x0).epsilon(1e-9));
    }
  }
}

TEST_CASE("no model does better on Gaussian data than the exact one") {
  const GaussianData<double, Cpu> gaussian(std::vector{0.5, -1.0}, std::vector{0.4, 0.8});
  Rng draws{1};
  auto values = normal_noise<double, Cpu>(Shape{4000, 2}, draws.stream()).to_host();
  for (std::size_t i = 0; i < values.size(); i += 2) {
    values[i]     = 0.5 + 0.4 * values[i];
    values[i + 1] = -1.0 + 0.8 * values[i + 1];
  }
  const Points data({4000, 2}, values);
  const DenoisingLoss loss{.schedule = cosine_schedule()};
  const auto of = [&](double factor, double shift) {
    const auto model = [&](const auto& x, const Tensor<double, 1, Cpu>& times) {
      std::vector<double> answers;
      for (std::size_t i = 0; i < times.size(); ++i) {
        const Points point({1, 2}, std::vector{x.value().view()(i, 0), x.value().view()(i, 1)});
        const auto said = gaussian.denoised(point, loss.schedule(times.view()(i))).to_host();
        for (const double number : said) answers.push_back(factor * number + shift);
      }
      return Points(x.shape(), answers);
    };
    Tape tape;
    Rng rng{2};
    return loss(model, tape, data, rng).item();
  };
  const double best = of(1, 0);
  for (const auto& [factor, shift] : {std::pair{0.97, 0.0}, {1.03, 0.0}, {1.0, 0.05}, {1.0, -0.05}})
    CHECK(best < of(factor, shift));
}

TEST_CASE("a network has gradients, the same for the same random numbers") {
  Rng init{1};
  const ResidualMlp<Cpu, double> net({.in_channels = 2, .out_channels = 2, .width = 8, .blocks = 1},
                                     init);
  const DenoisingLoss loss{.schedule = cosine_schedule()};
  const auto data   = random_tensor<double, Cpu>(Shape{8, 2}, 1);
  const auto slopes = [&](std::uint64_t seed) {
    Tape tape;
    Rng rng{seed};
    const auto gradients = tape.gradient(loss(net, tape, data, rng));
    std::vector<double> all;
    for_each_parameter(net, [&](const std::string& path, const auto& parameter) {
      CAPTURE(path);
      REQUIRE(gradients.contains(parameter));
      const auto values = gradients[parameter].to_host();
      all.insert(all.end(), values.begin(), values.end());
    });
    return all;
  };
  CHECK(slopes(3) == slopes(3));
  CHECK(slopes(3) != slopes(4));
}

TEST_CASE("a network learns to denoise") {
  Rng init{1};
  ResidualMlp<Cpu, float> net({.in_channels = 2, .out_channels = 2, .width = 16, .blocks = 1},
                              init);
  Adam optimizer({.learning_rate = 1e-2});
  auto data = Tensor<float, 2, Cpu>::uninitialized({64, 2});  // all of it at one point
  data.fill(0.5F);
  const auto error = [&] {
    Tape tape;
    Rng rng{3};
    return DenoisingLoss{.schedule = cosine_schedule(), .largest = 1}(net, tape, data, rng).item();
  };
  const float before = error();
  {
    const DenoisingLoss loss{.schedule = cosine_schedule(), .largest = 400};
    UpdateLoop loop(net, optimizer, {.updates = 200, .learning_rate = 1e-2});
    loop.run([&](Tape& tape, std::size_t update) {
      Rng rng(Rng::State{7, 2 * update});  // each update has streams of its own
      return loss(net, tape, data, rng);
    });
  }
  CHECK(error() < 0.05F * before);
}

TEST_CASE("a weight for each sample, not negative, is needed") {
  const auto x = random_tensor<double, Cpu>(Shape{2, 3}, 1);
  CHECK_THROWS_AS(weighted_squared_error(x, x, std::vector{1.0}), PreconditionError);
  CHECK_THROWS_WITH_AS(weighted_squared_error(x, x, std::vector{1.0, -1.0}),
                       "weighted_squared_error: expected weights of at least 0, got -1",
                       PreconditionError);
}

}  // namespace
}  // namespace nop::test::denoising_loss_test
