// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/scalar.hpp>

#include <complex>
#include <type_traits>

/// \file
/// Complex numbers of device code. Those of the standard library multiply by `__complex__`, which
/// nvcc takes for device code and then leaves out.

namespace nop::cuda {

/// Lies in memory as std::complex does, to which it turns by itself.
template <real Real>
struct alignas(2 * sizeof(Real)) Complex {
  using value_type = Real;
  Real re, im;

  Complex() = default;
  constexpr Complex(Real real_part, Real imaginary_part = 0) : re(real_part), im(imaginary_part) {}
  constexpr Complex(const std::complex<Real>& z) : re(z.real()), im(z.imag()) {}

  template <real To>
  constexpr operator std::complex<To>() const {
    return {static_cast<To>(re), static_cast<To>(im)};
  }
  template <real To>
    requires(!std::is_same_v<To, Real>)
  explicit constexpr operator Complex<To>() const {
    return {static_cast<To>(re), static_cast<To>(im)};
  }

  [[nodiscard]] constexpr Real real() const { return re; }
  [[nodiscard]] constexpr Real imag() const { return im; }

  constexpr Complex& operator+=(Complex b) { return *this = *this + b; }
  constexpr Complex& operator*=(Real b) { return *this = *this * b; }
  friend constexpr Complex operator+(Complex a, Complex b) { return {a.re + b.re, a.im + b.im}; }
  friend constexpr Complex operator-(Complex a, Complex b) { return {a.re - b.re, a.im - b.im}; }
  friend constexpr Complex operator-(Complex a) { return {-a.re, -a.im}; }
  friend constexpr Complex operator*(Complex a, Complex b) {
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
  }
  friend constexpr Complex operator*(Complex a, Real b) { return {a.re * b, a.im * b}; }
  friend constexpr Complex operator*(Real a, Complex b) { return {a * b.re, a * b.im}; }
  friend constexpr Complex operator/(Complex a, Real b) { return {a.re / b, a.im / b}; }
  friend constexpr Complex conj(Complex a) { return {a.re, -a.im}; }
  friend constexpr bool operator==(Complex a, Complex b) { return a.re == b.re && a.im == b.im; }
};

namespace detail {
template <class T>
struct OnDevice {
  using type = T;
};
template <real Real>
struct OnDevice<std::complex<Real>> {
  using type = Complex<Real>;
};
template <real Real>
struct OnDevice<const std::complex<Real>> {
  using type = const Complex<Real>;
};
}  // namespace detail

/// What device code takes the elements of an array for: Complex for std::complex, else themselves.
template <class Element>
using on_device = typename detail::OnDevice<Element>::type;

/// The same array, as device code takes it.
template <class Element>
on_device<Element>* as_on_device(Element* data) {
  return reinterpret_cast<on_device<Element>*>(data);
}

}  // namespace nop::cuda

namespace nop::detail {
template <class Real>
inline constexpr bool is_complex<cuda::Complex<Real>> = true;
template <class Real>
struct RealOf<cuda::Complex<Real>> {
  using type = Real;
};
}  // namespace nop::detail
