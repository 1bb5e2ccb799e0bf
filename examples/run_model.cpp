// SPDX-License-Identifier: BSD-3-Clause
// A trained operator inside a simulation that owns its arrays: any resolution, in place, no Python.
//
//     run_model model.safetensors 128
#include <nop/nop.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

int main(int argc, char** argv) try {
  if (argc != 3) return std::puts("usage: run_model MODEL.safetensors RESOLUTION"), 1;
  const std::size_t n = std::strtoul(argv[2], nullptr, 10);

  std::vector<float> my_array(n * n), my_result(n * n);
  for (std::size_t i = 0; i < n * n; ++i)
    my_array[i] = std::sin(0.01F * static_cast<float>(i)) > 0 ? 1.F : 0.F;

  const auto model = nop::load<nop::Fno<2>>(argv[1]);
  for (int step = 0; step < 10; ++step)
    model.run(nop::view(my_array.data(), {1, 1, n, n}), nop::view(my_result.data(), {1, 1, n, n}));

  std::printf("the value in the middle is %g\n",
              static_cast<double>(my_result[(n / 2) * n + n / 2]));
} catch (const std::exception& error) {
  std::fprintf(stderr, "run_model: %s\n", error.what());
  return 1;
}
