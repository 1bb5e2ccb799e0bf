// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/band.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>
#include <nop/ops/axes.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace nop {

/// Is a spectrum that of a real field, whose last axis is stored by half, or of a complex one?
enum class FieldKind { real, complex };

namespace detail {

/// The shapes of a field whose `Dim` axes from `First` on are a grid, and of its spectrum, whose
/// modes stand there or in front.
template <std::size_t First, std::size_t Dim, SpectrumLayout Layout>
struct ModeAxes {
  static constexpr std::size_t place = Layout == SpectrumLayout::in_place ? First : 0;

  /// The field's or the spectrum's shape with other extents along the grid or the modes.
  template <std::size_t Place, std::size_t Rank>
  static Shape<Rank> replaced(Shape<Rank> shape, const Shape<Dim>& axes) {
    for (std::size_t axis = 0; axis < Dim; ++axis) shape[Place + axis] = axes[axis];
    return shape;
  }

  /// From the shape of a field to that of its spectrum, and back.
  template <std::size_t Rank>
  static Shape<Rank> spectrum_of(const Shape<Rank>& field, const Shape<Dim>& stored) {
    return moved<First, place>(field, stored);
  }
  template <std::size_t Rank>
  static Shape<Rank> field_of(const Shape<Rank>& spectrum, const Shape<Dim>& grid) {
    return moved<place, First>(spectrum, grid);
  }

  template <std::size_t Rank>
  static FourierTransform<Dim> transform(const Shape<Rank>& field, const Shape<Dim>& modes,
                                         ModeWeight weight, FourierEngine engine) {
    return {element_count(field, 0, First),
            subshape<First, Dim>(field),
            element_count(field, First + Dim),
            modes,
            weight,
            engine,
            Layout};
  }

 private:
  /// Takes out the axes at `From` and puts `axes` in at `To`.
  template <std::size_t From, std::size_t To, std::size_t Rank>
  static Shape<Rank> moved(const Shape<Rank>& shape, const Shape<Dim>& axes) {
    Shape<Rank> result;
    std::size_t other = 0;
    for (std::size_t axis = 0; axis < Rank; ++axis) {
      if (axis >= To && axis < To + Dim) {
        result[axis] = axes[axis - To];
        continue;
      }
      if (other == From) other += Dim;
      result[axis] = shape[other++];
    }
    return result;
  }
};

/// The number of modes per axis that a spectrum of this shape holds.
template <FieldKind Kind, std::size_t Dim>
constexpr Shape<Dim> modes_of(Shape<Dim> spectrum) {
  if constexpr (Kind == FieldKind::real) spectrum[Dim - 1] = 2 * (spectrum[Dim - 1] - 1);
  return spectrum;
}

template <std::size_t First, SpectrumLayout Layout>
struct ToModes {
  /// The coefficients of the trigonometric interpolant of a field, those of the band alone:
  ///
  ///     X(k) = 1/prod(N) sum_x u(x) exp(-2 pi i k.x / N)
  ///
  /// along the axes from axis `First` on, as many as `modes` has. The band and its order are those
  /// of core/band.hpp: real fields store the last of these axes by half, where the coefficient of
  /// the grid's Nyquist frequency, shared by both signs, is half the sum. Modes that the grid
  /// cannot hold are dropped. Throws PreconditionError if a number of modes is 0.
  template <field X, std::size_t Dim>
  auto operator()(const X& x, const Shape<Dim>& modes,
                  FourierEngine engine = FourierEngine::automatic) const {
    using Element = element_of<X>;
    using Axes    = ModeAxes<First, Dim, Layout>;
    static_assert(First + Dim <= rank_of<X>, "to_modes: more modes than the field has axes");
    const auto grid = subshape<First, Dim>(x.shape());
    expects(element_count(modes) > 0 && element_count(grid) > 0,
            "to_modes: expected at least one mode and one point per axis, got modes ", modes,
            " on a field of shape ", x.shape());
    const auto transform =
        Axes::transform(x.shape(), held_modes(modes, grid), ModeWeight::coefficient, engine);
    return evaluate(
        [&transform](const auto& value) {
          using Backend  = typename std::remove_cvref_t<decltype(value)>::Backend;
          using Spectrum = Tensor<complex_of<Element>, rank_of<X>, Backend>;
          auto spectrum  = Spectrum::uninitialized(
              Axes::spectrum_of(value.shape(), spectrum_shape<Element>(transform.modes)));
          Backend::to_modes(transform, value.data(), spectrum.mutable_data());
          return with_pullbacks(
              std::move(spectrum), [transform, shape = value.shape()](const auto& g) {
                auto gx = Tensor<Element, rank_of<X>, Backend>::uninitialized(shape);
                Backend::from_modes(transform, g.data(), gx.mutable_data());
                return gx;
              });
        },
        x);
  }
};

template <FieldKind Kind, std::size_t First, SpectrumLayout Layout>
struct FromModes {
  /// Evaluates the trigonometric sum of a spectrum on a grid of any size, of as many axes:
  ///
  ///     u(x) = sum_k w(k) Y(k) exp(+2 pi i k.x / N)
  ///
  /// For a complex field w = 1. A real field is the real part, with w = 1 where the frequency of
  /// the half axis is 0, else 2. The modes of the spectrum, as `to_modes` orders them, become the
  /// grid; other axes stay. This is exact trigonometric interpolation; modes that the grid cannot
  /// hold are dropped. Throws PreconditionError if an extent of the grid or of the modes is 0.
  template <field Spectrum, std::size_t Dim>
  auto operator()(const Spectrum& spectrum, const Shape<Dim>& grid,
                  FourierEngine engine = FourierEngine::automatic) const {
    using Complex = element_of<Spectrum>;
    using Element = std::conditional_t<Kind == FieldKind::real, real_of<Complex>, Complex>;
    using Axes    = ModeAxes<First, Dim, Layout>;
    static_assert(complex<Complex>, "from_modes: expected a complex spectrum");
    const auto stored = subshape<Axes::place, Dim>(spectrum.shape());
    expects(
        element_count(grid) > 0 && element_count(stored) > 0,
        "from_modes: expected at least one mode and one point per axis, got a spectrum of shape ",
        spectrum.shape(), " for the grid ", grid);
    const auto modes = modes_of<Kind>(stored);
    const auto held  = held_modes(modes, grid);
    if (held != modes) {
      const auto kept =
          Axes::template replaced<Axes::place>(spectrum.shape(), spectrum_shape<Element>(held));
      const auto from = Axes::template replaced<Axes::place>(Shape<rank_of<Spectrum>>{},
                                                             band_offset<Element>(modes, held));
      return held_sum(crop(spectrum, from, kept), grid, held, engine);
    }
    return held_sum(spectrum, grid, held, engine);
  }

 private:
  template <class Spectrum, std::size_t Dim>
  static auto held_sum(const Spectrum& spectrum, const Shape<Dim>& grid, const Shape<Dim>& modes,
                       FourierEngine engine) {
    using Complex        = element_of<Spectrum>;
    using Element        = std::conditional_t<Kind == FieldKind::real, real_of<Complex>, Complex>;
    using Axes           = ModeAxes<First, Dim, Layout>;
    const auto shape     = Axes::field_of(spectrum.shape(), grid);
    const auto transform = Axes::transform(shape, modes, ModeWeight::multiplicity, engine);
    return evaluate(
        [&transform, &shape](const auto& value) {
          using Spectral = std::remove_cvref_t<decltype(value)>;
          using Backend  = typename Spectral::Backend;
          auto result    = Tensor<Element, rank_of<Spectrum>, Backend>::uninitialized(shape);
          Backend::from_modes(transform, value.data(), result.mutable_data());
          return with_pullbacks(std::move(result),
                                [transform, modes = value.shape()](const auto& g) {
                                  auto gradient = Spectral::uninitialized(modes);
                                  Backend::to_modes(transform, g.data(), gradient.mutable_data());
                                  return gradient;
                                });
        },
        spectrum);
  }
};

}  // namespace detail

/// Over the grid axes of a field [batch, channel, grid...], with a spectrum
/// [batch, channel, modes...].
inline constexpr detail::ToModes<2, SpectrumLayout::in_place> to_modes;
inline constexpr detail::FromModes<FieldKind::real, 2, SpectrumLayout::in_place> from_modes;
inline constexpr detail::FromModes<FieldKind::complex, 2, SpectrumLayout::in_place>
    complex_from_modes;

/// The same with a spectrum [modes..., batch, channel], as `mix_channels_per_mode` takes it.
inline constexpr detail::ToModes<2, SpectrumLayout::modes_first> to_leading_modes;
inline constexpr detail::FromModes<FieldKind::real, 2, SpectrumLayout::modes_first>
    from_leading_modes;
inline constexpr detail::FromModes<FieldKind::complex, 2, SpectrumLayout::modes_first>
    complex_from_leading_modes;

/// Over any axes: those from axis `First` on, such as time in [batch, time, channel, grid...].
template <std::size_t First>
inline constexpr detail::ToModes<First, SpectrumLayout::in_place> to_modes_from_axis;
template <std::size_t First>
inline constexpr detail::FromModes<FieldKind::real, First, SpectrumLayout::in_place>
    from_modes_from_axis;
template <std::size_t First>
inline constexpr detail::FromModes<FieldKind::complex, First, SpectrumLayout::in_place>
    complex_from_modes_from_axis;

}  // namespace nop
