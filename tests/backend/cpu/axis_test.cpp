// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/axis.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
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
              dense.analyze({in, 1}, {out, 1}, 1, 1, nullptr, work.data());
            });
            const auto synthesized = column_by_column(y, rows, n, width, [&](auto* in, auto* out) {
              dense.synthesize({in, 1}, {out, 1}, 1, 1, nullptr, work.data());
            });
            // Columns as lines of different planes, as many at a time as a register has lanes.
            constexpr std::size_t lanes = nop::cpu::lanes<Real>;
            std::vector<Real> lines(rows * width), back(n * width);
            std::vector<Real> sums_of_lines(rows * lanes);
            for (std::size_t c = 0; c < width; c += lanes) {
              const std::size_t count = std::min(lanes, width - c);
              fft.analyze_lines({x.data() + c, count, 1, width}, sums_of_lines.data(), lanes,
                                work.data());
              for (std::size_t r = 0; r < rows; ++r)
                for (std::size_t l = 0; l < count; ++l)
                  lines[r * width + c + l] = sums_of_lines[r * lanes + l];
              for (std::size_t r = 0; r < rows; ++r)
                for (std::size_t l = 0; l < count; ++l)
                  sums_of_lines[r * lanes + l] = y[r * width + c + l];
              fft.synthesize_lines(sums_of_lines.data(), lanes, {back.data() + c, count, 1, width},
                                   work.data());
            }
            CHECK(worst_error(lines, analyzed) < nop::test::rounding<Real>);
            CHECK(worst_error(back, synthesized) < nop::test::rounding<Real>);
            for (const auto* axis : {&dense, &fft}) {
              std::vector<Real> sums(rows * width), values(n * width);
              axis->analyze({x.data(), width}, {sums.data(), width}, width, 1, nullptr,
                            work.data());
              axis->synthesize({y.data(), width}, {values.data(), width}, width, 1, nullptr,
                               work.data());
              CHECK(worst_error(sums, analyzed) < nop::test::rounding<Real>);
              CHECK(worst_error(values, synthesized) < nop::test::rounding<Real>);
            }
          }
}

TEST_CASE_TEMPLATE("columns of many slabs are transformed as those of one", Real, float, double) {
  constexpr std::size_t n = 11, lanes = nop::cpu::lanes<Real>;
  const RealDftKey key{n, 6, false, ModeWeight::coefficient};
  for (const auto engine : {FourierEngine::dense, FourierEngine::fft})
    for (const std::size_t slabs : std::initializer_list<std::size_t>{1, 3, lanes, 2 * lanes + 1})
      for (const std::size_t columns : std::initializer_list<std::size_t>{
               1, 3, lanes, lanes + 1, 2 * lanes + 3, 3 * lanes - 1}) {
        CAPTURE(slabs);
        CAPTURE(columns);
        const AxisTransform<Real> axis(key, engine);
        const nop::Scratch<Real> work(axis.workspace());
        // Steps larger than what they step over.
        const std::size_t step = columns + 2, points = n * step + 5, rows = axis.rows() * step + 3;
        const auto x = random_values<Real>(slabs * points, 1);
        const auto y = random_values<Real>(slabs * rows, 2);
        std::vector<Real> sums(y), values(x), expected_sums(y), expected_values(x);
        axis.analyze({x.data(), step, points}, {sums.data(), step, rows}, columns, slabs, nullptr,
                     work.data());
        axis.synthesize({y.data(), step, rows}, {values.data(), step, points}, columns, slabs,
                        nullptr, work.data());
        for (std::size_t s = 0; s < slabs; ++s) {
          axis.analyze({x.data() + s * points, step}, {expected_sums.data() + s * rows, step},
                       columns, 1, nullptr, work.data());
          axis.synthesize({y.data() + s * rows, step}, {expected_values.data() + s * points, step},
                          columns, 1, nullptr, work.data());
        }
        CHECK(sums == expected_sums);
        CHECK(values == expected_values);
      }
}

}  // namespace nop::test::axis_test
