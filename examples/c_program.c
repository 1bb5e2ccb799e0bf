// SPDX-License-Identifier: BSD-3-Clause
// A simulation in C that owns its array and calls a trained operator in every step.
//
//     c_program model.safetensors 128
//
// The model is one of `simulation_loop --save`: from u(x) on a circle to the change of u in a step.
#include <math.h>
#include <nop_c.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(void) {
  fprintf(stderr, "c_program: %s\n", nop_last_error());
  return 1;
}

int main(int argc, char** argv) {
  if (argc != 3) return puts("usage: c_program MODEL.safetensors POINTS"), 1;
  const size_t n = strtoul(argv[2], NULL, 10);

  nop_model* const model = nop_load(argv[1], NOP_FLOAT);
  if (model == NULL) return fail();

  float* const u      = malloc(n * sizeof *u);
  float* const change = malloc(n * sizeof *change);
  for (size_t i = 0; i < n; ++i) u[i] = (float)sin(2 * 3.141592653589793 * (double)i / (double)n);

  for (int step = 0; step < 10; ++step) {
    if (nop_run_float(model, 1, &n, 1, u, n, change, n) != NOP_OK) return fail();
    for (size_t i = 0; i < n; ++i) u[i] += change[i];
  }
  printf("u(1/4) = %.4f\n", (double)u[n / 4]);

  free(u);
  free(change);
  nop_free(model);
  return 0;
}
