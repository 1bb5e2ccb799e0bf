// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/scalar.hpp>

#include <cmath>
#include <cstddef>

/// \file
/// The pointwise functions that many kernels share. With a name, a backend compiles each of them
/// once for a type of number; a lambda it would compile again for every place it stands in, and
/// some devices take none.

namespace nop {

struct Same {
  constexpr auto operator()(auto a) const { return a; }
};
/// a as a `Element`; of a complex number that is to be real, the real part.
template <scalar Element>
struct As {
  template <class T>
  constexpr Element operator()(T a) const {
    if constexpr (complex<T> && real<Element>)
      return a.real();
    else
      return a;
  }
};
struct Negative {
  constexpr auto operator()(auto a) const { return -a; }
};
struct Plus {
  constexpr auto operator()(auto a, auto b) const { return a + b; }
};
struct Minus {
  constexpr auto operator()(auto a, auto b) const { return a - b; }
};
struct Times {
  constexpr auto operator()(auto a, auto b) const { return a * b; }
};
/// a + b c
struct PlusTimes {
  constexpr auto operator()(auto a, auto b, auto c) const { return a + b * c; }
};

/// |a|^2
struct SquaredSize {
  template <class T>
  constexpr auto operator()(const T& a) const {
    if constexpr (complex<T>)
      return a.real() * a.real() + a.imag() * a.imag();
    else
      return a * a;
  }
};
/// |a - b|^2
struct SquaredDistance {
  constexpr auto operator()(auto a, auto b) const { return SquaredSize{}(a - b); }
};
struct SquareRoot {
  constexpr auto operator()(auto a) const {
    using std::sqrt;
    return sqrt(a);
  }
};

/// a conj(b), which for reals is a b.
struct TimesConjugate {
  template <class T>
  constexpr T operator()(T a, T b) const {
    if constexpr (complex<T>)
      return a * conj(b);
    else
      return a * b;
  }
};

/// factor a, for a real constant.
template <real Real>
struct TimesConstant {
  Real factor;
  constexpr auto operator()(auto a) const { return a * factor; }
};

/// a + factor b, for a real constant.
template <real Real>
struct PlusMultiple {
  Real factor;
  constexpr auto operator()(auto a, auto b) const { return a + b * factor; }
};
/// p a + q b, for real constants.
template <real Real>
struct WeightedSum {
  Real p, q;
  constexpr auto operator()(auto a, auto b) const { return a * p + b * q; }
};

/// weight f(a...)
template <class F, real Real>
struct Weighted {
  F f;
  Real weight;
  constexpr auto operator()(auto... a) const { return f(a...) * weight; }
};

/// value, whatever the index.
template <scalar Element>
struct Constant {
  Element value;
  constexpr Element operator()(std::size_t) const { return value; }
};

}  // namespace nop
