// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/dense_fourier.cuh>
#include <nop/backend/cuda/fourier_cost.cuh>
#include <nop/backend/cuda/full_fft.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/core/band.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>

#include <cstddef>

namespace nop::cuda {

/// X(k) = weight(k) sum_x u(x) exp(-2 pi i k.x / grid) for the modes of the band, on every outer
/// and inner index: `[outer, grid..., inner] -> [outer, modes..., inner]`, or with modes first.
template <std::size_t Dim, scalar Element>
void to_modes(const FourierTransform<Dim>& transform, const Element* field,
              complex_of<Element>* spectrum) {
  if (element_count(transform.grid) * transform.outer * transform.inner == 0 ||
      element_count(spectrum_shape<Element>(transform.modes)) == 0)
    return;
  if (engine_of<Element>(transform) == FourierEngine::fft)
    return to_modes_by_fft(transform, field, spectrum);
  to_modes_by_products(transform, field, spectrum);
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
  if (engine_of<Element>(transform) == FourierEngine::fft)
    return from_modes_by_fft(transform, spectrum, field);
  from_modes_by_products(transform, spectrum, field);
}

}  // namespace nop::cuda
