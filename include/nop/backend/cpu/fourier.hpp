// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/parallel.hpp>
#include <nop/backend/cpu/planes.hpp>
#include <nop/backend/cpu/simd.hpp>
#include <nop/core/band.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <cstddef>

namespace nop::cpu {

namespace detail {

/// Calls `body(range)` for groups of planes, shared evenly among the threads; along one axis, also
/// for pieces of the inner indices. What is computed does not depend on the grouping.
template <real Real, std::size_t Dim, class Body>
void for_each_range(const FourierTransform<Dim>& transform, std::size_t plane, const Body& body) {
  constexpr std::size_t piece = 32 * lanes<Real>;
  const std::size_t planes = transform.outer, inner = transform.inner;
  const std::size_t threads = planes * plane < 16384 ? 1 : thread_count();
  std::size_t groups        = (planes + lanes<Real> - 1) / lanes<Real>;
  groups                    = std::min(planes, (groups + threads - 1) / threads * threads);
  const std::size_t pieces  = Dim == 1 ? (inner + piece - 1) / piece : 1;
  const auto run            = [&](std::size_t task) {
    const std::size_t group = task / pieces, part = task % pieces;
    body(PlaneRange{group * planes / groups, (group + 1) * planes / groups, part * inner / pieces,
                    (part + 1) * inner / pieces});
  };
  if (threads > 1) return parallel_for(groups * pieces, run);
  for (std::size_t task = 0; task < groups * pieces; ++task) run(task);
}

}  // namespace detail

/// X(k) = weight(k) sum_x u(x) exp(-2 pi i k.x / grid) for the modes of the band, on every outer
/// and inner index: `[outer, grid..., inner] -> [outer, modes..., inner]`, or with modes first.
template <std::size_t Dim, scalar Element>
void to_modes(const FourierTransform<Dim>& transform, const Element* field,
              complex_of<Element>* spectrum) {
  using Real = real_of<Element>;
  if (element_count(transform.grid) * transform.outer * transform.inner == 0 ||
      element_count(spectrum_shape<Element>(transform.modes)) == 0)
    return;
  const detail::PlaneTransform<Element, Dim> planes(transform);
  detail::for_each_range<Real>(transform, planes.plane(), [&](const detail::PlaneRange& range) {
    planes.analyze(range, reinterpret_cast<const Real*>(field), spectrum);
  });
}

/// u(x) = sum_k weight(k) Y(k) exp(+2 pi i k.x / grid), its real part for a real field:
/// `[outer, modes..., inner] -> [outer, grid..., inner]`, or with modes first.
template <std::size_t Dim, scalar Element>
void from_modes(const FourierTransform<Dim>& transform, const complex_of<Element>* spectrum,
                Element* field) {
  using Real              = real_of<Element>;
  const std::size_t count = element_count(transform.grid) * transform.outer * transform.inner;
  if (count == 0) return;
  if (element_count(spectrum_shape<Element>(transform.modes)) == 0) {
    std::fill_n(field, count, Element{});
    return;
  }
  const detail::PlaneTransform<Element, Dim> planes(transform);
  detail::for_each_range<Real>(transform, planes.plane(), [&](const detail::PlaneRange& range) {
    planes.synthesize(range, spectrum, reinterpret_cast<Real*>(field));
  });
}

}  // namespace nop::cpu
