// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>
#include <nop/models/dsno.hpp>
#include <nop/models/image_classifier.hpp>
#include <nop/models/residual_mlp.hpp>
#include <nop/models/unet.hpp>

#include "support/agreement.hpp"
#include "support/cuda.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::models_test {

using There = nop::Cuda;

namespace {

template <scalar Element, std::size_t Rank>
auto random(const Shape<Rank>& shape, std::uint64_t seed = 1) {
  return random_tensor<Element, Cpu>(shape, seed);
}

const std::vector<double> times{0.75, 0.5, 0.25, 0};

template <std::size_t Dim, class Real>
UNet<Dim, Cpu, Real> unet() {
  Rng rng(1);
  return UNet<Dim, Cpu, Real>(
      {.in_channels = 1, .out_channels = 1, .width = 4, .multipliers = {1, 2}, .blocks = 1}, rng);
}

TEST_CASE_TEMPLATE("a U-Net on a GPU is that on the CPU", Real, float, double) {
  check_model<There>(unet<2, Real>(), random<Real>(Shape<4>{2, 1, 4, 6}),
                     random<Real>(Shape<1>{2}, 2));
}

TEST_CASE_TEMPLATE("a residual network of points on a GPU is that on the CPU", Real, float,
                   double) {
  Rng rng(1);
  check_model<There>(
      ResidualMlp<Cpu, Real>({.in_channels = 2, .out_channels = 2, .width = 6, .blocks = 2}, rng),
      random<Real>(Shape<2>{5, 2}), random<Real>(Shape<1>{5}, 2));
}

TEST_CASE_TEMPLATE("trajectories on a GPU are those on the CPU, with ends of any kind", Real, float,
                   double) {
  Rng rng(1);
  for (const DsnoEnds ends : {DsnoEnds{}, DsnoEnds{.shared = 1, .separate = 1}})
    check_model<There>(Dsno<UNet<1, Cpu, Real>>(unet<1, Real>(), times, 2, rng, ends),
                       random<Real>(Shape<3>{2, 1, 4}));
  const Dsno<UNet<1, Cpu, Real>> here =
      with_random_parameters(Dsno<UNet<1, Cpu, Real>>(unet<1, Real>(), times, 2, rng));
  const auto there = to<There>(here);
  check_alike<There>([&](const auto& x) { return there.last(x); },
                     [&](const auto& x) { return here.last(x); }, random<Real>(Shape<3>{2, 1, 4}));
}

TEST_CASE_TEMPLATE("a classifier of pictures on a GPU is that on the CPU", Real, float, double) {
  Rng rng(1);
  check_model<There>(
      ImageClassifier<2, Cpu, Real>(
          {.in_channels = 1, .classes = 3, .grid = {4, 8}, .width = 3, .features = 5}, rng),
      random<Real>(Shape<4>{2, 1, 4, 8}));
}

}  // namespace

}  // namespace nop::test::models_test
