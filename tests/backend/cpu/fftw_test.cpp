// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/fftw.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <numbers>
#include <thread>
#include <vector>

using nop::cpu::FftKind;
using nop::cpu::FftLayout;
using nop::cpu::FftPlan;
using nop::test::random_values;
using nop::test::worst_error;
using Complex = std::complex<double>;

namespace {

/// sum_x u(x) exp(sign 2 pi i k x / n) for k = 0 ... count-1, by definition.
template <class Element>
std::vector<Complex> sums(const std::vector<Element>& u, int sign, std::size_t count) {
  std::vector<Complex> all(count);
  const auto n = static_cast<double>(u.size());
  for (std::size_t k = 0; k < count; ++k)
    for (std::size_t x = 0; x < u.size(); ++x)
      all[k] += Complex(u[x]) * std::polar(1.0, sign * 2 * std::numbers::pi *
                                                    static_cast<double>(k * x % u.size()) / n);
  return all;
}

FftLayout one_line(FftKind kind, std::size_t n, bool aligned) {
  return {kind, n, 1, 1, n, n, aligned};
}

}  // namespace

TEST_CASE_TEMPLATE("a plan transforms a line in either direction", T, float, double) {
  using Spectral = std::complex<T>;
  for (const std::size_t n : {1U, 2U, 5U, 8U, 31U})
    for (const bool aligned : {false, true}) {
      CAPTURE(n);
      const nop::Scratch<Spectral> in(n), out(n);
      const auto values = random_values<Spectral>(n, n);
      std::copy(values.begin(), values.end(), in.begin());
      const auto result = [&] { return std::vector<Spectral>(out.begin(), out.end()); };
      FftPlan<T>(one_line(FftKind::forward, n, aligned)).execute(in.data(), out.data());
      CHECK(worst_error(result(), sums(values, -1, n)) < nop::test::rounding<T>);
      FftPlan<T>(one_line(FftKind::backward, n, aligned)).execute(in.data(), out.data());
      CHECK(worst_error(result(), sums(values, +1, n)) < nop::test::rounding<T>);
    }
}

TEST_CASE_TEMPLATE("a real line goes to half a spectrum and comes back n times itself", T, float,
                   double) {
  for (const std::size_t n : {1U, 2U, 5U, 8U, 31U}) {
    CAPTURE(n);
    const auto field = random_values<T>(n, n);
    std::vector<std::complex<T>> half(n / 2 + 1);
    FftPlan<T>(one_line(FftKind::real_to_complex, n, false)).execute(field.data(), half.data());
    CHECK(worst_error(half, sums(field, -1, half.size())) < nop::test::rounding<T>);
    std::vector<T> back(n);
    FftPlan<T>(one_line(FftKind::complex_to_real, n, false)).execute(half.data(), back.data());
    for (T& value : back) value /= static_cast<T>(n);
    CHECK(worst_error(back, field) < nop::test::rounding<T>);
  }
}

TEST_CASE_TEMPLATE("a plan transforms lines that stand side by side", T, float, double) {
  constexpr std::size_t n = 6, lines = 5;
  const auto field = random_values<std::complex<T>>(n * lines, 1);
  std::vector<std::complex<T>> got(n * lines);
  FftPlan<T>(FftLayout{FftKind::forward, n, lines, lines, 1, 1, false})
      .execute(field.data(), got.data());
  for (std::size_t line = 0; line < lines; ++line) {
    std::vector<std::complex<T>> in(n), out(n);
    for (std::size_t x = 0; x < n; ++x) {
      in[x]  = field[x * lines + line];
      out[x] = got[x * lines + line];
    }
    CHECK(worst_error(out, sums(in, -1, n)) < nop::test::rounding<T>);
  }
}

TEST_CASE("pointers know whether they may go to an aligned plan") {
  const nop::Scratch<float> memory(64);
  CHECK(FftPlan<float>::are_aligned(memory.data(), memory.data() + 16));
  CHECK(!FftPlan<float>::are_aligned(memory.data(), memory.data() + 1));
  CHECK(!FftPlan<float>::are_aligned(memory.data() + 1, memory.data()));
}

TEST_CASE("plans are made and run and destroyed by many threads at once") {
  std::vector<std::thread> threads;
  std::vector<double> errors(8, 1);
  for (std::size_t t = 0; t < errors.size(); ++t)
    threads.emplace_back([&errors, t] {
      double error = 0;
      for (std::size_t n = 3; n < 40; ++n) {
        const auto field = random_values<Complex>(n, t);
        std::vector<Complex> out(n);
        FftPlan<double>(one_line(FftKind::forward, n, false)).execute(field.data(), out.data());
        error = std::max(error, worst_error(out, sums(field, -1, n)));
      }
      errors[t] = error;
    });
  for (auto& thread : threads) thread.join();
  for (const double error : errors) CHECK(error < 1e-12);
}

TEST_CASE("a layout that FFTW has no plan for is a backend error") {
  CHECK_THROWS_WITH_AS(FftPlan<double>(FftLayout{FftKind::forward, 0, 1, 1, 1, 1, false}),
                       "fftw_plan_many_dft: no plan for this layout", nop::BackendError);
}
