// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/scalar.hpp>

#include <doctest/doctest.h>

#include <complex>
#include <type_traits>

namespace nop::test::scalar_test {

using Single = std::complex<float>;
using Double = std::complex<double>;

TEST_CASE("the scalars are float and double and complex numbers over them") {
  static_assert(nop::real<float> && nop::real<double>);
  static_assert(!nop::real<int> && !nop::real<long double> && !nop::real<Single>);
  static_assert(!nop::real<const float> && !nop::real<float&>);
  static_assert(nop::complex<Single> && nop::complex<Double>);
  static_assert(!nop::complex<double> && !nop::complex<std::complex<long double>>);
  static_assert(nop::scalar<float> && nop::scalar<Double>);
  static_assert(!nop::scalar<bool> && !nop::scalar<char>);
}

TEST_CASE("every scalar has a real and a complex of its precision") {
  static_assert(std::is_same_v<nop::real_of<Single>, float>);
  static_assert(std::is_same_v<nop::real_of<double>, double>);
  static_assert(std::is_same_v<nop::real_of<const Double>, double>);
  static_assert(std::is_same_v<nop::complex_of<float>, Single>);
  static_assert(std::is_same_v<nop::complex_of<const double>, Double>);
  static_assert(std::is_same_v<nop::complex_of<Double>, Double>);
}

}  // namespace nop::test::scalar_test
