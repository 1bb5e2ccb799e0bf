// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/fftw.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <numbers>
#include <thread>
#include <vector>

namespace nop::test::fftw_test {

using nop::cpu::FftKind;
using nop::cpu::FftLayout;
using nop::cpu::FftPlan;

namespace {

/// sum_x u(x) exp(sign 2 pi i k x / n), by definition.
template <class Real>
std::vector<std::complex<Real>> sums(const std::vector<std::complex<Real>>& u, int sign) {
  std::vector<std::complex<Real>> all(u.size());
  const auto n = static_cast<double>(u.size());
  for (std::size_t k = 0; k < u.size(); ++k) {
    std::complex<double> sum;
    for (std::size_t x = 0; x < u.size(); ++x)
      sum +=
          std::complex<double>(u[x]) *
          std::polar(1.0, sign * 2 * std::numbers::pi * static_cast<double>(k * x % u.size()) / n);
    all[k] = std::complex<Real>(sum);
  }
  return all;
}

/// Of every column of [points][columns].
template <class Real>
std::vector<std::complex<Real>> transformed(FftKind kind, std::size_t points, std::size_t columns,
                                            const std::vector<std::complex<Real>>& values) {
  const nop::Scratch<std::complex<Real>> in(values.size()), out(values.size());
  std::copy(values.begin(), values.end(), in.begin());
  FftPlan<Real>({kind, points, columns}).execute(in.data(), out.data());
  return {out.begin(), out.end()};
}

}  // namespace

TEST_CASE_TEMPLATE("a plan transforms lines that stand side by side in either direction", T, float,
                   double) {
  for (const std::size_t n : {1U, 2U, 5U, 8U, 31U})
    for (const std::size_t columns : {1U, 4U, 8U})
      for (const FftKind kind : {FftKind::forward, FftKind::backward}) {
        CAPTURE(n);
        const auto field = random_values<std::complex<T>>(n * columns, n);
        const auto got   = transformed(kind, n, columns, field);
        for (std::size_t c = 0; c < columns; ++c) {
          std::vector<std::complex<T>> in(n), out(n);
          for (std::size_t x = 0; x < n; ++x)
            in[x] = field[x * columns + c], out[x] = got[x * columns + c];
          CHECK(worst_error(out, sums(in, kind == FftKind::forward ? -1 : 1)) <
                nop::test::rounding<T>);
        }
      }
}

TEST_CASE_TEMPLATE("a real line goes to half a spectrum and comes back n times itself", T, float,
                   double) {
  for (const std::size_t n : {1U, 2U, 5U, 8U, 31U}) {
    CAPTURE(n);
    const auto field = random_values<T>(n, n);
    const nop::Scratch<T> line(n), back(n);
    const nop::Scratch<std::complex<T>> half(n / 2 + 1);
    std::copy(field.begin(), field.end(), line.begin());
    FftPlan<T>({FftKind::real_to_complex, n, 1}).execute(line.data(), half.data());
    auto expected = sums(std::vector<std::complex<T>>(field.begin(), field.end()), -1);
    expected.resize(n / 2 + 1);
    CHECK(worst_error(std::vector<std::complex<T>>(half.begin(), half.end()), expected) <
          nop::test::rounding<T>);
    FftPlan<T>({FftKind::complex_to_real, n, 1}).execute(half.data(), back.data());
    for (T& value : back) value /= static_cast<T>(n);
    CHECK(worst_error(std::vector<T>(back.begin(), back.end()), field) < nop::test::rounding<T>);
  }
}

TEST_CASE("plans are made and run and destroyed by many threads at once") {
  std::vector<std::thread> threads;
  std::vector<double> errors(8, 1);
  for (std::size_t t = 0; t < errors.size(); ++t)
    threads.emplace_back([&errors, t] {
      double error = 0;
      for (std::size_t n = 3; n < 40; ++n) {
        const auto field = random_values<std::complex<double>>(n, t);
        error            = std::max(error,
                                    worst_error(transformed(FftKind::forward, n, 1, field), sums(field, -1)));
      }
      errors[t] = error;
    });
  for (auto& thread : threads) thread.join();
  for (const double error : errors) CHECK(error < 1e-12);
}

TEST_CASE("a layout that FFTW has no plan for is a backend error") {
  CHECK_THROWS_WITH_AS(FftPlan<double>(FftLayout{FftKind::forward, 0, 1}),
                       "fftw_plan_many_dft: no plan for this layout", nop::BackendError);
}

}  // namespace nop::test::fftw_test
