// SPDX-License-Identifier: BSD-3-Clause
// Takes an operator to a GPU, lets it answer there, and says how far that is from its answer here.
#include <nop/cuda.hpp>
#include <nop/diffusion/noise.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>

namespace {

void run() {
  nop::Rng rng{42};
  const nop::Fno<2> model(
      {.in_channels = 1, .out_channels = 1, .width = 32, .depth = 4, .modes = {16, 16}}, rng);
  const auto x = nop::normal_noise<float, nop::Cpu>(nop::Shape{2, 1, 64, 64}, rng.stream());

  const auto on_gpu = nop::to<nop::Cuda>(model);  // an Fno<2, Cuda>, with the same parameters
  const auto field  = nop::to<nop::Cuda>(x);
  nop::CapturedRun answer(on_gpu, field);  // what it asks of the GPU is written down once,
  const auto y = answer(field);            // and asked for at once as often as one likes

  const auto here = model(x).to_host(), there = y.to_host();
  float apart = 0, largest = 0;
  for (std::size_t i = 0; i < here.size(); ++i) {
    apart   = std::max(apart, std::abs(here[i] - there[i]));
    largest = std::max(largest, std::abs(here[i]));
  }
  std::printf("the answers differ by %.1e of the largest number in them\n", apart / largest);
}

}  // namespace

int main() {
  try {
    run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fno_on_gpu: %s\n", error.what());
    return 1;
  }
}
