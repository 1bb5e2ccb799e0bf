// SPDX-License-Identifier: BSD-3-Clause
// Spectral convolution, forward and forward with both gradients, by engine.
#include <nop/autodiff/tape.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/core/rng.hpp>
#include <nop/layers/spectral_conv.hpp>
#include <nop/ops/reduce.hpp>

#include <benchmark/benchmark.h>

#include <complex>
#include <cstddef>

namespace {

using nop::FourierEngine;
using nop::Shape;

template <std::size_t Dim>
struct Case {
  const char* name;
  std::size_t batch, channels;
  Shape<Dim> grid, modes;
};

constexpr Case<1> line{"sc1d_b16_c64_n8192_m32", 16, 64, {8192}, {32}};
constexpr Case<2> batch_of_planes{"sc2d_b16_c64_128_m32", 16, 64, {128, 128}, {32, 32}};
constexpr Case<2> one_plane{"sc2d_b1_c64_128_m32", 1, 64, {128, 128}, {32, 32}};
constexpr Case<2> few_modes{"sc2d_b4_c32_256_m24", 4, 32, {256, 256}, {24, 24}};
constexpr Case<2> many_modes{"sc2d_b8_c64_64_m32", 8, 64, {64, 64}, {32, 32}};
constexpr Case<3> box{"sc3d_b2_c32_64x64x40_m16", 2, 32, {64, 64, 40}, {16, 16, 16}};

/// The least a layer has to do: its input read, its output written, its weights read, once each.
template <std::size_t Dim>
double least_bytes(const Case<Dim>& c) {
  const auto field =
      static_cast<double>(c.batch * c.channels * element_count(c.grid) * sizeof(float));
  const auto weight = static_cast<double>(c.channels * c.channels *
                                          element_count(nop::spectrum_shape<float>(c.modes)) * 8);
  return 2 * field + weight;
}

template <std::size_t Dim>
struct Setup {
  explicit Setup(const Case<Dim>& c, FourierEngine engine)
      : rng(1),
        layer({.in_channels  = c.channels,
               .out_channels = c.channels,
               .modes        = c.modes,
               .engine       = engine},
              rng),
        x(nop::Initializer(rng).normal<float, Dim + 2, nop::Cpu>(
            nop::joined(Shape<2>{c.batch, c.channels}, c.grid), 1.0)) {}

  nop::Rng rng;
  nop::SpectralConv<Dim, nop::Cpu, float> layer;
  nop::Tensor<float, Dim + 2, nop::Cpu> x;
};

template <std::size_t Dim>
void report(benchmark::State& state, const Case<Dim>& c, double passes) {
  state.counters["least_bytes/s"] =
      benchmark::Counter(passes * least_bytes(c), benchmark::Counter::kIsIterationInvariantRate,
                         benchmark::Counter::kIs1024);
}

template <std::size_t Dim>
void forward(benchmark::State& state, const Case<Dim>& c, FourierEngine engine) {
  const Setup<Dim> setup(c, engine);
  for (auto _ : state) benchmark::DoNotOptimize(setup.layer(setup.x).data());
  report(state, c, 1);
}

template <std::size_t Dim>
void forward_and_back(benchmark::State& state, const Case<Dim>& c, FourierEngine engine) {
  const Setup<Dim> setup(c, engine);
  for (auto _ : state) {
    nop::Tape tape;
    const auto x         = tape.variable(setup.x);
    const auto gradients = tape.gradient(nop::sum(setup.layer(x)));
    benchmark::DoNotOptimize(gradients[x].data());
  }
  report(state, c, 3);
}

template <std::size_t Dim>
void add(const Case<Dim>& c) {
  for (const auto engine : {FourierEngine::automatic, FourierEngine::fft, FourierEngine::dense}) {
    const std::string suffix = nop::enumerator_names(engine)[static_cast<std::size_t>(engine)];
    const auto named = [&](const char* what) { return std::string(c.name) + what + suffix; };
    benchmark::RegisterBenchmark(named("/fwd/").c_str(), forward<Dim>, c, engine)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
    benchmark::RegisterBenchmark(named("/fwdbwd/").c_str(), forward_and_back<Dim>, c, engine)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  }
}

const bool added = [] {
  add(line);
  add(batch_of_planes);
  add(one_plane);
  add(few_modes);
  add(many_modes);
  add(box);
  return true;
}();

}  // namespace
