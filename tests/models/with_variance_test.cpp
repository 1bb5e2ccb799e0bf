// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/diffusion/noise.hpp>
#include <nop/diffusion/schedules.hpp>
#include <nop/diffusion/solver.hpp>
#include <nop/diffusion/time_grid.hpp>
#include <nop/io/checkpoint.hpp>
#include <nop/models/residual_mlp.hpp>
#include <nop/models/unet.hpp>
#include <nop/models/with_variance.hpp>
#include <nop/ops/samples.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace nop::test::with_variance_test {

using Mlp = ResidualMlp<Cpu, double>;
using Net = UNet<1, Cpu, double>;

namespace {

/// With all parameters at random.
template <class Model>
Model trained(Model model) {
  std::uint64_t seed = 10;
  for_each_parameter(model, [&seed](const std::string&, auto& parameter) {
    auto values = random_values<double>(parameter.value().size(), ++seed);
    for (double& value : values) value *= 0.4;
    parameter.assign(
        typename std::remove_cvref_t<decltype(parameter)>::Value(parameter.shape(), values));
  });
  return model;
}

WithVariance<Mlp> of_points(ReverseVariance variance) {
  Rng rng(1);
  return trained(
      WithVariance<Mlp>({.backbone = {.in_channels = 2, .out_channels = 2, .width = 4, .blocks = 1},
                         .variance = variance},
                        rng));
}
WithVariance<Net> of_lines(ReverseVariance variance) {
  Rng rng(1);
  return trained(WithVariance<Net>({.backbone = {.in_channels  = 1,
                                                 .out_channels = 1,
                                                 .width        = 4,
                                                 .multipliers  = {1},
                                                 .blocks       = 1,
                                                 .unshuffle    = 2},
                                    .variance = variance},
                                   rng));
}

std::vector<NoiseLevel> two_levels() {
  const auto schedule = cosine_schedule();
  return {schedule(0.3), schedule(0.8)};
}

/// The first answer is the backbone's, the second the head's, made an answer.
template <class Model, class X>
void check_answers(const Model& model, const X& x) {
  const auto levels          = two_levels();
  const auto times           = field_of<double>(Shape<1>{2}, {0.3, 0.8});
  const auto [first, second] = model(x, levels);
  check_same(first, model.backbone()(x, times));
  check_same(second, second_answer(model.config().variance, x,
                                   model.head()(model.backbone().trunk(x, times)), levels));
  const auto alone = model(samples_of(x, 1, 2), levels[1]);
  CHECK(worst_error(alone.first.to_host(), samples_of(first, 1, 2).to_host()) < 1e-13);
  CHECK(worst_error(alone.second.to_host(), samples_of(second, 1, 2).to_host()) < 1e-13);
}

/// Both answers, side by side.
struct Both {
  WithVariance<Mlp> model;
  auto operator()(const field auto& x) const {
    const auto [first, second] = model(x, two_levels());
    return concat_channels(first, second);
  }
  static void members(auto& self, auto&& visit) { visit("model", self.model); }
};

/// A backbone of a stranger, which answers with what it is shown and counts how often it is asked.
struct Stranger {
  using BackendType = Cpu;
  using Element     = double;
  struct Config {
    std::size_t in_channels, out_channels;
  };
  struct Head {
    double factor;
    auto operator()(const auto& h) const { return scale_by(h, factor); }
    static void members(auto&, auto&&) {}
  };
  static constexpr std::size_t dimensions = 0;
  static inline const std::string name    = "Stranger";

  std::size_t* asked;

  auto trunk(const auto& x, const auto&) const {
    ++*asked;
    return x;
  }
  [[nodiscard]] static Head head() { return {1}; }
  [[nodiscard]] static Head new_head(const Initializer&) { return {0}; }
  [[nodiscard]] static std::vector<std::size_t> places() { return {4}; }
  [[nodiscard]] static Config config() { return {4, 4}; }
};

}  // namespace

TEST_CASE("a model with variance answers as its backbone does, and as its second head") {
  for (const auto variance : {ReverseVariance::sn, ReverseVariance::npr}) {
    check_answers(of_points(variance), random_field(Shape{2, 2}, 2));
    check_answers(of_lines(variance), random_field(Shape{2, 1, 8}, 2));
  }
}

TEST_CASE("the trunk is asked once for both answers, of any backbone") {
  std::size_t asked = 0;
  Rng rng(1);
  const WithVariance<Stranger> model(Stranger{&asked}, ReverseVariance::npr, rng);
  const auto x               = random_field(Shape{2, 4}, 2);
  const auto [first, second] = model(x, two_levels());
  CHECK(asked == 1);
  check_same(first, x);
  CHECK(second.shape() == x.shape());
}

TEST_CASE("both answers have right gradients by what is shown and all parameters") {
  for (const auto variance : {ReverseVariance::sn, ReverseVariance::npr})
    check_gradients(Both{of_points(variance)}, random_field(Shape{2, 2}, 2));
}

TEST_CASE("a solver draws with the second answer") {
  // Of data of mean 0 and variance 1, where a new head is right, every state has variance 1.
  const auto schedule = cosine_schedule();
  const auto times    = make_time_grid(TimeGrid::uniform, schedule, 3);
  for (const auto variance : {ReverseVariance::sn, ReverseVariance::npr})
    for (const std::string step : {"-ddim", "-ddpm"}) {
      Rng rng(1);
      std::size_t asked = 0;
      const WithVariance<Stranger> model(Stranger{&asked}, variance, rng);
      const auto says_x_0 = [&](const auto& x, double t) {
        const auto at = schedule(t);
        auto both     = model(x, at);
        both.first    = scale_by(both.first, at.alpha);  // E[x_0 | x]
        return both;
      };
      const Solver solver(solver_named(enumerator_name(variance) + step), schedule, times,
                          Parameterisation::x0);
      const auto noise  = normal_noise<double, Cpu>(Shape{5000, 4}, rng.stream());
      const auto points = solver(says_x_0, noise, rng).to_host();
      double square     = 0;
      for (const double value : points) square += value * value / 20000;
      CAPTURE(step);
      CHECK(asked == 3);
      CHECK(square == doctest::Approx(1).epsilon(0.04));  // four deviations of chance
    }
}

TEST_CASE("a model with variance is read from a file as it was written") {
  const auto model = of_lines(ReverseVariance::npr);
  SafeTensors file;
  model_to_file(model, "", file);
  CHECK(file.metadata["nop.model"] == "WithVariance of UNet");
  const auto read = model_from_file<WithVariance<Net>>("", file, "memory");
  CHECK(read.config().variance == ReverseVariance::npr);
  const auto x = random_field(Shape{2, 1, 8}, 2);
  CHECK(read(x, two_levels()).first.to_host() == model(x, two_levels()).first.to_host());
  CHECK(read(x, two_levels()).second.to_host() == model(x, two_levels()).second.to_host());
  CHECK_THROWS_AS(model_from_file<WithVariance<Mlp>>("", file, "memory"), FormatError);
}

TEST_CASE("a model with variance refuses what has no second answer") {
  Rng rng(1);
  const ResidualMlpConfig points{.in_channels = 2, .out_channels = 2, .width = 4};
  CHECK_THROWS_WITH_AS(
      WithVariance<Mlp>({.backbone = points, .variance = ReverseVariance::none}, rng),
      "WithVariance: expected sn or npr, got none", PreconditionError);
  CHECK_THROWS_WITH_AS(
      WithVariance<Mlp>({.backbone = {.in_channels = 3, .out_channels = 2, .width = 4}}, rng),
      "WithVariance: expected a backbone of as many channels out as in, got 3 in and 2 out",
      PreconditionError);
  const auto model = of_points(ReverseVariance::sn);
  CHECK_THROWS_AS(model(random_field(Shape{3, 2}), two_levels()), PreconditionError);
}

}  // namespace nop::test::with_variance_test
