// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/channel_tile.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::channel_tile_test {

using nop::cpu::detail::MixTile;
using nop::cpu::detail::TileRoom;
using nop::cpu::detail::Tiling;

TEST_CASE("tiles cover every point of every sample once") {
  for (const std::size_t points : {1U, 31U, 256U, 1000U, 16384U})
    for (const std::size_t rows : {1U, 100U, 1000000U}) {
      const Tiling<float> tiling({3, 2, points}, rows);
      CHECK(tiling.longest() % MixTile<float>::width == 0);
      CHECK(tiling.pitch() / nop::cpu::lanes<float> % 2 == 1);
      std::vector<float> field(3 * 2 * points);
      for (std::size_t tile = 0; tile < tiling.count(); ++tile) {
        CHECK(tiling.points_of(tile) <= tiling.longest());
        const auto part = tiling.part(field.data(), 2, tile);
        for (std::size_t c = 0; c < 2; ++c)
          for (std::size_t p = 0; p < tiling.points_of(tile); ++p) part.row(c).data[p] += 1;
      }
      CHECK(field == std::vector<float>(field.size(), 1));
    }
  CHECK(Tiling<double>({2, 3, 0}, 5).count() == 0);
  CHECK(Tiling<double>({2, 3, 9}, 5).part<double>(nullptr, 3, 1).data == nullptr);
}

TEST_CASE_TEMPLATE("a tile is read, and multiplied by a matrix", Real, float, double) {
  for (const std::size_t rows : {1U, 14U, 15U, 40U}) {
    const Shape<3> box{2, 5, 300};
    const auto x = nop::test::random_values<Real>(nop::element_count(box), 1);
    const auto w = nop::test::random_values<Real>(rows * 5, 2);
    const Tiling<Real> tiling(box, 5 + rows);
    TileRoom<Real> room(tiling, 5 + rows);
    for (std::size_t tile = 0; tile < tiling.count(); ++tile) {
      room.move_to(tile);
      const auto u = room.tile(5), v = room.tile(rows);
      const auto part = tiling.part(x.data(), 5, tile);
      nop::cpu::detail::read_tile(part, u);
      nop::cpu::detail::multiply_tile({w.data(), 5, 1}, u, v);
      std::vector<Real> got;
      std::vector<double> expected;
      for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t p = 0; p < u.points; ++p) {
          got.push_back(v.row(r).data[p]);
          expected.push_back(0);
          for (std::size_t c = 0; c < 5; ++c)
            expected.back() += static_cast<double>(w[r * 5 + c]) * part.row(c).data[p];
        }
      CHECK(nop::test::worst_error(got, expected) < nop::test::rounding<Real>);
    }
  }
}

}  // namespace nop::test::channel_tile_test
