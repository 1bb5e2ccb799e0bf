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

/// Extents before, of, and after the `Dim` axes from axis `First` on.
template <std::size_t First, std::size_t Dim, std::size_t Rank>
FourierTransform<Dim> transform_of(const Shape<Rank>& shape, const Shape<Dim>& grid,
                                   const Shape<Dim>& modes, ModeWeight weight,
                                   FourierEngine engine) {
  return {element_count(shape, 0, First),
          grid,
          element_count(shape, First + Dim),
          modes,
          weight,
          engine};
}

/// `shape` with its `Dim` axes from `First` on replaced.
template <std::size_t First, std::size_t Dim, std::size_t Rank>
Shape<Rank> with_axes(Shape<Rank> shape, const Shape<Dim>& axes) {
  for (std::size_t axis = 0; axis < Dim; ++axis) shape[First + axis] = axes[axis];
  return shape;
}

/// The number of modes per axis that a spectrum of this shape holds.
template <FieldKind Kind, std::size_t Dim>
constexpr Shape<Dim> modes_of(Shape<Dim> spectrum) {
  if constexpr (Kind == FieldKind::real) spectrum[Dim - 1] = 2 * (spectrum[Dim - 1] - 1);
  return spectrum;
}

template <std::size_t First>
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
    static_assert(First + Dim <= rank_of<X>, "to_modes: more modes than the field has axes");
    const auto grid = subshape<First, Dim>(x.shape());
    expects(element_count(modes) > 0 && element_count(grid) > 0,
            "to_modes: expected at least one mode and one point per axis, got modes ", modes,
            " on a field of shape ", x.shape());
    const auto transform = transform_of<First>(x.shape(), grid, held_modes(modes, grid),
                                               ModeWeight::coefficient, engine);
    return evaluate(
        [&transform](const auto& value) {
          using Backend  = typename std::remove_cvref_t<decltype(value)>::Backend;
          using Spectrum = Tensor<complex_of<Element>, rank_of<X>, Backend>;
          auto spectrum  = Spectrum::uninitialized(
              with_axes<First>(value.shape(), spectrum_shape<Element>(transform.modes)));
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

template <FieldKind Kind, std::size_t First>
struct FromModes {
  /// Evaluates the trigonometric sum of a spectrum on a grid, of any size:
  ///
  ///     u(x) = sum_k w(k) Y(k) exp(+2 pi i k.x / N),    its real part for a real field,
  ///
  /// with w = 1 where the frequency of the half axis is 0, else 2. This is exact trigonometric
  /// interpolation; modes that the grid cannot hold are dropped. Throws PreconditionError if an
  /// extent of the grid is 0.
  template <field Spectrum, std::size_t Dim>
  auto operator()(const Spectrum& spectrum, const Shape<Dim>& grid,
                  FourierEngine engine = FourierEngine::automatic) const {
    using Complex = element_of<Spectrum>;
    using Element = std::conditional_t<Kind == FieldKind::real, real_of<Complex>, Complex>;
    static_assert(complex<Complex>, "from_modes: expected a complex spectrum");
    const auto stored = subshape<First, Dim>(spectrum.shape());
    expects(
        element_count(grid) > 0 && element_count(stored) > 0,
        "from_modes: expected at least one mode and one point per axis, got a spectrum of shape ",
        spectrum.shape(), " for the grid ", grid);
    const auto modes = modes_of<Kind>(stored);
    const auto held  = held_modes(modes, grid);
    if (held != modes) {
      const auto kept = with_axes<First>(spectrum.shape(), spectrum_shape<Element>(held));
      const auto from =
          with_axes<First>(Shape<rank_of<Spectrum>>{}, band_offset<Element>(modes, held));
      return held_sum(crop(spectrum, from, kept), grid, held, engine);
    }
    return held_sum(spectrum, grid, held, engine);
  }

 private:
  template <class Spectrum, std::size_t Dim>
  static auto held_sum(const Spectrum& spectrum, const Shape<Dim>& grid, const Shape<Dim>& modes,
                       FourierEngine engine) {
    using Complex = element_of<Spectrum>;
    using Element = std::conditional_t<Kind == FieldKind::real, real_of<Complex>, Complex>;
    const auto transform =
        transform_of<First>(spectrum.shape(), grid, modes, ModeWeight::multiplicity, engine);
    return evaluate(
        [&transform](const auto& value) {
          using Spectral = std::remove_cvref_t<decltype(value)>;
          using Backend  = typename Spectral::Backend;
          auto result    = Tensor<Element, rank_of<Spectrum>, Backend>::uninitialized(
              with_axes<First>(value.shape(), transform.grid));
          Backend::from_modes(transform, value.data(), result.mutable_data());
          return with_pullbacks(std::move(result),
                                [transform, shape = value.shape()](const auto& g) {
                                  auto gradient = Spectral::uninitialized(shape);
                                  Backend::to_modes(transform, g.data(), gradient.mutable_data());
                                  return gradient;
                                });
        },
        spectrum);
  }
};

}  // namespace detail

/// Over the grid axes of a field [batch, channel, grid...].
inline constexpr detail::ToModes<2> to_modes;
inline constexpr detail::FromModes<FieldKind::real, 2> from_modes;
inline constexpr detail::FromModes<FieldKind::complex, 2> complex_from_modes;

/// Over any axes: those from axis `First` on, such as time in [batch, time, channel, grid...].
template <std::size_t First>
inline constexpr detail::ToModes<First> to_modes_from_axis;
template <std::size_t First>
inline constexpr detail::FromModes<FieldKind::real, First> from_modes_from_axis;
template <std::size_t First>
inline constexpr detail::FromModes<FieldKind::complex, First> complex_from_modes_from_axis;

}  // namespace nop
