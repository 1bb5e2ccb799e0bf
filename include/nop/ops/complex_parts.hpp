// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/scalar.hpp>
#include <nop/ops/map.hpp>

#include <complex>
#include <concepts>

/// \file
/// Complex fields and their parts. Gradients of complex fields are dL/dRe + i dL/dIm, so that each
/// of these maps pulls back by its counterpart.

namespace nop {

namespace detail {

struct TakeReal {
  constexpr auto operator()(auto z) const { return z.real(); }
};
struct TakeImaginary {
  constexpr auto operator()(auto z) const { return z.imag(); }
};
struct PutReal {
  constexpr auto operator()(auto x) const { return std::complex(x, decltype(x)(0)); }
};
struct PutImaginary {
  constexpr auto operator()(auto y) const { return std::complex(decltype(y)(0), y); }
};
struct PutBoth {
  constexpr auto operator()(auto x, auto y) const { return std::complex(x, y); }
};

/// One part of every element of a complex field; `Put` makes a complex number of it again.
template <class Take, class Put>
struct Part {
  template <field Z>
    requires complex<element_of<Z>>
  auto operator()(const Z& z) const {
    using Complex = element_of<Z>;
    return evaluate(
        [](const auto& value) {
          return with_pullbacks(mapped_to<real_of<Complex>>(Take{}, value),
                                [](const auto& g) { return mapped_to<Complex>(Put{}, g); });
        },
        z);
  }
};

struct FromRealAndImaginary {
  /// x + i y, of equal shapes. Throws PreconditionError otherwise.
  template <operand X, operand Y>
    requires(real<element_of<X>> && std::same_as<element_of<X>, element_of<Y>>)
  auto operator()(const X& x, const Y& y) const {
    using Real    = element_of<X>;
    using Complex = complex_of<Real>;
    expects(x.shape() == y.shape(), "from_parts: expected two equal shapes, got ", x.shape(),
            " and ", y.shape());
    return evaluate(
        [](const auto& re, const auto& im) {
          return with_pullbacks(
              mapped_to<Complex>(PutBoth{}, re, im),
              [](const auto& g) { return mapped_to<Real>(TakeReal{}, g); },
              [](const auto& g) { return mapped_to<Real>(TakeImaginary{}, g); });
        },
        x, y);
  }
};

}  // namespace detail

/// Re(z) and Im(z) of every element of a complex field, and back.
inline constexpr detail::Part<detail::TakeReal, detail::PutReal> real_part;
inline constexpr detail::Part<detail::TakeImaginary, detail::PutImaginary> imaginary_part;
inline constexpr detail::FromRealAndImaginary from_parts;

/// f(x) of a real field, f(Re z) + i f(Im z) of a complex one, for a function f of real fields.
template <class F, field X>
auto on_parts(const F& f, const X& x) {
  if constexpr (real<element_of<X>>)
    return f(x);
  else
    return from_parts(f(real_part(x)), f(imaginary_part(x)));
}

}  // namespace nop
