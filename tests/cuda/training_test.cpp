// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>
#include <nop/models/fno.hpp>
#include <nop/training/adam.hpp>
#include <nop/training/cross_entropy.hpp>
#include <nop/training/loss.hpp>
#include <nop/training/sgd.hpp>
#include <nop/training/sobolev.hpp>
#include <nop/training/trainer.hpp>

#include "support/agreement.hpp"
#include "support/cuda.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::training_test {

using There = nop::Cuda;

namespace {

/// A loss as a function of the prediction, of a target that lives beside it.
template <class Loss, class Target>
auto to_target(const Loss& loss, const Target& target) {
  return [loss, target](const auto& x) {
    return loss(x, to<backend_of<std::remove_cvref_t<decltype(x)>>>(target));
  };
}

TEST_CASE_TEMPLATE("losses on a GPU are those on the CPU", Real, float, double) {
  const auto x = random_tensor<Real, Cpu>(Shape<4>{2, 3, 5, 6}, 1);
  const auto y = random_tensor<Real, Cpu>(Shape<4>{2, 3, 5, 6}, 2);
  check_agreement<There>(to_target(relative_l2, y), x);
  check_agreement<There>(to_target(absolute_l2, y), x);
  check_agreement<There>(to_target(mean_squared_error, y), x);
  for (const double order : {1.0, 3.0})
    check_agreement<There>(to_target(RelativeLp{.order = order}, y), x);
  check_agreement<There>(to_target(relative_h1, y), x);
  check_agreement<There>(to_target(RelativeH1{.boundary = Boundary::open}, y), x);
  check_agreement<There>(to_target(absolute_hdiv, y), x);
  const std::vector<std::size_t> labels{2, 0, 4, 1};
  check_agreement<There>([&](const auto& z) { return cross_entropy(z, labels); },
                         random_tensor<Real, Cpu>(Shape<2>{4, 5}, 3));
}

TEST_CASE_TEMPLATE("a training on a GPU goes as on the CPU, by data of the host", Real, float,
                   double) {
  constexpr std::size_t samples = emulated ? 4 : 32, points = emulated ? 8 : 64;
  const auto x = random_tensor<Real, Cpu>(Shape<3>{samples, 1, points}, 1);
  const Dataset<1, Cpu, Real> data(x, random_tensor<Real, Cpu>(Shape<3>{samples, 1, points}, 2));
  Rng rng(1);
  Fno<1, Cpu, Real> here(
      {.in_channels = 1, .out_channels = 1, .width = 4, .depth = 2, .modes = {4}}, rng);
  auto there     = to<There>(here);
  const auto fit = [&](auto& model, auto optimizer) {
    Trainer trainer(model, optimizer, relative_l2,
                    {.epochs                = 3,
                     .batch_size            = 3,
                     .largest_gradient_norm = 1,
                     .average               = EmaConfig{.decay = 0.5}});
    trainer.measure("mse", data, mean_squared_error);
    return trainer.fit(data);
  };
  const auto check = [&](const auto& optimizer) {
    const auto expected = fit(here, optimizer).epochs, got = fit(there, optimizer).epochs;
    for (std::size_t e = 0; e < expected.size(); ++e) {
      CHECK(got[e].loss == doctest::Approx(expected[e].loss).epsilon(1000 * rounding<Real>));
      CHECK(got[e].measures[0] ==
            doctest::Approx(expected[e].measures[0]).epsilon(1000 * rounding<Real>));
    }
  };
  check(AdamW({.learning_rate = 1e-3, .weight_decay = 1e-2}));
  check(Sgd({.learning_rate = 1e-2, .momentum = 0.9}));
}

}  // namespace

}  // namespace nop::test::training_test
