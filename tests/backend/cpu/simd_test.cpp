// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/simd.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace nop::test::simd_test {

TEST_CASE_TEMPLATE("registers hold a power of two of numbers and there are some", T, float,
                   double) {
  namespace cpu = nop::cpu;
  static_assert(sizeof(cpu::Batch<T>) == cpu::lanes<T> * sizeof(T));
  static_assert((cpu::lanes<T> & (cpu::lanes<T> - 1)) == 0);
  static_assert(cpu::lanes<const T> == cpu::lanes<T>);
  static_assert(cpu::registers<T> >= 16);
}

TEST_CASE_TEMPLATE("a register is reversed", T, float, double) {
  std::array<T, nop::cpu::lanes<T>> in, out;
  std::iota(in.begin(), in.end(), T(1));
  nop::cpu::reversed<T>(nop::cpu::Batch<T>::load_unaligned(in.data())).store_unaligned(out.data());
  std::reverse(in.begin(), in.end());
  CHECK(out == in);
}

}  // namespace nop::test::simd_test
