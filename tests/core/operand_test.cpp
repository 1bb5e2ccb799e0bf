// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/operand.hpp>

#include <doctest/doctest.h>

#include <array>
#include <set>

namespace nop::test::operand_test {
namespace {

constexpr nop::Shape<3> box = {3, 4, 5};

std::size_t offset(const nop::Operand<const float>& operand, std::size_t o, std::size_t m,
                   std::size_t i) {
  return o * operand.step[0] + m * operand.step[1] + i * operand.step[2];
}

/// How many different elements an operand touches over the box.
std::size_t reach(const nop::Operand<const float>& operand) {
  std::set<std::size_t> offsets;
  for (std::size_t o = 0; o < box[0]; ++o)
    for (std::size_t m = 0; m < box[1]; ++m)
      for (std::size_t i = 0; i < box[2]; ++i) offsets.insert(offset(operand, o, m, i));
  CHECK(*offsets.rbegin() + 1 == offsets.size());
  return offsets.size();
}

}  // namespace

TEST_CASE("an operand lies over a box as its name says") {
  const float* const data = nullptr;
  CHECK(reach(nop::whole(data, box)) == 60);
  CHECK(offset(nop::whole(data, box), 2, 3, 4) == 59);
  CHECK(reach(nop::per_middle(data)) == 4);
  CHECK(offset(nop::per_middle(data), 2, 3, 4) == 3);
  CHECK(reach(nop::per_row(data, box)) == 12);
  CHECK(offset(nop::per_row(data, box), 2, 3, 4) == 11);
  CHECK(reach(nop::per_plane(data, box)) == 20);
  CHECK(offset(nop::per_plane(data, box), 2, 3, 4) == 19);
  CHECK(reach(nop::single(data)) == 1);
}

TEST_CASE("a matrix enters a product as it is unless told otherwise") {
  constexpr nop::Matrices<const float> matrix{nullptr, 3, 0};
  CHECK(matrix.form == nop::Form::plain);
}

}  // namespace nop::test::operand_test
