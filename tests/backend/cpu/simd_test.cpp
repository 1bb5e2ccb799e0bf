// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/simd.hpp>

#include <doctest/doctest.h>

namespace nop::test::simd_test {

TEST_CASE_TEMPLATE("registers hold a power of two of numbers and there are some", T, float,
                   double) {
  namespace cpu = nop::cpu;
  static_assert(sizeof(cpu::Batch<T>) == cpu::lanes<T> * sizeof(T));
  static_assert((cpu::lanes<T> & (cpu::lanes<T> - 1)) == 0);
  static_assert(cpu::lanes<const T> == cpu::lanes<T>);
  static_assert(cpu::registers<T> >= 16);
}

}  // namespace nop::test::simd_test
