// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/axis.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::axis_test {

using nop::cpu::RealDftKey;
using nop::cpu::detail::AxisTransform;

namespace {

/// One column at a time, by the dense engine: what columns of any number have to agree with.
template <class Real, class Transform>
std::vector<Real> column_by_column(const std::vector<Real>& in, std::size_t in_rows,
                                   std::size_t out_rows, std::size_t width,
                                   const Transform& transform) {
  std::vector<Real> out(out_rows * width), column(in_rows), result(out_rows);
  for (std::size_t c = 0; c < width; ++c) {
    for (std::size_t r = 0; r < in_rows; ++r) column[r] = in[r * width + c];
    transform(column.data(), result.data());
    for (std::size_t r = 0; r < out_rows; ++r) out[r * width + c] = result[r];
  }
  return out;
}

}  // namespace

TEST_CASE_TEMPLATE("any number of columns is transformed alike by both engines", Real, float,
                   double) {
  for (const bool half : {false, true})
    for (const auto weight : {ModeWeight::coefficient, ModeWeight::multiplicity})
      for (const std::size_t n : {1U, 2U, 7U, 8U, 12U})
        for (std::size_t m = 1; m <= n; ++m)
          for (const std::size_t width : {1U, 3U, 16U, 21U, 32U, 45U, 64U}) {
            const RealDftKey made{n, m, half, weight};
            const AxisTransform<Real> dense(made, FourierEngine::dense),
                fft(made, FourierEngine::fft);
            const std::size_t rows = dense.rows();
            const nop::Scratch<Real> work(dense.workspace());
            const auto x           = random_values<Real>(n * width, 1);
            const auto y           = random_values<Real>(rows * width, 2);
            const auto analyzed    = column_by_column(x, n, rows, width, [&](auto* in, auto* out) {
              dense.analyze(in, 1, out, 1, 1, nullptr, work.data());
            });
            const auto synthesized = column_by_column(y, rows, n, width, [&](auto* in, auto* out) {
              dense.synthesize(in, 1, out, 1, 1, nullptr, work.data());
            });
            const auto lines       = column_by_column(x, n, rows, width, [&](auto* in, auto* out) {
              fft.analyze_line(in, 1, out, 1, work.data());
            });
            const auto back        = column_by_column(y, rows, n, width, [&](auto* in, auto* out) {
              fft.synthesize_line(in, 1, out, 1, work.data());
            });
            CHECK(worst_error(lines, analyzed) < nop::test::rounding<Real>);
            CHECK(worst_error(back, synthesized) < nop::test::rounding<Real>);
            for (const auto* axis : {&dense, &fft}) {
              std::vector<Real> sums(rows * width), values(n * width);
              axis->analyze(x.data(), width, sums.data(), width, width, nullptr, work.data());
              axis->synthesize(y.data(), width, values.data(), width, width, nullptr, work.data());
              CHECK(worst_error(sums, analyzed) < nop::test::rounding<Real>);
              CHECK(worst_error(values, synthesized) < nop::test::rounding<Real>);
            }
          }
}

}  // namespace nop::test::axis_test
