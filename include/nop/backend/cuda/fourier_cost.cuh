// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/dense_fourier.cuh>
#include <nop/core/band.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace nop::cuda {

/// What the engines are predicted to cost, in bytes of memory that are read or written meanwhile.
/// Counted are, of products, what their kernels read and write, and their multiply-adds where those
/// take longer: a folded matrix has rows x folded points of them for each line. cuFFT reads and
/// writes all coefficients once an axis, and several times as often where a length has a prime
/// factor that it has no kernel for.
struct FourierCost {
  double float_products  = 5;    ///< multiply-adds in the time of a byte
  double double_products = 2.5;  ///< likewise
  double prime           = 4;    ///< how many times as much with a large prime factor

  template <scalar Element, std::size_t Dim>
  [[nodiscard]] double dense(const FourierTransform<Dim>& transform) const {
    const auto axes   = detail::real_axes<Element>(transform);
    const bool planes = real<Element> && transform.inner == 1;
    double numbers = 0, products = 0;
    for (std::size_t a = 0; a < Dim; ++a) {
      const double lines = static_cast<double>(axes.box(a).lines());
      const double rows  = static_cast<double>(axes.key(a).rows());
      // Of planes, what lies between their axes is not in memory.
      if (a == 0 || !planes || a + 2 < Dim)
        numbers += lines * (static_cast<double>(transform.grid[a]) + rows);
      products += lines * rows * static_cast<double>(axes.key(a).folded());
    }
    const bool single = sizeof(real_of<Element>) == sizeof(float);
    return std::max(numbers * sizeof(real_of<Element>),
                    products / (single ? float_products : double_products));
  }

  template <scalar Element, std::size_t Dim>
  [[nodiscard]] double fft(const FourierTransform<Dim>& transform) const {
    const auto fields = static_cast<double>(transform.outer * transform.inner);
    Shape<Dim> all    = transform.grid;
    if constexpr (real<Element>) all[Dim - 1] = all[Dim - 1] / 2 + 1;
    const double field =
        fields * static_cast<double>(element_count(transform.grid)) * sizeof(Element);
    const double spectrum =
        fields * static_cast<double>(element_count(all)) * sizeof(complex_of<Element>);
    double bytes = field * (transform.inner == 1 ? 1 : 3);  // others are brought side by side
    for (const std::size_t points : transform.grid)
      bytes += 2 * spectrum * (has_large_prime(points) ? prime : 1);
    return bytes;
  }

  template <scalar Element, std::size_t Dim>
  [[nodiscard]] FourierEngine cheaper(const FourierTransform<Dim>& transform) const {
    return dense<Element>(transform) <= fft<Element>(transform) ? FourierEngine::dense
                                                                : FourierEngine::fft;
  }

  static bool has_large_prime(std::size_t points) {
    for (const std::size_t factor : std::array<std::size_t, 6>{2, 3, 5, 7, 11, 13})
      while (points % factor == 0) points /= factor;
    return points > 1;
  }
};

/// The engine of a transform: the one that is asked for, or the one that is predicted to be faster.
template <scalar Element, std::size_t Dim>
FourierEngine engine_of(const FourierTransform<Dim>& transform) {
  if (transform.engine != FourierEngine::automatic) return transform.engine;
  return FourierCost{}.cheaper<Element>(transform);
}

}  // namespace nop::cuda
