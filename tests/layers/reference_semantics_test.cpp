// SPDX-License-Identifier: BSD-3-Clause
#include <nop/layers/reference_semantics.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::reference_semantics_test {

using nop::detail::AxisExtents;
using nop::detail::AxisMap;
using nop::detail::AxisRole;
using Frequencies = std::vector<std::ptrdiff_t>;

namespace {

Frequencies read(const AxisMap& map) {
  Frequencies all;
  for (const auto& wave : map.read) all.push_back(wave.frequency);
  return all;
}
/// Where every coefficient is written; 99 for nowhere.
Frequencies written(const AxisMap& map) {
  Frequencies all;
  for (const auto& waves : map.written) all.push_back(waves.empty() ? 99 : waves[0].frequency);
  return all;
}
AxisMap leading(Semantics semantics, const AxisExtents& axis) {
  return nop::detail::axis_map(semantics, AxisRole::leading, axis);
}

}  // namespace

TEST_CASE("on an odd grid the newest version takes the weights of the neighbouring frequency") {
  const auto exact = leading(Semantics::exact, {7, 7, 8, 8});
  const auto head  = leading(Semantics::head, {7, 7, 8, 8});
  CHECK(exact.first == 1);  // of -4 ... 3 the weights of -3 ... 3
  CHECK(head.first == 0);
  CHECK(read(head) == Frequencies{-3, -2, -1, 0, 1, 2, 3});
  CHECK(read(exact) == read(head));
  CHECK(written(head) == read(head));
}

TEST_CASE("version 2.0.0 writes every frequency of an odd grid one too low") {
  const auto map = leading(Semantics::v2_0, {7, 7, 3, 3});
  CHECK(read(map) == Frequencies{-1, 0, 1});
  CHECK(written(map) == Frequencies{-2, -1, 0});
  CHECK(written(leading(Semantics::v2_0, {8, 8, 3, 3})) == Frequencies{-1, 0, 1});
}

TEST_CASE("the first versions take an odd number of modes off the centre of an even grid") {
  CHECK(read(leading(Semantics::v1_0, {8, 8, 3, 3})) == Frequencies{-2, -1, 0});
  CHECK(read(leading(Semantics::v1_0, {8, 8, 4, 4})) == Frequencies{-2, -1, 0, 1});
}

TEST_CASE("on a larger output the reference takes negative frequencies for high ones") {
  CHECK(written(leading(Semantics::head, {8, 16, 4, 4})) == Frequencies{6, 7, 0, 1});
  CHECK(written(leading(Semantics::head, {8, 7, 4, 4})) == Frequencies{-1, 99, 0, 1});
  CHECK(written(leading(Semantics::exact, {8, 16, 4, 4})) == Frequencies{-2, -1, 0, 1});
}

TEST_CASE("of a complex field the reference reads the lowest frequencies and writes from 0 on") {
  const auto map = nop::detail::axis_map(Semantics::head, AxisRole::last, {8, 8, 3, 3});
  CHECK(read(map) == Frequencies{-4, -3, -2});
  CHECK(written(map) == Frequencies{0, 1, 2});
  const auto only = nop::detail::axis_map(Semantics::head, AxisRole::only, {8, 8, 6, 6});
  CHECK(read(only) == Frequencies{0, 1, 2, 3, -4, -3});
}

}  // namespace nop::test::reference_semantics_test
