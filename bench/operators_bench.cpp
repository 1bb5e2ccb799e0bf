// SPDX-License-Identifier: BSD-3-Clause
// Layers and models by case, pass and variant. Each reports the rates at which it does its least
// work, flops and bytes, and which share of the machine's limit that is.
#include <nop/backend/cpu.hpp>

#include "ceilings.hpp"
#include "work.hpp"
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace {

using namespace bench;

void time_work(benchmark::State& state, const std::string& name, Pass pass,
               const Variant& variant) {
  const Case c        = parse_case(name);
  const Cost cost     = cost_of(c, pass, variant.element);
  const auto& ceiling = ceilings(nop::Cpu::thread_count());
  const Work work     = make_work(c, pass, variant);
  work();  // plans are made and memory is taken once
  for (auto _ : state) work();

  const auto rate = [](double amount) {
    return benchmark::Counter(amount, benchmark::Counter::kIsIterationInvariantRate);
  };
  state.counters["flop/s"] = rate(cost.flops);
  state.counters["byte/s"] = rate(cost.bytes);
  // What grids are compared by: a time per point, whatever their size.
  state.counters["point/s"] = rate(static_cast<double>(c.batch) * product(c.grid));
  state.counters["limit"]   = rate(ceiling.limit(cost, variant.element));
}

void add(const std::string& name, Pass pass, const Variant& variant = {}) {
  std::string title = name;
  title.append("/").append(name_of(pass));
  if (variant.engine != nop::FourierEngine::automatic)
    title.append("/").append(name_of(variant.engine));
  if (variant.element != Element::float32) title.append("/").append(name_of(variant.element));
  benchmark::RegisterBenchmark(title.c_str(), time_work, name, pass, variant)
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

/// Forward, and forward and back.
void add_layer(const std::string& name, const Variant& variant = {}) {
  for (const Pass pass : {Pass::fwd, Pass::fwdbwd}) add(name, pass, variant);
}

const std::vector<std::string> convolutions = {
    "sc1d_b16_c64_n8192_m32", "sc2d_b16_c64_128_m32", "sc2d_b1_c64_128_m32",
    "sc2d_b4_c32_256_m24",    "sc2d_b8_c64_64_m32",   "sc3d_b2_c32_64x64x40_m16",
    "sc4d_b1_c16_24_m8",
};
const std::vector<std::string> models = {
    "fno2d_b8_h64_128_m32",   "fno2d_b1_h64_128_m32",      "fno2d_b32_h24_16_m8",
    "fno1d_b20_h64_1024_m32", "fno3d_b1_h20_64x64x40_m16",
};
/// Odd and prime grids, each after the power of two that its time per point is measured against.
const std::vector<std::string> grids = {
    "sc2d_b4_c32_512_m24",    "sc2d_b4_c32_421_m24",    "sc2d_b16_c32_64_m24",
    "sc2d_b16_c32_85_m24",    "sc2d_b16_c32_128_m24",   "sc2d_b16_c32_101x97_m24",
    "sc1d_b16_c32_n8192_m32", "sc1d_b16_c32_n8191_m32",
};
const std::vector<std::string> layers = {
    "time2d_b8_c64_4x196_m2", "time2d_b1_c64_4x196_m2", "time2d_b8_c64_8x1024_m4",
    "mix2d_b8_c64_128",       "mix2d_b32_c24_16",       "mlp2d_b8_c64_128",
    "mlp2d_b32_c24_16",       "gelu2d_b8_c64_128",      "gelu2d_b32_c24_16",
};

const std::vector<std::string> local     = {"conv2d_b128_c32_14", "conv2d_b128_c32_7",
                                            "conv2d_b1_c32_14", "conv2d_b4_c64_128"};
const std::vector<std::string> diffusion = {"unet2d_b128_h32_28",   "unet2d_b64_h32_28",
                                            "unet2d_b8_h32_28",     "unet2d_b1_h32_28",
                                            "dsno2d_b64_h32_28_s4", "dsno2d_b8_h32_28_s4",
                                            "dsno2d_b1_h32_28_s4",  "dsno2d_b64_h32_28_s4_e2x4"};

const bool added = [] {
  for (const auto& name : convolutions) {
    for (const auto engine : all<nop::FourierEngine>()) add_layer(name, {.engine = engine});
    add_layer(name, {.element = Element::float64});
  }
  for (const auto element : {Element::complex64, Element::complex128})
    add_layer("sc2d_b4_c32_256_m24", {.element = element});
  for (const auto& name : grids) add_layer(name);
  for (const auto& name : layers) {
    add_layer(name);
    add_layer(name, {.element = Element::float64});
  }
  for (const auto& name : local) add_layer(name);
  for (const auto* const names : {&models, &diffusion})
    for (const auto& name : *names)
      for (const Pass pass : {Pass::infer, Pass::train}) add(name, pass);
  return true;
}();

}  // namespace
