// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/math.hpp>

#include <doctest/doctest.h>

#include <type_traits>

namespace {
/// Stands for a register: something that holds numbers of `value_type` and is made from one.
struct Lanes {
  using value_type = float;
  float value;
  constexpr explicit Lanes(float v) : value(v) {}
};
}  // namespace

TEST_CASE("a constant has the type of the argument, and the precision of its lanes") {
  static_assert(std::is_same_v<decltype(nop::constant<float>(0.1)), float>);
  static_assert(nop::constant<float>(0.1) == 0.1F);
  static_assert(nop::constant<double>(0.1) == 0.1);
  CHECK(nop::constant<Lanes>(0.1).value == 0.1F);
}

TEST_CASE("select takes the first value where the condition holds") {
  static_assert(nop::select(true, 1.0, 2.0) == 1.0);
  CHECK(nop::select(false, 1.0F, 2.0F) == 2.0F);
}
