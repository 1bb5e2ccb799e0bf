// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/complex.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/core/band.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <cstddef>

/// \file
/// From the real sums of the axes to complex coefficients and back. exp(-i k.x) is a product over
/// the axes of cos(|k| x) - i sign(k) sin(|k| x), so with F_S the sum in which the axes of the set
/// S have sines and the others cosines,
///
///     X(k) = sum_S (-i)^|S| prod_{a in S} sign(k_a) F_S(|k|),
///
/// and, the other way, F_S(|k|) gathers i^|S| prod_{a in S} sign(k_a) Y(k) of every k of the band
/// with these |k|; its real part, for a real field. Where k_a = 0 there is no sine.
///
/// The sums are `[outer, rows of axis 0, ... rows of the last axis, inner]`, numbers of the field's
/// kind, with the rows of dft_matrix.cuh.

namespace nop::cuda {

namespace detail {

template <real Real>
__host__ __device__ constexpr Complex<Real> times_i(Complex<Real> z) {
  return {-z.im, z.re};
}

/// The modes of one axis.
struct ModeAxis {
  unsigned stored, rows;
  std::size_t sum_step, mode_step;
};

/// How modes and sums lie.
template <std::size_t Dim, bool HalfLast>
struct SignMap {
  ModeAxis axis[Dim];  // NOLINT(*-avoid-c-arrays): goes to device code
  std::size_t outer, inner;
  std::size_t sum_outer_step, mode_outer_step;
  std::size_t sums, modes;  ///< how many there are
  bool modes_first;

  static constexpr bool is_half(std::size_t a) { return HalfLast && a + 1 == Dim; }

  /// The frequency of the mode that stands at `place` of an axis.
  [[nodiscard]] __host__ __device__ constexpr int frequency(std::size_t a, unsigned place) const {
    return is_half(a) ? static_cast<int>(place)
                      : static_cast<int>(place) - static_cast<int>(axis[a].rows / 2);
  }
};

template <scalar Element, std::size_t Dim>
using SignMapOf = SignMap<Dim, real<Element>>;

template <scalar Element, std::size_t Dim>
SignMapOf<Element, Dim> sign_map(const FourierTransform<Dim>& transform) {
  SignMapOf<Element, Dim> map{};
  const bool first     = transform.layout == SpectrumLayout::modes_first;
  const auto stored    = spectrum_shape<Element>(transform.modes);
  map.outer            = transform.outer;
  map.inner            = transform.inner;
  map.modes_first      = first;
  std::size_t sum_step = transform.inner, mode_step = (first ? map.outer : 1) * map.inner;
  for (std::size_t a = Dim; a-- > 0;) {
    const std::size_t rows = 2 * (transform.modes[a] / 2) + 1;
    map.axis[a] = {static_cast<unsigned>(stored[a]), static_cast<unsigned>(rows), sum_step,
                   mode_step};
    sum_step *= rows;
    mode_step *= stored[a];
  }
  map.sum_outer_step  = sum_step;
  map.mode_outer_step = first ? map.inner : mode_step;
  map.sums            = map.outer * sum_step;
  map.modes           = map.outer * map.inner * element_count(stored);
  return map;
}

/// The sum over the sets S of the axes from Axis on, at the frequencies k.
template <std::size_t Axis = 0, class Element, std::size_t Dim, bool HalfLast>
__device__ Complex<real_of<Element>> combined(const SignMap<Dim, HalfLast>& map,
                                              const int (&k)[Dim], const Element* sums) {
  if constexpr (Axis == Dim) {
    return {*sums};
  } else {
    const std::size_t step = map.axis[Axis].sum_step;
    if (k[Axis] == 0) return combined<Axis + 1>(map, k, sums);
    const unsigned size = static_cast<unsigned>(k[Axis] < 0 ? -k[Axis] : k[Axis]);
    const auto cosine   = combined<Axis + 1>(map, k, sums + (2 * size - 1) * step);
    const auto sine     = times_i(combined<Axis + 1>(map, k, sums + 2 * size * step));
    return k[Axis] < 0 ? cosine + sine : cosine - sine;
  }
}

/// What the modes of the band contribute to the sum at the given rows of the axes from Axis on.
template <std::size_t Axis = 0, real Real, std::size_t Dim, bool HalfLast>
__device__ Complex<Real> separated(const SignMap<Dim, HalfLast>& map, const unsigned (&row)[Dim],
                                   const Complex<Real>* modes) {
  if constexpr (Axis == Dim) {
    return *modes;
  } else {
    const std::size_t step = map.axis[Axis].mode_step;
    const unsigned size    = (row[Axis] + 1) / 2;
    const bool sine        = row[Axis] % 2 == 0 && size > 0;
    if constexpr (SignMap<Dim, HalfLast>::is_half(Axis)) {
      const auto value = separated<Axis + 1>(map, row, modes + size * step);
      return sine ? times_i(value) : value;
    } else {
      const unsigned zero = map.axis[Axis].rows / 2;
      Complex<Real> plus(0), minus(0);
      if (zero + size < map.axis[Axis].stored)
        plus = separated<Axis + 1>(map, row, modes + (zero + size) * step);
      if (size == 0) return plus;
      minus = separated<Axis + 1>(map, row, modes + (zero - size) * step);
      return sine ? times_i(plus - minus) : plus + minus;
    }
  }
}

template <class Element, std::size_t Dim, bool HalfLast>
__global__ void combine_sums(SignMap<Dim, HalfLast> map, const Element* sums,
                             Complex<real_of<Element>>* modes) {
  for (std::size_t index = blockIdx.x * std::size_t{blockDim.x} + threadIdx.x; index < map.modes;
       index += std::size_t{gridDim.x} * blockDim.x) {
    std::size_t rest = index;
    std::size_t at   = rest % map.inner;
    rest /= map.inner;
    if (map.modes_first) {
      at += rest % map.outer * map.sum_outer_step;
      rest /= map.outer;
    }
    int k[Dim];  // NOLINT(*-avoid-c-arrays): registers
    for (std::size_t a = Dim; a-- > 0; rest /= map.axis[a].stored)
      k[a] = map.frequency(a, static_cast<unsigned>(rest % map.axis[a].stored));
    if (!map.modes_first) at += rest * map.sum_outer_step;
    modes[index] = combined(map, k, sums + at);
  }
}

template <class Element, std::size_t Dim, bool HalfLast>
__global__ void separate_modes(SignMap<Dim, HalfLast> map, const Complex<real_of<Element>>* modes,
                               Element* sums) {
  for (std::size_t index = blockIdx.x * std::size_t{blockDim.x} + threadIdx.x; index < map.sums;
       index += std::size_t{gridDim.x} * blockDim.x) {
    std::size_t rest = index / map.inner;
    unsigned row[Dim];  // NOLINT(*-avoid-c-arrays): registers
    for (std::size_t a = Dim; a-- > 0; rest /= map.axis[a].rows)
      row[a] = static_cast<unsigned>(rest % map.axis[a].rows);
    const auto value = separated(map, row, modes + rest * map.mode_outer_step + index % map.inner);
    if constexpr (HalfLast)
      sums[index] = value.re;
    else
      sums[index] = value;
  }
}

/// Blocks for a kernel whose threads step through so many elements.
inline Launch each(std::size_t elements) {
  constexpr std::size_t threads = 256, most = std::size_t{1} << 22U;
  return {count(std::min(parts_of(elements, threads), most)), threads};
}

}  // namespace detail

/// sums -> modes
template <scalar Element, std::size_t Dim>
void combine(const FourierTransform<Dim>& transform, const Element* sums,
             complex_of<Element>* modes) {
  const auto map = detail::sign_map<Element>(transform);
  launch(detail::each(map.modes), detail::combine_sums<on_device<Element>, Dim, real<Element>>, map,
         as_on_device(sums), as_on_device(modes));
}

/// modes -> sums
template <scalar Element, std::size_t Dim>
void separate(const FourierTransform<Dim>& transform, const complex_of<Element>* modes,
              Element* sums) {
  const auto map = detail::sign_map<Element>(transform);
  launch(detail::each(map.sums), detail::separate_modes<on_device<Element>, Dim, real<Element>>,
         map, as_on_device(modes), as_on_device(sums));
}

}  // namespace nop::cuda
