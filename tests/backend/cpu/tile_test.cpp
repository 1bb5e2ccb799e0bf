// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/tile.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::tile_test {

using nop::cpu::detail::DotTile;
using nop::cpu::detail::Strided;
using nop::cpu::detail::Tile;
using Wide = std::complex<double>;

namespace {

template <class T>
Wide entry(const Strided<T>& m, std::size_t r, std::size_t c) {
  const Wide value(m.data[r * m.row + c * m.column]);
  return m.conjugate ? std::conj(value) : value;
}

/// c + a b for a result of these sizes.
template <class T>
std::vector<Wide> product(std::size_t rows, std::size_t depth, std::size_t columns,
                          const Strided<T>& a, const Strided<T>& b, const std::vector<T>& c,
                          std::size_t c_step) {
  std::vector<Wide> result(c.begin(), c.end());
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t i = 0; i < columns; ++i)
      for (std::size_t k = 0; k < depth; ++k)
        result[r * c_step + i] += entry(a, r, k) * entry(b, k, i);
  return result;
}

/// A tile that adds to what is there, of a panel of which only `kept` columns are given.
template <class T, std::size_t Rows>
double tile_error(std::size_t depth, std::size_t kept, bool conjugate_a, bool conjugate_b) {
  using TileType                = Tile<T>;
  constexpr std::size_t columns = TileType::columns, step = columns + 3;
  const auto left  = random_values<T>(Rows * depth * 2 + 1, 1);
  const auto right = random_values<T>(columns * depth + 1, 2);
  const Strided<T> a{left.data(), 1, Rows, conjugate_a};
  const Strided<T> b{right.data(), columns, 1, conjugate_b};
  auto c              = random_values<T>(Rows * step, 3);
  const auto expected = product(Rows, depth, kept, a, b, c, step);
  typename TileType::Panel panel;
  TileType::pack(b, depth, kept, conjugate_a, panel);
  TileType::template product<Rows>(depth, a, panel.data(), TileType::width, c.data(), step, true);
  return nop::test::worst_error(c, expected);
}

}  // namespace

TEST_CASE("a strided matrix is cut and turned and conjugated without being moved") {
  const std::vector<int> numbers = {0, 1, 2, 3, 4, 5};
  const Strided<int> m{numbers.data(), 3, 1};
  const auto at = [](const Strided<int>& s, std::size_t r, std::size_t c) {
    return s.data[r * s.row + c * s.column];
  };
  CHECK(at(m, 1, 2) == 5);
  CHECK(at(m.from(1, 1), 0, 1) == 5);
  CHECK(at(m.transposed(), 2, 1) == 5);
  CHECK(!m.conjugate);
  CHECK(m.conjugated().conjugate);
  CHECK(!m.conjugated().conjugated().conjugate);
  CHECK(m.conjugated().transposed().from(0, 0).conjugate);
}

TEST_CASE_TEMPLATE("a tile of any number of rows and columns agrees with plain loops", T, float,
                   double, std::complex<float>, std::complex<double>) {
  constexpr std::size_t rows = Tile<T>::rows, columns = Tile<T>::columns;
  for (const std::size_t depth : {std::size_t{0}, std::size_t{1}, std::size_t{2}, Tile<T>::depth})
    for (const bool left : {false, nop::complex<T>})
      for (const bool right : {false, nop::complex<T>}) {
        CAPTURE(depth);
        CAPTURE(left);
        CAPTURE(right);
        CHECK(tile_error<T, 1>(depth, columns, left, right) < nop::test::rounding<T>);
        CHECK(tile_error<T, rows - 1>(depth, 1, left, right) < nop::test::rounding<T>);
        CHECK(tile_error<T, rows>(depth, columns, left, right) < nop::test::rounding<T>);
        CHECK(tile_error<T, rows>(depth, columns - 1, left, right) < nop::test::rounding<T>);
      }
}

TEST_CASE_TEMPLATE("a tile of inner products agrees with plain loops", T, float, double) {
  for (std::size_t height = 1; height <= DotTile<T>::rows; ++height)
    for (std::size_t width = 1; width <= DotTile<T>::columns; ++width)
      for (const std::size_t depth : {0U, 1U, 16U, 37U})
        for (const bool add : {false, true}) {
          CAPTURE(height);
          CAPTURE(width);
          CAPTURE(depth);
          CAPTURE(add);
          const std::size_t step = width + 2;
          const auto a           = random_values<T>(height * (depth + 1), 1);
          const auto b           = random_values<T>(width * (depth + 2), 2);
          auto got               = random_values<T>(height * step, 3);
          auto start             = got;
          if (!add)
            for (std::size_t r = 0; r < height; ++r)
              std::fill_n(start.begin() + static_cast<std::ptrdiff_t>(r * step), width, T(0));
          const auto expected = product(height, depth, width, Strided<T>{a.data(), depth + 1, 1},
                                        Strided<T>{b.data(), 1, depth + 2}, start, step);
          DotTile<T>::product(depth, height, width, a.data(), depth + 1, b.data(), depth + 2,
                              got.data(), step, add);
          CHECK(nop::test::worst_error(got, expected) < nop::test::rounding<T>);
        }
}

}  // namespace nop::test::tile_test
