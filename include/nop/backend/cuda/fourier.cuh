// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/axis.cuh>
#include <nop/backend/cuda/dft_matrix.cuh>
#include <nop/backend/cuda/full_fft.cuh>
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/signs.cuh>
#include <nop/core/band.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>

#include <cstddef>

namespace nop::cuda {

namespace detail {

/// The numbers of a field as real ones: the parts of a complex one lie behind its axes.
template <scalar Element, std::size_t Dim>
class RealAxes {
  using Real                         = real_of<Element>;
  static constexpr std::size_t parts = complex<Element> ? 2 : 1;

 public:
  explicit RealAxes(const FourierTransform<Dim>& transform) : transform_(transform) {}

  [[nodiscard]] DftKey key(std::size_t a) const {
    return {transform_.grid[a], transform_.modes[a], real<Element> && a + 1 == Dim,
            transform_.weight};
  }
  /// What lies around an axis when those in front of it are transformed.
  [[nodiscard]] AxisBox box(std::size_t a) const {
    AxisBox box{transform_.outer, transform_.inner * parts};
    for (std::size_t b = 0; b < a; ++b) box.outer *= key(b).rows();
    for (std::size_t b = a + 1; b < Dim; ++b) box.inner *= transform_.grid[b];
    return box;
  }
  /// How many real sums there are when the axes up to and with `a` are transformed.
  [[nodiscard]] std::size_t sums(std::size_t a) const { return box(a).lines() * key(a).rows(); }

 private:
  FourierTransform<Dim> transform_;
};

/// From axis A on, the axes in front being transformed. The first and largest step already leaves
/// only the kept rows of the field.
template <std::size_t A = 0, scalar Element, std::size_t Dim>
void analyze_axes(const FourierTransform<Dim>& transform, const real_of<Element>* field,
                  complex_of<Element>* spectrum) {
  using Real = real_of<Element>;
  if constexpr (A == Dim) {
    cuda::combine(transform, reinterpret_cast<const Element*>(field), spectrum);
  } else {
    const RealAxes<Element, Dim> axes(transform);
    const Scratch<Real> sums(axes.sums(A));
    analyze_axis(axes.box(A), axes.key(A), field, sums.data());
    analyze_axes<A + 1, Element>(transform, sums.data(), spectrum);
  }
}

/// From axis A - 1 back to the first.
template <std::size_t A, scalar Element, std::size_t Dim>
void synthesize_axes(const FourierTransform<Dim>& transform, const real_of<Element>* sums,
                     real_of<Element>* field) {
  using Real = real_of<Element>;
  const RealAxes<Element, Dim> axes(transform);
  if constexpr (A == 1) {
    synthesize_axis(axes.box(0), axes.key(0), sums, field);
  } else {
    const Scratch<Real> rest(axes.sums(A - 2));
    synthesize_axis(axes.box(A - 1), axes.key(A - 1), sums, rest.data());
    synthesize_axes<A - 1, Element>(transform, rest.data(), field);
  }
}

}  // namespace detail

/// X(k) = weight(k) sum_x u(x) exp(-2 pi i k.x / grid) for the modes of the band, on every outer
/// and inner index: `[outer, grid..., inner] -> [outer, modes..., inner]`, or with modes first.
template <std::size_t Dim, scalar Element>
void to_modes(const FourierTransform<Dim>& transform, const Element* field,
              complex_of<Element>* spectrum) {
  if (element_count(transform.grid) * transform.outer * transform.inner == 0 ||
      element_count(spectrum_shape<Element>(transform.modes)) == 0)
    return;
  if (transform.engine == FourierEngine::fft) return to_modes_by_fft(transform, field, spectrum);
  detail::analyze_axes<0, Element>(transform, reinterpret_cast<const real_of<Element>*>(field),
                                   spectrum);
}

/// u(x) = sum_k weight(k) Y(k) exp(+2 pi i k.x / grid), its real part for a real field:
/// `[outer, modes..., inner] -> [outer, grid..., inner]`, or with modes first.
template <std::size_t Dim, scalar Element>
void from_modes(const FourierTransform<Dim>& transform, const complex_of<Element>* spectrum,
                Element* field) {
  const std::size_t count = element_count(transform.grid) * transform.outer * transform.inner;
  if (count == 0) return;
  if (element_count(spectrum_shape<Element>(transform.modes)) == 0)
    return check(cudaMemsetAsync(field, 0, count * sizeof(Element), stream()), "cudaMemsetAsync");
  if (transform.engine == FourierEngine::fft) return from_modes_by_fft(transform, spectrum, field);
  const Scratch<Element> sums(detail::sign_map<Element>(transform).sums);
  separate(transform, spectrum, sums.data());
  detail::synthesize_axes<Dim, Element>(transform,
                                        reinterpret_cast<const real_of<Element>*>(sums.data()),
                                        reinterpret_cast<real_of<Element>*>(field));
}

}  // namespace nop::cuda
