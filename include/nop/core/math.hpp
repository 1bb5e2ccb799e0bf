// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <type_traits>

/// \file
/// What pointwise functions are written with, so that one text serves a scalar, a SIMD register and
/// device code. Functions of a register are found by argument-dependent look-up.

namespace nop {

namespace detail {
template <class T>
struct LaneOf {
  using type = typename T::value_type;
};
template <class T>
  requires std::is_arithmetic_v<T>
struct LaneOf<T> {
  using type = T;
};
}  // namespace detail

/// A constant in the type of a pointwise function's argument.
template <class T>
constexpr T constant(double value) {
  return T(static_cast<typename detail::LaneOf<T>::type>(value));
}

/// `yes` where the condition holds, else `no`.
template <class T>
  requires std::is_arithmetic_v<T>
constexpr T select(bool condition, T yes, T no) {
  return condition ? yes : no;
}

}  // namespace nop
