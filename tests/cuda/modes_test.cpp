// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>
#include <nop/ops/mode_bias.hpp>
#include <nop/ops/mode_channels.hpp>
#include <nop/ops/modes.hpp>
#include <nop/ops/resample.hpp>
#include <nop/ops/temporal_convolution.hpp>

#include "support/agreement.hpp"
#include <doctest/doctest.h>

#include <complex>

namespace nop::test::cuda::modes_test {

using There = nop::Cuda;

namespace {

template <scalar Element, std::size_t Rank>
auto random(const Shape<Rank>& shape, std::uint64_t seed = 1) {
  return random_tensor<Element, Cpu>(shape, seed);
}

TEST_CASE_TEMPLATE("modes on a GPU are those on the CPU, on even and odd grids, by both engines",
                   Real, float, double) {
  for (const auto engine : {FourierEngine::automatic, FourierEngine::fft, FourierEngine::dense}) {
    CAPTURE(static_cast<int>(engine));
    for (const Shape<3>& shape : {Shape<3>{2, 2, 8}, Shape<3>{1, 3, 9}}) {
      const auto there_and_back = [engine](const auto& x) {
        return from_modes(to_modes(x, Shape<1>{4}, engine), Shape<1>{11}, engine);
      };
      check_agreement<There>(there_and_back, random<Real>(shape));
      check_agreement<There>(
          [engine](const auto& z) {
            return complex_from_modes(to_modes(z, Shape<1>{5}, engine), Shape<1>{8}, engine);
          },
          random<std::complex<Real>>(shape));
    }
    for (const Shape<4>& shape : {Shape<4>{2, 1, 6, 8}, Shape<4>{1, 2, 7, 5}})
      check_agreement<There>(
          [engine](const auto& x) {
            return from_leading_modes(to_leading_modes(x, Shape<2>{4, 4}, engine), Shape<2>{5, 6},
                                      engine);
          },
          random<Real>(shape));
    check_agreement<There>(
        [engine](const auto& x) { return to_modes(x, Shape<3>{3, 2, 4}, engine); },
        random<Real>(Shape<5>{1, 2, 4, 5, 6}));
    check_agreement<There>(
        [engine](const auto& x) { return to_modes_from_axis<1>(x, Shape<1>{3}, engine); },
        random<std::complex<Real>>(Shape<3>{2, 5, 3}));
  }
}

TEST_CASE_TEMPLATE("mixing of modes on a GPU is that on the CPU", Real, float, double) {
  using Complex       = std::complex<Real>;
  const auto spectrum = random<Complex>(Shape<4>{3, 2, 2, 4});
  const auto weight   = random<Complex>(Shape<4>{3, 2, 4, 5}, 2);
  check_agreement<There>([](const auto& x, const auto& w) { return mix_channels_per_mode(x, w); },
                         spectrum, weight);
  check_agreement<There>(
      [](const auto& x, const auto& w, const auto& b) {
        return mix_channels_per_mode(x, w, b, Shape<2>{1, 0});
      },
      spectrum, weight, random<Real>(Shape<1>{5}, 3));
  check_agreement<There>(
      [](const auto& x, const auto& b) { return add_to_mode(x, b, Shape<2>{1, 0}); }, spectrum,
      random<Real>(Shape<1>{4}, 4));
}

TEST_CASE_TEMPLATE("convolutions along time on a GPU are those on the CPU", Real, float, double) {
  const auto x      = random<Real>(Shape<4>{2, 4, 3, 7});
  const auto weight = random<std::complex<Real>>(Shape<3>{2, 3, 3}, 2);
  for (const std::size_t from : {0U, 3U})
    check_agreement<There>(
        [from](const auto& u, const auto& w) {
          return temporal_convolution(u, w, Activation::leaky_relu, from);
        },
        x, weight);
}

TEST_CASE_TEMPLATE("fields on another grid on a GPU are those on the CPU", Real, float, double) {
  for (const auto way : {Interpolation::trigonometric, Interpolation::linear, Interpolation::cubic})
    check_agreement<There>([way](const auto& x) { return resample(x, Shape<2>{7, 4}, way); },
                           random<Real>(Shape<4>{1, 2, 5, 6}));
}

}  // namespace

}  // namespace nop::test::cuda::modes_test
