// SPDX-License-Identifier: BSD-3-Clause
// A program of somebody else that uses nop.
#include <nop/nop.hpp>

#include <cstdio>

int main() {
  const nop::Shape<2> grid{64, 32};
  std::printf("nop %s: %zu points\n", nop::version.data(), nop::element_count(grid));
}
