// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/scalar.hpp>
#include <nop/layers/context.hpp>
#include <nop/ops/complex_parts.hpp>
#include <nop/ops/elementwise.hpp>

#include <optional>
#include <type_traits>

namespace nop {

/// How a layer of real fields acts on complex ones.
enum class ComplexParts {
  mixed,    ///< two of the layer, f and g, as f + i g
  separate  ///< one layer, on the real and on the imaginary part
};

/// A layer of real fields made one of complex fields:
///
///     y = f(Re x) - g(Im x) + i (f(Im x) + g(Re x))    for mixed parts,
///     y = f(Re x) + i f(Im x)                          for separate ones.
///
/// If f and g multiply by the real matrices A and B, the first multiplies by A + i B.
template <class Layer>
class ComplexValued {
 public:
  /// Layers made from the same arguments one after the other.
  template <class... Arguments>
  explicit ComplexValued(ComplexParts parts, const Arguments&... arguments) : real_(arguments...) {
    if (parts == ComplexParts::mixed) imaginary_.emplace(arguments...);
  }

  template <field X, context... Context>
    requires complex<element_of<X>>
  auto operator()(const X& x, Context&&... context) const {
    const auto re = real_part(x), im = imaginary_part(x);
    const auto f_re = real_(re, context...), f_im = real_(im, context...);
    if (!imaginary_) return from_parts(f_re, f_im);
    const auto g_re = (*imaginary_)(re, context...), g_im = (*imaginary_)(im, context...);
    return from_parts(subtract(f_re, g_im), add(f_im, g_re));
  }

  /// y plus the layer's value of x, for a layer that is linear.
  template <field Y, field X>
    requires complex<element_of<X>>
  Y add_to(const Y& y, const X& x) const {
    const auto re = real_part(x), im = imaginary_part(x);
    const auto f_re = real_.add_to(real_part(y), re), f_im = real_.add_to(imaginary_part(y), im);
    if (!imaginary_) return from_parts(f_re, f_im);
    return from_parts(imaginary_->add_to(f_re, scale_by(im, -1)), imaginary_->add_to(f_im, re));
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("real", self.real_);
    visit("imaginary", self.imaginary_);
  }

 private:
  Layer real_;
  std::optional<Layer> imaginary_;
};

/// A layer of real fields for fields of this element: itself, or made complex.
template <scalar Element, class Layer>
using LayerOn = std::conditional_t<real<Element>, Layer, ComplexValued<Layer>>;

/// Makes a `LayerOn` from the arguments of the layer.
template <scalar Element, class Layer, class... Arguments>
LayerOn<Element, Layer> layer_on(ComplexParts parts, const Arguments&... arguments) {
  if constexpr (real<Element>)
    return Layer(arguments...);
  else
    return ComplexValued<Layer>(parts, arguments...);
}

}  // namespace nop
