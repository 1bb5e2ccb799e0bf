// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/line_synthesis.hpp>
#include <nop/backend/cpu/real_dft.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::line_synthesis_test {

using nop::cpu::LineSynthesis;
using nop::cpu::RealDft;
using nop::cpu::RealDftKey;

TEST_CASE_TEMPLATE("lines are written as columns are", Real, float, double) {
  constexpr std::size_t width = nop::cpu::lanes<Real>;
  for (const bool half : {false, true})
    for (const auto weight : {ModeWeight::coefficient, ModeWeight::multiplicity})
      for (const std::size_t n : {128U, 129U, 256U, 258U, 263U, 1000U})
        for (const std::size_t m : {0U, 1U, 2U, 3U, 4U, 6U, 17U, 32U, 128U})
          for (const std::size_t count : {std::size_t(1), width / 2 + 1, width}) {
            if (!LineSynthesis<Real>::suits(n)) continue;
            CAPTURE(n);
            CAPTURE(m);
            CAPTURE(count);
            const RealDftKey key{n, m, half, weight};
            const std::size_t step = width + 3, line = n + 5;
            const auto sums = random_values<Real>(key.rows() * step, 1);
            std::vector<Real> columns(n * width), lines(count * line, Real(7)), expected(lines);
            const RealDft<Real> dft(key);
            std::vector<Real> work(dft.workspace());
            dft.synthesize(sums.data(), step, columns.data(), width, {columns.data(), width},
                           work.data());
            for (std::size_t l = 0; l < count; ++l)
              for (std::size_t x = 0; x < n; ++x) expected[l * line + x] = columns[x * width + l];
            const LineSynthesis<Real> synthesize(key);
            synthesize(sums.data(), step, {lines.data(), count, line, 1});
            CHECK(worst_error(lines, expected) < nop::test::rounding<Real>);
            for (std::size_t l = 0; l < count; ++l)
              for (std::size_t x = n; x < line; ++x) CHECK(lines[l * line + x] == 7);
          }
}

TEST_CASE("short lines are left to columns") {
  CHECK_FALSE(LineSynthesis<float>::suits(15));
  CHECK_FALSE(LineSynthesis<float>::suits(16));
}

}  // namespace nop::test::line_synthesis_test
