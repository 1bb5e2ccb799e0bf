// SPDX-License-Identifier: BSD-3-Clause
// Whole models: inference, and a training step without its optimizer.
#include <nop/autodiff/tape.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/core/rng.hpp>
#include <nop/models/fno.hpp>
#include <nop/ops/reduce.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>

namespace {

using nop::Shape;

template <std::size_t Dim>
struct Case {
  const char* name;
  std::size_t batch, width;
  Shape<Dim> grid, modes;
};

template <std::size_t Dim>
struct Setup {
  explicit Setup(const Case<Dim>& c)
      : rng(1),
        model({.in_channels = 1, .out_channels = 1, .width = c.width, .depth = 4, .modes = c.modes},
              rng),
        x(nop::Initializer(rng).normal<float, Dim + 2, nop::Cpu>(
            nop::joined(Shape<2>{c.batch, 1}, c.grid), 1.0)) {}

  nop::Rng rng;
  nop::Fno<Dim> model;
  nop::Tensor<float, Dim + 2, nop::Cpu> x;
};

template <std::size_t Dim>
void infer(benchmark::State& state, const Case<Dim>& c) {
  const Setup<Dim> setup(c);
  for (auto _ : state) benchmark::DoNotOptimize(setup.model(setup.x).data());
}

template <std::size_t Dim>
void train(benchmark::State& state, const Case<Dim>& c) {
  const Setup<Dim> setup(c);
  for (auto _ : state) {
    nop::Tape tape;
    const auto gradients = tape.gradient(nop::sum_of_squares(setup.model(tape.input(setup.x))));
    benchmark::DoNotOptimize(&gradients);
  }
}

template <std::size_t Dim>
void add(const Case<Dim>& c) {
  benchmark::RegisterBenchmark((std::string(c.name) + "/infer").c_str(), infer<Dim>, c)
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
  benchmark::RegisterBenchmark((std::string(c.name) + "/train").c_str(), train<Dim>, c)
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

const bool added = [] {
  add(Case<2>{"fno2d_b8_h64_128_m32", 8, 64, {128, 128}, {32, 32}});
  add(Case<2>{"fno2d_b1_h64_128_m32", 1, 64, {128, 128}, {32, 32}});
  add(Case<2>{"fno2d_b32_h24_16_m8", 32, 24, {16, 16}, {8, 8}});
  add(Case<1>{"fno1d_b20_h64_1024_m32", 20, 64, {1024}, {32}});
  add(Case<3>{"fno3d_b1_h20_64x64x40_m16", 1, 20, {64, 64, 40}, {16, 16, 16}});
  return true;
}();

}  // namespace
