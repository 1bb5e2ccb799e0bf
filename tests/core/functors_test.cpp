// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/functors.hpp>

#include <doctest/doctest.h>

#include <complex>

namespace nop::test::functors_test {

TEST_CASE("the shared pointwise functions are what their names say, at compile time") {
  static_assert(nop::Same{}(3.0) == 3.0);
  static_assert(nop::Negative{}(3.0) == -3.0);
  static_assert(nop::Plus{}(3.0, 4.0) == 7.0);
  static_assert(nop::Minus{}(3.0, 4.0) == -1.0);
  static_assert(nop::Times{}(3.0, 4.0) == 12.0);
  static_assert(nop::PlusTimes{}(3.0, 4.0, 5.0) == 23.0);
  static_assert(nop::TimesConjugate{}(3.0, 4.0) == 12.0);
  static_assert(nop::TimesConstant<double>{2}(3.0) == 6.0);
  static_assert(nop::PlusMultiple<double>{5}(3.0, 4.0) == 23.0);
  static_assert(nop::WeightedSum<double>{2, 5}(3.0, 4.0) == 26.0);
  static_assert(nop::SquaredSize{}(-3.0) == 9.0);
  static_assert(nop::SquaredDistance{}(3.0, 5.0) == 4.0);
  static_assert(nop::Weighted<nop::Plus, double>{{}, 2}(3.0, 4.0) == 14.0);
  static_assert(nop::Constant<double>{2}(17) == 2.0);
  CHECK(nop::SquareRoot{}(9.0F) == 3.0F);
  CHECK(nop::Plus{}(1.0F, 2.0F) == 3.0F);
}

TEST_CASE("a product with a conjugate conjugates its second factor") {
  const std::complex<double> a(1, 2), b(3, 4);
  CHECK(nop::TimesConjugate{}(a, b) == std::complex<double>(11, 2));
}

TEST_CASE("the size of a complex number counts both parts") {
  const std::complex<double> a(1, 2), b(4, -2);
  CHECK(nop::SquaredSize{}(a) == 5.0);
  CHECK(nop::SquaredDistance{}(a, b) == 25.0);
}

}  // namespace nop::test::functors_test
