// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>
#include <nop/layers/attention.hpp>
#include <nop/layers/channel_linear.hpp>
#include <nop/layers/channel_mlp.hpp>
#include <nop/layers/domain_padding.hpp>
#include <nop/layers/grid_embedding.hpp>
#include <nop/layers/lifting.hpp>
#include <nop/layers/local_conv.hpp>
#include <nop/layers/norm.hpp>
#include <nop/layers/normalizer.hpp>
#include <nop/layers/residual_block.hpp>
#include <nop/layers/sinusoidal_embedding.hpp>
#include <nop/layers/temporal_conv.hpp>
#include <nop/layers/time_embedding.hpp>

#include "support/agreement.hpp"
#include <doctest/doctest.h>

#include <complex>

namespace nop::test::layers_test {

using There = nop::Cuda;

namespace {

template <scalar Element, std::size_t Rank>
auto random(const Shape<Rank>& shape, std::uint64_t seed = 1) {
  return random_tensor<Element, Cpu>(shape, seed);
}

TEST_CASE_TEMPLATE("layers of channels on a GPU are those on the CPU", Real, float, double) {
  const auto x = random<Real>(Shape<4>{2, 3, 4, 5});
  check_layer<There>(
      []<class B>(Rng& rng) {
        return ChannelLinear<B, Real>({.in_channels = 3, .out_channels = 5}, rng);
      },
      x);
  check_layer<There>(
      []<class B>(Rng& rng) {
        return ChannelMlp<B, Real>(
            {.in_channels = 3, .hidden_channels = 6, .out_channels = 2, .hidden_layers = 2}, rng);
      },
      x);
  check_layer<There>(
      []<class B>(Rng& rng) {
        return Lifting<2, B, Real>({.in_channels = 3, .hidden_channels = 6, .out_channels = 4},
                                   rng);
      },
      x);
  check_layer<There>(
      []<class B>(Rng& rng) {
        return LocalConv<2, B, Real>(
            {.in_channels = 3, .out_channels = 4, .kernel = {3, 3}, .bias = true}, rng);
      },
      x);
  for (const auto kind : {NormKind::instance, NormKind::group, NormKind::batch})
    check_layer<There>(
        [kind]<class B>(Rng& rng) { return Norm<B, Real>({.kind = kind, .channels = 3}, rng); }, x);
}

TEST_CASE_TEMPLATE("layers of points on a GPU are those on the CPU", Element, float, double,
                   std::complex<float>) {
  const auto x = random<Element>(Shape<4>{2, 3, 4, 5});
  check_agreement<There>(
      [](const auto& u) { return GridEmbedding<2>(GridBox<2>({-1, 0}, {1, 3}))(u); }, x);
  const auto data = random<Element>(Shape<4>{4, 3, 4, 5}, 7);
  for (const auto kind : {NormalizerKind::per_channel, NormalizerKind::per_point}) {
    const auto here  = fit_normalizer(data, kind);
    const auto there = fit_normalizer(to<There>(data), kind);
    check_alike<There>([&](const auto& u) { return there.encode(u); },
                       [&](const auto& u) { return here.encode(u); }, x);
    check_alike<There>([&](const auto& u) { return there.decode(u); },
                       [&](const auto& u) { return here.decode(u); }, x);
  }
}

TEST_CASE_TEMPLATE("layers that know a time on a GPU are those on the CPU", Real, float, double) {
  const auto times = random<Real>(Shape<1>{2}, 3);
  check_layer<There>(
      []<class B>(Rng& rng) { return TimeEmbedding<B, Real>({.waves = 4, .channels = 6}, rng); },
      times);
  check_layer<There>(
      []<class B>(Rng& rng) { return SelfAttention<B, Real>({.channels = 4, .heads = 2}, rng); },
      random<Real>(Shape<3>{2, 4, 6}));
  check_layer<There>([]<class B>(Rng& rng) { return TemporalConv<B, Real>({.channels = 3}, rng); },
                     random<Real>(Shape<4>{2, 4, 3, 5}));
  check_agreement<There>([](const auto& u) { return SinusoidalEmbedding({.count = 2})(u); },
                         random<Real>(Shape<3>{2, 2, 5}));
}

}  // namespace

}  // namespace nop::test::layers_test
