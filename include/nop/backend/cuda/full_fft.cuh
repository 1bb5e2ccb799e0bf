// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/complex.cuh>
#include <nop/backend/cuda/cufft.cuh>
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/signs.cuh>
#include <nop/core/band.hpp>
#include <nop/core/plan_cache.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

/// \file
/// The other engine of a transform: all coefficients of all axes by cuFFT, of which the band is
/// taken; and a spectrum that is zero outside of the band, back.

namespace nop::cuda {

namespace detail {

/// Where the modes of a transform lie, and all coefficients, `[outer inner, grid...]`, the last
/// axis half for a real field.
template <std::size_t Dim, bool HalfLast>
struct BandMap {
  SignMap<Dim, HalfLast> modes;
  unsigned points[Dim], stored[Dim];  // NOLINT(*-avoid-c-arrays): goes to device code
  std::size_t coefficients;           ///< of one array
  ModeWeight weight;

  /// The weight of a frequency.
  template <real Real>
  __device__ Real weight_of(std::size_t a, int k) const {
    return SignMap<Dim, HalfLast>::is_half(a)
               ? half_axis_weight<Real>(weight, static_cast<std::size_t>(k), points[a])
               : full_axis_weight<Real>(weight, points[a]);
  }
};

template <scalar Element, std::size_t Dim>
BandMap<Dim, real<Element>> band_map(const FourierTransform<Dim>& transform) {
  BandMap<Dim, real<Element>> map{sign_map<Element>(transform), {}, {}, 1, transform.weight};
  for (std::size_t a = 0; a < Dim; ++a) {
    map.points[a] = count(transform.grid[a]);
    map.stored[a] = map.modes.is_half(a) ? map.points[a] / 2 + 1 : map.points[a];
    map.coefficients *= map.stored[a];
  }
  return map;
}

/// modes = weights times those of all coefficients that are in the band
template <real Real, std::size_t Dim, bool HalfLast>
__global__ void take_band(BandMap<Dim, HalfLast> map, const Complex<Real>* all,
                          Complex<Real>* modes) {
  for (std::size_t index = blockIdx.x * std::size_t{blockDim.x} + threadIdx.x;
       index < map.modes.modes; index += std::size_t{gridDim.x} * blockDim.x) {
    const std::size_t inner = index % map.modes.inner;
    std::size_t rest = index / map.modes.inner, outer = 0;
    if (map.modes.modes_first) {
      outer = rest % map.modes.outer;
      rest /= map.modes.outer;
    }
    std::size_t from = 0, step = 1;
    Real weight = 1;
    for (std::size_t a = Dim; a-- > 0;) {
      const int k = map.modes.frequency(a, static_cast<unsigned>(rest % map.modes.axis[a].stored));
      rest /= map.modes.axis[a].stored;
      from += (k < 0 ? map.points[a] - static_cast<unsigned>(-k) : static_cast<unsigned>(k)) * step;
      step *= map.stored[a];
      weight *= map.template weight_of<Real>(a, k);
    }
    if (!map.modes.modes_first) outer = rest;
    modes[index] = weight * all[(outer * map.modes.inner + inner) * map.coefficients + from];
  }
}

/// The weighted mode of a frequency; zero outside of the band.
template <real Real, std::size_t Dim, bool HalfLast>
__device__ Complex<Real> weighted_mode(const BandMap<Dim, HalfLast>& map,
                                       const unsigned (&place)[Dim], const Complex<Real>* modes) {
  Real weight = 1;
  for (std::size_t a = 0; a < Dim; ++a) {
    const unsigned highest = map.modes.axis[a].rows / 2, stored = map.modes.axis[a].stored;
    const bool half = map.modes.is_half(a);
    unsigned at     = place[a];  // of the band
    if (!half)
      at = place[a] + highest < stored ? place[a] + highest : place[a] + highest - map.points[a];
    if (at >= stored) return {0};
    modes += at * map.modes.axis[a].mode_step;
    weight *= map.template weight_of<Real>(a, map.modes.frequency(a, at));
  }
  return weight * *modes;
}

/// All coefficients of the modes of a band. A real field's lowest and, of an even number of points,
/// highest frequency of the last axis stand for themselves and their conjugates at once, and the
/// others for two waves.
template <real Real, std::size_t Dim, bool HalfLast>
__global__ void spread_band(BandMap<Dim, HalfLast> map, const Complex<Real>* modes,
                            Complex<Real>* all) {
  const std::size_t total = map.modes.outer * map.modes.inner * map.coefficients;
  for (std::size_t index = blockIdx.x * std::size_t{blockDim.x} + threadIdx.x; index < total;
       index += std::size_t{gridDim.x} * blockDim.x) {
    std::size_t rest = index;
    unsigned place[Dim], mirrored[Dim];  // NOLINT(*-avoid-c-arrays): registers
    for (std::size_t a = Dim; a-- > 0; rest /= map.stored[a]) {
      place[a]    = static_cast<unsigned>(rest % map.stored[a]);
      mirrored[a] = place[a] == 0 ? 0 : map.points[a] - place[a];
    }
    const Complex<Real>* const own =
        modes + rest / map.modes.inner * map.modes.mode_outer_step + rest % map.modes.inner;
    Complex<Real> value = weighted_mode(map, place, own);
    if constexpr (HalfLast) {
      if (place[Dim - 1] == mirrored[Dim - 1]) value += conj(weighted_mode(map, mirrored, own));
      value *= Real(0.5);
    }
    all[index] = value;
  }
}

/// [outer, points, inner] -> [outer, inner, points], or back.
template <class Element>
__global__ void turn_axes(std::size_t outer, std::size_t rows, std::size_t columns,
                          const Element* in, Element* out) {
  const std::size_t total = outer * rows * columns;
  for (std::size_t index = blockIdx.x * std::size_t{blockDim.x} + threadIdx.x; index < total;
       index += std::size_t{gridDim.x} * blockDim.x) {
    const std::size_t row = index % rows, column = index / rows % columns;
    out[index] = in[(index / (rows * columns) * rows + row) * columns + column];
  }
}

/// cuFFT over the axes of fields that lie side by side. It knows three axes; the first of four is
/// another plan's.
template <scalar Element, std::size_t Dim>
class FullFft {
  using Real     = real_of<Element>;
  using Spectral = complex_of<Element>;
  using Plans    = PlanCache<FftLayout, FftPlan<Real>>;

 public:
  explicit FullFft(const FourierTransform<Dim>& transform)
      : fields_(transform.outer * transform.inner), grid_(transform.grid) {}

  void forward(Element* field, Spectral* all) const {
    Plans::get(last_axes(real<Element> ? FftKind::real_to_complex : FftKind::forward))
        ->execute(field, all);
    first_axis(FftKind::forward, all);
  }
  void backward(Spectral* all, Element* field) const {
    first_axis(FftKind::backward, all);
    Plans::get(last_axes(real<Element> ? FftKind::complex_to_real : FftKind::backward))
        ->execute(all, field);
  }

 private:
  static constexpr std::size_t together = Dim < 3 ? Dim : 3;

  [[nodiscard]] FftLayout last_axes(FftKind kind) const {
    FftLayout layout{kind, {1, 1, 1}, fields_};
    for (std::size_t a = 0; a < together; ++a)
      layout.grid[3 - together + a] = grid_[Dim - together + a];
    if constexpr (Dim > 3) layout.batch *= grid_[0];
    return layout;
  }
  void first_axis(FftKind kind, Spectral* all) const {
    if constexpr (Dim > 3) {
      const std::size_t lines = grid_[1] * grid_[2] * (real<Element> ? grid_[3] / 2 + 1 : grid_[3]);
      const auto plan         = Plans::get(FftLayout{kind, {1, 1, grid_[0]}, lines, lines, 1});
      for (std::size_t f = 0; f < fields_; ++f) {
        Spectral* const own = all + f * grid_[0] * lines;
        plan->execute(own, own);
      }
    }
  }

  std::size_t fields_;
  Shape<Dim> grid_;
};

/// Can cuFFT read and write these numbers where they are?
template <scalar Element, std::size_t Dim>
bool lies_ready(const FourierTransform<Dim>& transform, const Element* field) {
  return transform.inner == 1 &&
         reinterpret_cast<std::uintptr_t>(field) % sizeof(complex_of<Element>) == 0;
}

}  // namespace detail

/// `to_modes` of core/backend.hpp for at least one mode of at least one field.
template <scalar Element, std::size_t Dim>
void to_modes_by_fft(const FourierTransform<Dim>& transform, const Element* field,
                     complex_of<Element>* spectrum) {
  const auto map           = detail::band_map<Element>(transform);
  const std::size_t points = element_count(transform.grid);
  const std::size_t fields = transform.outer * transform.inner;
  const detail::FullFft<Element, Dim> fft(transform);
  const Scratch<complex_of<Element>> all(fields * map.coefficients);
  if (detail::lies_ready(transform, field)) {
    fft.forward(const_cast<Element*>(field), all.data());  // which it does not change
  } else {
    const Scratch<Element> turned(fields * points);
    launch(detail::each(fields * points), detail::turn_axes<on_device<Element>>, transform.outer,
           points, transform.inner, as_on_device(field), as_on_device(turned.data()));
    fft.forward(turned.data(), all.data());
  }
  launch(detail::each(map.modes.modes), detail::take_band<real_of<Element>, Dim, real<Element>>,
         map, as_on_device(all.data()), as_on_device(spectrum));
}

/// `from_modes` of core/backend.hpp for at least one mode of at least one field.
template <scalar Element, std::size_t Dim>
void from_modes_by_fft(const FourierTransform<Dim>& transform, const complex_of<Element>* spectrum,
                       Element* field) {
  const auto map           = detail::band_map<Element>(transform);
  const std::size_t points = element_count(transform.grid);
  const std::size_t fields = transform.outer * transform.inner;
  const detail::FullFft<Element, Dim> fft(transform);
  const Scratch<complex_of<Element>> all(fields * map.coefficients);
  launch(detail::each(fields * map.coefficients),
         detail::spread_band<real_of<Element>, Dim, real<Element>>, map, as_on_device(spectrum),
         as_on_device(all.data()));
  if (detail::lies_ready(transform, field)) return fft.backward(all.data(), field);
  const Scratch<Element> turned(fields * points);
  fft.backward(all.data(), turned.data());
  launch(detail::each(fields * points), detail::turn_axes<on_device<Element>>, transform.outer,
         transform.inner, points, as_on_device(turned.data()), as_on_device(field));
}

}  // namespace nop::cuda
