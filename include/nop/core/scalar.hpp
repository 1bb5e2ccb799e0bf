// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <complex>
#include <concepts>
#include <type_traits>

namespace nop {

/// The real numbers that fields are made of.
template <class T>
concept real = std::same_as<T, float> || std::same_as<T, double>;

namespace detail {
template <class T>
inline constexpr bool is_complex = false;
template <real T>
inline constexpr bool is_complex<std::complex<T>> = true;

template <class T>
struct RealOf {
  using type = T;
};
template <class T>
struct RealOf<std::complex<T>> {
  using type = T;
};
}  // namespace detail

/// A complex number over one of our reals.
template <class T>
concept complex = detail::is_complex<T>;

/// What a tensor may hold.
template <class T>
concept scalar = real<T> || complex<T>;

/// float for float and std::complex<float>; likewise double.
template <class T>
using real_of = typename detail::RealOf<std::remove_const_t<T>>::type;

/// std::complex<float> for float and std::complex<float>; likewise double.
template <class T>
using complex_of = std::complex<real_of<T>>;

}  // namespace nop
