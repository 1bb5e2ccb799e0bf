// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/dft_matrix.hpp>
#include <nop/backend/cpu/fftw.hpp>
#include <nop/backend/cpu/gemm.hpp>
#include <nop/backend/cpu/plan_cache.hpp>
#include <nop/core/band.hpp>
#include <nop/core/host_memory.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <memory>

namespace nop::cpu::detail {

/// One axis of a truncated transform: `lines` times [points, inner] <-> [coefficients, inner].
struct Axis {
  std::size_t points;
  std::size_t modes;
  std::size_t inner;
  ModeWeight weight;
  FourierEngine engine;

  [[nodiscard]] DftKey key() const { return {points, modes, weight}; }
};

/// The engine that is predicted to be faster, in units of one fused multiply-add of a product.
/// The factors are estimates, not calibrated on any machine: how much dearer FFTW's strided
/// operations and the pass that truncates are than a product's, and three times as much again for
/// lengths with large prime factors.
inline FourierEngine cheaper_engine(std::size_t points, std::size_t coefficients) {
  std::size_t rest = points;
  for (const std::size_t factor : std::array<std::size_t, 6>{2, 3, 5, 7, 11, 13})
    while (rest % factor == 0) rest /= factor;
  const double n   = static_cast<double>(points);
  const double fft = n * (12.0 + 5.0 * std::log2(n + 1.0) * (rest > 1 ? 3.0 : 1.0));
  return n * static_cast<double>(coefficients) <= fft ? FourierEngine::dense : FourierEngine::fft;
}

/// FFTW over all lines: in one plan where lines follow each other, else one plan run per line.
template <class In, class Out>
void run_fft(FftKind kind, const Axis& axis, std::size_t lines, std::size_t in_points,
             std::size_t out_points, const In* in, Out* out) {
  using Plan                = FftPlan<real_of<In>>;
  const bool flat           = axis.inner == 1;
  const std::size_t run     = flat ? 1 : lines;
  const std::size_t in_step = in_points * axis.inner, out_step = out_points * axis.inner;
  const auto plan = PlanCache<FftLayout, Plan>::get(
      {.kind          = kind,
       .points        = axis.points,
       .lines         = flat ? lines : axis.inner,
       .stride        = axis.inner,
       .in_line_step  = flat ? in_points : 1,
       .out_line_step = flat ? out_points : 1,
       .aligned       = Plan::are_aligned(in, out) &&
                  (run == 1 || Plan::are_aligned(in + in_step, out + out_step))});
  for (std::size_t line = 0; line < run; ++line)
    plan->execute(in + line * in_step, out + line * out_step);
}

// The half axis of a real field.

/// [lines, points, inner] reals -> [lines, coefficients, inner].
template <real Real>
void analyze_half(const Axis& axis, std::size_t lines, const Real* in, std::complex<Real>* out) {
  const std::size_t n = axis.points, kept = half_axis(axis.modes), inner = axis.inner;
  if (axis.engine == FourierEngine::fft) {
    const std::size_t half = n / 2 + 1;
    const Scratch<std::complex<Real>> full(lines * half * inner);
    run_fft(FftKind::real_to_complex, axis, lines, n, half, in, full.data());
    for (std::size_t line = 0; line < lines; ++line)
      for (std::size_t k = 0; k < kept; ++k) {
        const Real weight = half_axis_weight<Real>(axis.weight, k, n);
        for (std::size_t i = 0; i < inner; ++i)
          out[(line * kept + k) * inner + i] = weight * full[(line * half + k) * inner + i];
      }
    return;
  }
  const auto matrix = PlanCache<DftKey, HalfAxisMatrix<Real>>::get(axis.key());
  const Strided<Real> dft{matrix->values.data(), 2 * kept, 1};
  if (inner == 1) {
    multiply_serial<Real>(lines, n, 2 * kept, {in, n, 1}, dft, reinterpret_cast<Real*>(out),
                          2 * kept, Update::overwrite);
    return;
  }
  const Scratch<Real> parts(2 * kept * inner);
  for (std::size_t line = 0; line < lines; ++line) {
    multiply_serial<Real>(2 * kept, n, inner, dft.transposed(), {in + line * n * inner, inner, 1},
                          parts.data(), inner, Update::overwrite);
    for (std::size_t k = 0; k < kept; ++k)
      for (std::size_t i = 0; i < inner; ++i)
        out[(line * kept + k) * inner + i] = {parts[2 * k * inner + i],
                                              parts[(2 * k + 1) * inner + i]};
  }
}

/// [lines, coefficients, inner] -> [lines, points, inner] reals.
template <real Real>
void synthesize_half(const Axis& axis, std::size_t lines, const std::complex<Real>* in, Real* out) {
  const std::size_t n = axis.points, kept = half_axis(axis.modes), inner = axis.inner;
  if (axis.engine == FourierEngine::fft) {
    const std::size_t half = n / 2 + 1;
    const Scratch<std::complex<Real>> full(lines * half * inner);
    std::fill(full.begin(), full.end(), std::complex<Real>{});
    for (std::size_t line = 0; line < lines; ++line)
      for (std::size_t k = 0; k < kept; ++k) {
        // The inverse transform counts a conjugate pair twice by itself, and of a frequency that is
        // its own partner it knows the real part only.
        const bool own_partner = k == 0 || 2 * k == n;
        const Real weight = half_axis_weight<Real>(axis.weight, k, n) / Real(own_partner ? 1 : 2);
        for (std::size_t i = 0; i < inner; ++i) {
          const auto value                    = weight * in[(line * kept + k) * inner + i];
          full[(line * half + k) * inner + i] = own_partner ? value.real() : value;
        }
      }
    run_fft(FftKind::complex_to_real, axis, lines, half, n, full.data(), out);
    return;
  }
  const auto matrix = PlanCache<DftKey, HalfAxisMatrix<Real>>::get(axis.key());
  const Strided<Real> dft{matrix->values.data(), 2 * kept, 1};
  if (inner == 1) {
    multiply_serial<Real>(lines, 2 * kept, n, {reinterpret_cast<const Real*>(in), 2 * kept, 1},
                          dft.transposed(), out, n, Update::overwrite);
    return;
  }
  const Scratch<Real> parts(2 * kept * inner);
  for (std::size_t line = 0; line < lines; ++line) {
    for (std::size_t k = 0; k < kept; ++k)
      for (std::size_t i = 0; i < inner; ++i) {
        const auto value               = in[(line * kept + k) * inner + i];
        parts[2 * k * inner + i]       = value.real();
        parts[(2 * k + 1) * inner + i] = value.imag();
      }
    multiply_serial<Real>(n, 2 * kept, inner, dft, {parts.data(), inner, 1}, out + line * n * inner,
                          inner, Update::overwrite);
  }
}

// A full axis.

/// The place of the m-th mode of a full axis in FFTW's order.
inline std::size_t fft_index(const Axis& axis, std::size_t m) {
  const auto k = lowest_frequency(axis.modes) + static_cast<std::ptrdiff_t>(m);
  return static_cast<std::size_t>(k < 0 ? k + static_cast<std::ptrdiff_t>(axis.points) : k);
}

/// [lines, points, inner] -> [lines, modes, inner].
template <real Real>
void analyze_full(const Axis& axis, std::size_t lines, const std::complex<Real>* in,
                  std::complex<Real>* out) {
  using Complex       = std::complex<Real>;
  const std::size_t n = axis.points, kept = axis.modes, inner = axis.inner;
  if (axis.engine == FourierEngine::fft) {
    const Scratch<Complex> full(lines * n * inner);
    run_fft(FftKind::forward, axis, lines, n, n, in, full.data());
    const Real weight = full_axis_weight<Real>(axis.weight, n);
    for (std::size_t line = 0; line < lines; ++line)
      for (std::size_t m = 0; m < kept; ++m)
        for (std::size_t i = 0; i < inner; ++i)
          out[(line * kept + m) * inner + i] =
              weight * full[(line * n + fft_index(axis, m)) * inner + i];
    return;
  }
  const auto matrix = PlanCache<DftKey, FullAxisMatrix<Real>>::get(axis.key());
  const Strided<Complex> dft{matrix->values.data(), n, 1};
  if (inner == 1) {
    multiply_serial<Complex>(lines, n, kept, {in, n, 1}, dft.transposed(), out, kept,
                             Update::overwrite);
    return;
  }
  for (std::size_t line = 0; line < lines; ++line)
    multiply_serial<Complex>(kept, n, inner, dft, {in + line * n * inner, inner, 1},
                             out + line * kept * inner, inner, Update::overwrite);
}

/// [lines, modes, inner] -> [lines, points, inner].
template <real Real>
void synthesize_full(const Axis& axis, std::size_t lines, const std::complex<Real>* in,
                     std::complex<Real>* out) {
  using Complex       = std::complex<Real>;
  const std::size_t n = axis.points, kept = axis.modes, inner = axis.inner;
  if (axis.engine == FourierEngine::fft) {
    const Scratch<Complex> full(lines * n * inner);
    std::fill(full.begin(), full.end(), Complex{});
    const Real weight = full_axis_weight<Real>(axis.weight, n);
    for (std::size_t line = 0; line < lines; ++line)
      for (std::size_t m = 0; m < kept; ++m)
        for (std::size_t i = 0; i < inner; ++i)
          full[(line * n + fft_index(axis, m)) * inner + i] =
              weight * in[(line * kept + m) * inner + i];
    run_fft(FftKind::backward, axis, lines, n, n, full.data(), out);
    return;
  }
  const auto matrix = PlanCache<DftKey, FullAxisMatrix<Real>>::get(axis.key());
  const Strided<Complex> dft{matrix->values.data(), n, 1};
  if (inner == 1) {
    multiply_serial<Complex>(lines, kept, n, {in, kept, 1}, dft.conjugated(), out, n,
                             Update::overwrite);
    return;
  }
  for (std::size_t line = 0; line < lines; ++line)
    multiply_serial<Complex>(n, kept, inner, dft.conjugated().transposed(),
                             {in + line * kept * inner, inner, 1}, out + line * n * inner, inner,
                             Update::overwrite);
}

}  // namespace nop::cpu::detail
