// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
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

/// The number that a scalar is, or that a register holds many of.
template <class T>
using lane_of = typename detail::LaneOf<T>::type;

/// A constant in the type of a pointwise function's argument.
template <class T>
constexpr T constant(double value) {
  return T(static_cast<lane_of<T>>(value));
}

/// `yes` where the condition holds, else `no`.
template <class T>
  requires std::is_arithmetic_v<T>
constexpr T select(bool condition, T yes, T no) {
  return condition ? yes : no;
}

/// The smaller and the larger of a bound and x. What is not a number remains none, and -0 is -0.
template <class T>
constexpr T at_most(T bound, T x) {
  if constexpr (std::is_arithmetic_v<T>)
    return bound < x ? bound : x;
  else
    return min(bound, x);
}
template <class T>
constexpr T at_least(T bound, T x) {
  if constexpr (std::is_arithmetic_v<T>)
    return x < bound ? bound : x;
  else
    return max(bound, x);
}

/// a b + c, in one rounding where that is one instruction.
template <class T>
constexpr T multiply_add(T a, T b, T c) {
  if constexpr (std::is_arithmetic_v<T>)
    return a * b + c;
  else
    return fma(a, b, c);
}

/// c_0 x^n + c_1 x^(n-1) + ... + c_n, by Horner's rule. In device code an array of constants has
/// to be a local one: others are memory of the host.
template <class T, std::size_t Count>
constexpr T polynomial(T x, const std::array<double, Count>& c) {
  T total = constant<T>(c[0]);
  for (std::size_t i = 1; i < Count; ++i) total = multiply_add(total, x, constant<T>(c[i]));
  return total;
}

namespace detail {

/// x 2^n for a whole number n, by a power that is made of its exponent's bits: for the number below
/// the smallest exponent there is, the bits are those of zero. Where n is not a number, nor is x.
template <class T>
constexpr T times_power_of_two(T x, T n) {
  if constexpr (!std::is_arithmetic_v<T>)
    return ldexp(x, to_int(n));
  else if (n != n)
    return x;
  else if constexpr (std::is_same_v<T, float>)
    return x * std::bit_cast<float>((static_cast<std::int32_t>(n) + 127) << 23);
  else
    return x * std::bit_cast<double>((static_cast<std::int64_t>(n) + 1023) << 52);
}

// NOLINTBEGIN(modernize-use-std-numbers): fitted, not ln 2
/// 2^f for |f| <= 1/2, with a relative error below 6e-9 in float and 1e-17 in double.
template <class Lane>
inline constexpr auto power_of_two_series = std::to_array(
    {0.000154531629, 0.00133908634, 0.00961808256, 0.0555035711, 0.240226508, 0.693147188, 1.0});
template <>
inline constexpr auto power_of_two_series<double> = std::to_array(
    {4.4549605981865184e-10, 7.0725859492692237e-9, 1.0178062445845774e-7, 1.3215442587921690e-6,
     1.5252733829836118e-5, 0.00015403530441736050, 0.0013333558146416935, 0.0096181291076068885,
     0.055504108664821594, 0.24022650695910098, 0.69314718055994531, 1.0});
// NOLINTEND(modernize-use-std-numbers)

}  // namespace detail

/// The y at which `power_of_two` is zero.
template <class Lane>
inline constexpr double exponent_of_zero = -127;
template <>
inline constexpr double exponent_of_zero<double> = -1023;

/// 2^y, where it is neither denormal nor infinite: about -126 < y < 127 in float, -1022 < y < 1023
/// in double, and 0 at `exponent_of_zero`. Right to two roundings of the result and those of y.
template <class T>
constexpr T power_of_two(T y) {
  using std::nearbyint;
  constexpr auto series = detail::power_of_two_series<lane_of<T>>;
  const T whole         = nearbyint(y);
  return detail::times_power_of_two(polynomial(y - whole, series), whole);
}

}  // namespace nop
