// SPDX-License-Identifier: BSD-3-Clause
// A program of somebody else that uses nop.
#include <nop/nop.hpp>

#include <cstdio>

int main() {
  nop::Rng rng{42};
  const nop::Fno<2> model(
      {.in_channels = 1, .out_channels = 1, .width = 8, .depth = 2, .modes = {4, 4}}, rng);
  const nop::Tensor<float, 4, nop::Cpu> x(nop::Shape<4>{1, 1, 16, 12});
  std::printf("nop %s: %zu parameters, %zu values\n", nop::version.data(),
              nop::parameter_count(model), model(x).size());
}
