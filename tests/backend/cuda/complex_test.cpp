// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/complex.cuh>
#include <nop/backend/cuda/runtime.cuh>

#include "support/device_array.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <array>
#include <complex>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace nop::test::complex_test {

using nop::cuda::Complex;

/// Everything that can be done with two complex numbers and a real one, in either kind.
struct Everything {
  static constexpr std::size_t count = 12;

  template <class Number, class Real>
  constexpr std::array<Number, count> operator()(Number a, Number b, Real c) const {
    Number sum = a, product = a;
    sum += b;
    product *= c;
    return {a + b,
            a - b,
            -a,
            a * b,
            a * c,
            c * a,
            a / c,
            conj(a),
            sum,
            product,
            Number(a.real(), b.imag()),
            Number(c)};
  }
};

namespace {

template <class Real>
__global__ void compute(const Complex<Real>* a, const Complex<Real>* b, const Real* c,
                        Complex<Real>* out) {
  const auto results = Everything{}(a[threadIdx.x], b[threadIdx.x], c[threadIdx.x]);
  for (std::size_t i = 0; i < results.size(); ++i)
    out[threadIdx.x * results.size() + i] = results[i];
}

}  // namespace

TEST_CASE_TEMPLATE("complex numbers of device code are those of the standard library", T, float,
                   double) {
  constexpr std::size_t n = 40;
  const auto a = random_values<std::complex<T>>(n, 1), b = random_values<std::complex<T>>(n, 2);
  const auto c = random_values<T>(n, 3);
  const DeviceArray<std::complex<T>> a_there(a), b_there(b);
  const DeviceArray<T> c_there(c);
  DeviceArray<std::complex<T>> got(n * Everything::count, std::complex<T>(-1));
  nop::cuda::launch({1, n}, compute<T>, nop::cuda::as_on_device(a_there.data()),
                    nop::cuda::as_on_device(b_there.data()), c_there.data(),
                    nop::cuda::as_on_device(got.data()));
  std::vector<std::complex<T>> expected;
  for (std::size_t i = 0; i < n; ++i)
    for (const auto& result : Everything{}(a[i], b[i], c[i])) expected.push_back(result);
  CHECK(worst_error(got.values(), expected) < rounding<T>);
}

TEST_CASE("complex numbers turn into each other") {
  constexpr Complex<float> z(std::complex<float>(1, 2));
  static_assert(z == Complex<float>(1, 2));
  static_assert(!(z == Complex<float>(1, 3)));
  static_assert(std::complex<float>(z) == std::complex<float>(1, 2));
  static_assert(std::complex<double>(z) == std::complex<double>(1, 2));
  static_assert(static_cast<Complex<double>>(z) == Complex<double>(1, 2));
  static_assert(Complex<float>(3.F) == Complex<float>(3, 0));
}

TEST_CASE("complex numbers of device code count as complex, and lie in memory as others do") {
  static_assert(nop::complex<Complex<float>> && nop::complex<Complex<double>>);
  static_assert(std::is_same_v<nop::real_of<Complex<double>>, double>);
  static_assert(std::is_same_v<nop::cuda::on_device<std::complex<float>>, Complex<float>>);
  static_assert(
      std::is_same_v<nop::cuda::on_device<const std::complex<float>>, const Complex<float>>);
  static_assert(std::is_same_v<nop::cuda::on_device<const double>, const double>);
  static_assert(sizeof(Complex<float>) == 8 && alignof(Complex<float>) == 8);
  static_assert(sizeof(Complex<double>) == 16 && alignof(Complex<double>) == 16);
  std::array<std::complex<float>, 2> values = {{{1, 2}, {3, 4}}};
  CHECK(nop::cuda::as_on_device(values.data())[1].im == 4);
}

}  // namespace nop::test::complex_test
