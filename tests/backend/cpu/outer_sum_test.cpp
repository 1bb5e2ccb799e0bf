// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/outer_sum.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::outer_sum_test {

using nop::cpu::detail::ChannelTile;

TEST_CASE_TEMPLATE("outer products are summed over points, on top of what is there", Real, float,
                   double) {
  constexpr std::size_t points = 45, pitch = 72;
  for (const std::size_t rows : {1U, 3U, 20U, 64U})
    for (const std::size_t columns : {1U, 3U, 33U, 64U}) {
      CAPTURE(rows);
      CAPTURE(columns);
      const nop::cpu::detail::OuterSum<Real> outer(rows, columns);
      auto g = nop::test::random_values<Real>(rows * pitch, 1);
      auto u = nop::test::random_values<Real>(columns * pitch, 2);
      std::vector<Real> room(outer.room(points)), sum(outer.size()), got;
      for (int twice = 0; twice < 2; ++twice)
        outer.add(ChannelTile<Real>{g.data(), rows, points, pitch},
                  ChannelTile<Real>{u.data(), columns, points, pitch}, room.data(), sum.data());
      std::vector<double> expected;
      for (std::size_t o = 0; o < rows; ++o)
        for (std::size_t i = 0; i < columns; ++i) {
          got.push_back(outer.at(sum.data(), o, i));
          expected.push_back(0);
          for (std::size_t p = 0; p < points; ++p)
            expected.back() += 2 * static_cast<double>(g[o * pitch + p]) * u[i * pitch + p];
        }
      CHECK(nop::test::worst_error(got, expected) < nop::test::rounding<Real>);
    }
}

}  // namespace nop::test::outer_sum_test
