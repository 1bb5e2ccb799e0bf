// SPDX-License-Identifier: BSD-3-Clause
// A program of somebody else that uses the C interface.
#include <nop_c.h>
#include <stdio.h>

int main(void) {
  printf("nop %s, interface %d\n", nop_version(), nop_abi());
  if (nop_load("there is no such file", NOP_FLOAT) != NULL) return 1;
  printf("as expected: %s\n", nop_last_error());
  return nop_abi() == NOP_C_ABI ? 0 : 1;
}
