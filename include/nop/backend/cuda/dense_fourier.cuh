// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/axis.cuh>
#include <nop/backend/cuda/dft_matrix.cuh>
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/planes.cuh>
#include <nop/backend/cuda/signs.cuh>
#include <nop/core/band.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>

#include <cstddef>

/// \file
/// The dense engine of all axes: planes where there are any, else axis by axis.

namespace nop::cuda {

namespace detail {

/// The axes of a transform as those of real numbers; the parts of complex ones lie behind them.
template <std::size_t Dim>
struct RealAxes {
  FourierTransform<Dim> transform;
  std::size_t parts;
  bool half;  ///< is the last one the half axis of a real field?

  [[nodiscard]] DftKey key(std::size_t a) const {
    return {transform.grid[a], transform.modes[a], half && a + 1 == Dim, transform.weight};
  }
  /// What lies around an axis when those in front of it are transformed.
  [[nodiscard]] AxisBox box(std::size_t a) const {
    AxisBox box{transform.outer, transform.inner * parts};
    for (std::size_t b = 0; b < a; ++b) box.outer *= key(b).rows();
    for (std::size_t b = a + 1; b < Dim; ++b) box.inner *= transform.grid[b];
    return box;
  }
  /// How many real sums there are when the axes up to and with `a` are transformed.
  [[nodiscard]] std::size_t sums(std::size_t a) const { return box(a).lines() * key(a).rows(); }
};

/// The axes from A on, those in front of it being transformed: `then` gets all sums. The first and
/// largest step already leaves only the kept rows of the field.
template <std::size_t A = 0, std::size_t Dim, real Real, class Then>
void analyze_axes(const RealAxes<Dim>& axes, const Real* field, const Then& then) {
  if constexpr (A == Dim) {
    then(field);
  } else {
    const Scratch<Real> sums(axes.sums(A));
    analyze_axis(axes.box(A), axes.key(A), field, sums.data());
    analyze_axes<A + 1>(axes, static_cast<const Real*>(sums.data()), then);
  }
}

/// The axes from the last of the first `Axes` back to the first.
template <std::size_t Axes, std::size_t Dim, real Real>
void synthesize_axes(const RealAxes<Dim>& axes, const Real* sums, Real* field) {
  if constexpr (Axes == 1) {
    synthesize_axis(axes.box(0), axes.key(0), sums, field);
  } else {
    const Scratch<Real> rest(axes.sums(Axes - 2));
    synthesize_axis(axes.box(Axes - 1), axes.key(Axes - 1), sums, rest.data());
    synthesize_axes<Axes - 1>(axes, static_cast<const Real*>(rest.data()), field);
  }
}

/// The last two axes of a real field as planes; of a field with one, its lines as planes.
template <std::size_t Dim>
FourierTransform<2> planes_of(const FourierTransform<Dim>& transform) {
  FourierTransform<2> planes{transform.outer, {}, 1, {}, transform.weight, transform.engine,
                             transform.layout};
  if constexpr (Dim == 1) {
    const std::size_t rows = line_axis(transform.grid[0]);
    planes.grid            = {rows, rows == 0 ? 0 : transform.grid[0] / rows};
    planes.modes           = {1, transform.modes[0]};
  } else {
    planes.outer *= element_count(transform.grid, 0, Dim - 2);
    planes.grid  = subshape<Dim - 2, 2>(transform.grid);
    planes.modes = subshape<Dim - 2, 2>(transform.modes);
  }
  return planes;
}

/// The axes in front of the planes, what is left of those being one axis behind.
template <std::size_t Dim>
RealAxes<Dim - 2> axes_in_front(const FourierTransform<Dim>& transform) {
  const auto& m = transform.modes;
  return {{transform.outer, subshape<0, Dim - 2>(transform.grid),
           (2 * (m[Dim - 2] / 2) + 1) * (2 * (m[Dim - 1] / 2) + 1), subshape<0, Dim - 2>(m),
           transform.weight, transform.engine},
          1,
          false};
}

/// False, and nothing is done, where there are no planes or they do not fit.
template <std::size_t Dim, real Real>
bool analyze_by_planes(const FourierTransform<Dim>& transform, const Real* field,
                       std::complex<Real>* spectrum) {
  const auto planes = planes_of(transform);
  if (transform.inner != 1 || planes.grid[0] == 0) return false;
  if constexpr (Dim < 3) {
    return analyze_planes<Real>(Dim == 1 ? PlaneKind::line : PlaneKind::modes, planes, field,
                                nullptr, spectrum);
  } else {
    const auto front = axes_in_front(transform);
    const Scratch<Real> sums(planes.outer * front.transform.inner);
    if (!analyze_planes<Real>(PlaneKind::sums, planes, field, sums.data(), nullptr)) return false;
    analyze_axes(front, static_cast<const Real*>(sums.data()),
                 [&](const Real* all) { combine(transform, all, spectrum); });
    return true;
  }
}

/// The other way.
template <std::size_t Dim, real Real>
bool synthesize_by_planes(const FourierTransform<Dim>& transform,
                          const std::complex<Real>* spectrum, Real* field) {
  const auto planes = planes_of(transform);
  if (transform.inner != 1 || planes.grid[0] == 0) return false;
  if constexpr (Dim < 3) {
    return synthesize_planes<Real>(Dim == 1 ? PlaneKind::line : PlaneKind::modes, planes, nullptr,
                                   spectrum, field);
  } else {
    const auto front = axes_in_front(transform);
    const Scratch<Real> rest(planes.outer * front.transform.inner);
    {
      const Scratch<Real> sums(sign_map<Real>(transform).sums);
      separate(transform, spectrum, sums.data());
      synthesize_axes<Dim - 2>(front, static_cast<const Real*>(sums.data()), rest.data());
    }
    if (!synthesize_planes<Real>(PlaneKind::sums, planes, rest.data(), nullptr, field))
      synthesize_axes<2>(RealAxes<2>{planes, 1, true}, static_cast<const Real*>(rest.data()),
                         field);
    return true;
  }
}

template <scalar Element, std::size_t Dim>
RealAxes<Dim> real_axes(const FourierTransform<Dim>& transform) {
  return {transform, complex<Element> ? std::size_t{2} : std::size_t{1}, real<Element>};
}

}  // namespace detail

/// `to_modes` of core/backend.hpp for at least one mode of at least one field.
template <scalar Element, std::size_t Dim>
void to_modes_by_products(const FourierTransform<Dim>& transform, const Element* field,
                          complex_of<Element>* spectrum) {
  if constexpr (real<Element>)
    if (detail::analyze_by_planes(transform, field, spectrum)) return;
  using Real = real_of<Element>;
  detail::analyze_axes(detail::real_axes<Element>(transform), reinterpret_cast<const Real*>(field),
                       [&](const Real* sums) {
                         combine(transform, reinterpret_cast<const Element*>(sums), spectrum);
                       });
}

/// `from_modes` of core/backend.hpp for at least one mode of at least one field.
template <scalar Element, std::size_t Dim>
void from_modes_by_products(const FourierTransform<Dim>& transform,
                            const complex_of<Element>* spectrum, Element* field) {
  if constexpr (real<Element>)
    if (detail::synthesize_by_planes(transform, spectrum, field)) return;
  using Real = real_of<Element>;
  const Scratch<Element> sums(detail::sign_map<Element>(transform).sums);
  separate(transform, spectrum, sums.data());
  detail::synthesize_axes<Dim>(detail::real_axes<Element>(transform),
                               reinterpret_cast<const Real*>(sums.data()),
                               reinterpret_cast<Real*>(field));
}

}  // namespace nop::cuda
