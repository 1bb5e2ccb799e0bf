// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/fftw.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <thread>
#include <vector>

using nop::cpu::FftKind;
using nop::cpu::FftLayout;
using nop::cpu::FftPlan;
using nop::test::random_values;
using nop::test::worst_error;

namespace {

/// FFTW's halfcomplex line: Re X(0) ... Re X(n/2), Im X((n-1)/2) ... Im X(1), by definition.
template <class Real>
std::vector<Real> halfcomplex(const std::vector<Real>& u) {
  const std::size_t n = u.size();
  std::vector<Real> line(n);
  for (std::size_t i = 0; i < n; ++i) {
    const bool real_part = i <= n / 2;
    const std::size_t k  = real_part ? i : n - i;
    double sum           = 0;
    for (std::size_t x = 0; x < n; ++x) {
      const double angle =
          2 * std::numbers::pi * static_cast<double>(k * x % n) / static_cast<double>(n);
      sum += static_cast<double>(u[x]) * (real_part ? std::cos(angle) : -std::sin(angle));
    }
    line[i] = static_cast<Real>(sum);
  }
  return line;
}

FftLayout one_line(FftKind kind, std::size_t n, bool aligned) {
  return {kind, n, 1, 1, 1, aligned};
}

}  // namespace

TEST_CASE_TEMPLATE("a line goes to halfcomplex and comes back n times itself", T, float, double) {
  for (const std::size_t n : {1U, 2U, 5U, 8U, 31U})
    for (const bool aligned : {false, true}) {
      CAPTURE(n);
      const nop::Scratch<T> in(n), out(n), back(n);
      const auto field = random_values<T>(n, n);
      std::copy(field.begin(), field.end(), in.begin());
      FftPlan<T>(one_line(FftKind::to_halfcomplex, n, aligned)).execute(in.data(), out.data());
      CHECK(worst_error(std::vector<T>(out.begin(), out.end()), halfcomplex(field)) <
            nop::test::rounding<T>);
      FftPlan<T>(one_line(FftKind::from_halfcomplex, n, aligned)).execute(out.data(), back.data());
      for (T& value : back) value /= static_cast<T>(n);
      CHECK(worst_error(std::vector<T>(back.begin(), back.end()), field) < nop::test::rounding<T>);
    }
}

TEST_CASE_TEMPLATE("a plan transforms lines that stand side by side", T, float, double) {
  constexpr std::size_t n = 6, columns = 5, in_step = 7, out_step = 8;
  const auto field = random_values<T>(n * in_step, 1);
  std::vector<T> got(n * out_step);
  FftPlan<T>(FftLayout{FftKind::to_halfcomplex, n, columns, in_step, out_step, false})
      .execute(field.data(), got.data());
  for (std::size_t c = 0; c < columns; ++c) {
    std::vector<T> in(n), out(n);
    for (std::size_t x = 0; x < n; ++x) {
      in[x]  = field[x * in_step + c];
      out[x] = got[x * out_step + c];
    }
    CHECK(worst_error(out, halfcomplex(in)) < nop::test::rounding<T>);
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
        const auto field = random_values<double>(n, t);
        std::vector<double> out(n);
        FftPlan<double>(one_line(FftKind::to_halfcomplex, n, false))
            .execute(field.data(), out.data());
        error = std::max(error, worst_error(out, halfcomplex(field)));
      }
      errors[t] = error;
    });
  for (auto& thread : threads) thread.join();
  for (const double error : errors) CHECK(error < 1e-12);
}

TEST_CASE("a layout that FFTW has no plan for is a backend error") {
  CHECK_THROWS_WITH_AS(FftPlan<double>(FftLayout{FftKind::to_halfcomplex, 0, 1, 1, 1, false}),
                       "fftw_plan_many_r2r: no plan for this layout", nop::BackendError);
}
