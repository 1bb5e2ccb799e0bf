// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>

#include <cstddef>
#include <type_traits>

/// \file
/// Complex fields and their parts. Gradients of complex fields are dL/dRe + i dL/dIm, so that each
/// of these maps pulls back by its counterpart.

namespace nop {

namespace detail {

struct ImaginaryPartOf {
  constexpr auto operator()(auto z) const { return z.imag(); }
};
template <complex Complex>
struct Imaginary {
  constexpr Complex operator()(real_of<Complex> y) const { return Complex(0, y); }
};
template <complex Complex>
struct FromParts {
  constexpr Complex operator()(real_of<Complex> x, real_of<Complex> y) const {
    return Complex(x, y);
  }
};

/// f of each element of tensors of one shape, as another type of number.
template <scalar Element, class F, class First, class... Rest>
auto mapped_to(const F& f, const First& first, const Rest&... rest) {
  using Backend      = typename First::Backend;
  auto result        = Tensor<Element, First::rank, Backend>::uninitialized(first.shape());
  const Shape<3> box = {1, 1, first.size()};
  Backend::map(f, box, whole(result.mutable_data(), box), whole(first.data(), box),
               whole(rest.data(), box)...);
  return result;
}

struct RealPart {
  /// Re(z) of every element.
  template <field Z>
    requires complex<element_of<Z>>
  auto operator()(const Z& z) const {
    using Complex = element_of<Z>;
    using Real    = real_of<Complex>;
    return evaluate(
        [](const auto& value) {
          return with_pullbacks(mapped_to<Real>(As<Real>{}, value),
                                [](const auto& g) { return mapped_to<Complex>(As<Complex>{}, g); });
        },
        z);
  }
};

struct ImaginaryPart {
  /// Im(z) of every element.
  template <field Z>
    requires complex<element_of<Z>>
  auto operator()(const Z& z) const {
    using Complex = element_of<Z>;
    using Real    = real_of<Complex>;
    return evaluate(
        [](const auto& value) {
          return with_pullbacks(mapped_to<Real>(ImaginaryPartOf{}, value), [](const auto& g) {
            return mapped_to<Complex>(Imaginary<Complex>{}, g);
          });
        },
        z);
  }
};

struct FromRealAndImaginary {
  /// x + i y, of equal shapes. Throws PreconditionError otherwise.
  template <operand X, operand Y>
    requires real<element_of<X>>
  auto operator()(const X& x, const Y& y) const {
    using Real    = element_of<X>;
    using Complex = complex_of<Real>;
    expects(x.shape() == y.shape(), "from_parts: expected two equal shapes, got ", x.shape(),
            " and ", y.shape());
    return evaluate(
        [](const auto& re, const auto& im) {
          return with_pullbacks(
              mapped_to<Complex>(FromParts<Complex>{}, re, im),
              [](const auto& g) { return mapped_to<Real>(As<Real>{}, g); },
              [](const auto& g) { return mapped_to<Real>(ImaginaryPartOf{}, g); });
        },
        x, y);
  }
};

}  // namespace detail

inline constexpr detail::RealPart real_part;
inline constexpr detail::ImaginaryPart imaginary_part;
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
