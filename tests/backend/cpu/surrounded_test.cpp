// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/surrounded.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace nop::test::surrounded_test {
namespace {

using nop::cpu::detail::copy_run;
using nop::cpu::detail::Surrounded;

/// The band of a grid that holds 1, 2, 3, ...
template <std::size_t Dim>
std::vector<int> band_of(const Surrounded<Dim>& surrounded, std::size_t band) {
  std::vector<int> held(surrounded.size());
  surrounded.for_each_input(band, [&](const auto& run) {
    for (std::size_t i = 0; run.is_inside && i < run.count; ++i)
      held[run.band + i] = static_cast<int>(run.grid + i) + 1;
  });
  return held;
}

}  // namespace

TEST_CASE("lines of a band share the zeros between them") {
  const Surrounded<2> surrounded({3, 2}, {3, 3}, {1, 1}, 2);
  CHECK(surrounded.bands() == 2);
  CHECK(band_of(surrounded, 0) == std::vector<int>{0, 0, 0, 0, 1, 2, 0, 3, 4, 0, 5, 6, 0});
  CHECK(surrounded.lines_of(1) == 1);
  CHECK(band_of(surrounded, 1) == std::vector<int>{0, 3, 4, 0, 5, 6, 0, 0, 0, 0, 0, 0, 0});
  CHECK(surrounded.taps()[5] == 1 * 3 + 2);
}

TEST_CASE("every tap of every point finds its neighbour, or a zero beyond the grid") {
  const Shape<3> grid{4, 3, 5}, kernel{3, 2, 4}, left{1, 0, 1};
  const Surrounded<3> surrounded(grid, kernel, left, 3);
  for (std::size_t band = 0; band < surrounded.bands(); ++band) {
    const auto held = band_of(surrounded, band);
    surrounded.for_each_result(band, [&](const auto& run) {
      for (std::size_t i = 0; i < run.count; ++i)
        for (std::size_t t = 0; t < 24; ++t) {
          const std::size_t p = run.grid + i;
          const std::size_t z = p / 15 + t / 8, y = p / 5 % 3 + t / 4 % 2, x = p % 5 + t % 4;
          const bool inside   = z >= 1 && z < 5 && y < 3 && x >= 1 && x < 6;
          const auto expected = inside ? ((z - 1) * 3 + y) * 5 + x : 0;
          CHECK(held[run.band + i + surrounded.taps()[t]] == static_cast<int>(expected));
        }
    });
  }
}

TEST_CASE_TEMPLATE("a run of any length is copied, and nothing behind it", Real, float, double) {
  std::vector<Real> from(70);
  std::iota(from.begin(), from.end(), Real(1));
  for (std::size_t count = 0; count < from.size(); ++count) {
    std::vector<Real> to(from.size()), expected(from.size());
    std::copy_n(from.begin(), count, expected.begin());
    copy_run(from.data(), count, to.data());
    CHECK(to == expected);
  }
}

}  // namespace nop::test::surrounded_test
