// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/cufft.cuh>

#include "support/device_array.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <vector>

namespace nop::test::cufft_test {

using nop::cuda::FftKind;
using nop::cuda::FftLayout;
using nop::cuda::FftPlan;

/// sum_x u(x) exp(sign 2 pi i k x / n) of one line.
std::vector<std::complex<double>> naive(const std::vector<std::complex<double>>& u, int sign) {
  std::vector<std::complex<double>> sums(u.size());
  for (std::size_t k = 0; k < u.size(); ++k)
    for (std::size_t x = 0; x < u.size(); ++x)
      sums[k] += u[x] * std::polar(1.0, sign * 2 * std::numbers::pi * static_cast<double>(k * x) /
                                            static_cast<double>(u.size()));
  return sums;
}

TEST_CASE_TEMPLATE("lines that lie side by side are transformed both ways", T, float, double) {
  constexpr std::size_t n = 6, columns = 3;
  const auto values = random_values<std::complex<T>>(n * columns, 1);
  const DeviceArray<std::complex<T>> in(values);
  DeviceArray<std::complex<T>> out(n * columns, std::complex<T>());
  for (const auto kind : {FftKind::forward, FftKind::backward}) {
    const FftPlan<T> plan(FftLayout{kind, {1, 1, n}, columns, columns, 1});
    plan.execute(const_cast<std::complex<T>*>(in.data()), out.data());
    const auto got = out.values();
    for (std::size_t c = 0; c < columns; ++c) {
      std::vector<std::complex<double>> line, result;
      for (std::size_t x = 0; x < n; ++x) {
        line.emplace_back(values[x * columns + c]);
        result.emplace_back(got[x * columns + c]);
      }
      CHECK(worst_error(result, naive(line, kind == FftKind::forward ? -1 : 1)) < rounding<T>);
    }
  }
}

TEST_CASE_TEMPLATE("real planes are transformed to half of their coefficients and back", T, float,
                   double) {
  constexpr std::size_t planes = 2, n0 = 3, n1 = 4, half = n1 / 2 + 1;
  const auto values = random_values<T>(planes * n0 * n1, 1);
  const DeviceArray<T> in(values);
  DeviceArray<std::complex<T>> coefficients(planes * n0 * half, std::complex<T>());
  DeviceArray<T> back(planes * n0 * n1, T(0));
  const FftPlan<T> forward({FftKind::real_to_complex, {1, n0, n1}, planes});
  const FftPlan<T> backward({FftKind::complex_to_real, {1, n0, n1}, planes});
  forward.execute(const_cast<T*>(in.data()), coefficients.data());
  const auto got = coefficients.values();
  for (std::size_t p = 0; p < planes; ++p) {
    T total = 0;
    for (std::size_t x = 0; x < n0 * n1; ++x) total += values[p * n0 * n1 + x];
    CHECK(std::abs(got[p * n0 * half] - total) < 100 * rounding<T>);
  }
  backward.execute(coefficients.data(), back.data());
  auto field = back.values();
  for (auto& value : field) value /= static_cast<T>(n0 * n1);
  CHECK(worst_error(field, values) < rounding<T>);
}

TEST_CASE("what cuFFT refuses is a BackendError") {
  CHECK_THROWS_AS(FftPlan<float>({FftKind::forward, {1, 1, 0}, 1}), BackendError);
}

}  // namespace nop::test::cufft_test
