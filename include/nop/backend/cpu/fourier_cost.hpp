// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/real_dft.hpp>
#include <nop/backend/cpu/simd.hpp>
#include <nop/core/band.hpp>
#include <nop/core/scalar.hpp>

#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>

namespace nop::cpu {

/// What the engines of an axis are predicted to cost, in units of one multiply-add of a register
/// for each point. A folded product needs rows / 4 of them, or twice that where the points are odd
/// in number. FFTW computes all coefficients of a line in a time that grows with the square of the
/// levels, gains little from wider registers, and takes several times as long where a length has
/// large prime factors. The two factors are fits to measurements of 16 to 8192 points;
/// `calibrate_transforms` fits them to the machine at hand.
struct alignas(8) FourierCost {  // so that it is read and replaced as one
  float level = 0.045F;          ///< of a fast transform, per number and square of log2(points)
  float prime = 7;               ///< how many times as much with a large prime factor

  [[nodiscard]] static double dense(const RealDftKey& key) {
    return static_cast<double>(key.rows()) / (key.points % 2 == 0 ? 4 : 2);
  }

  template <real Real>
  [[nodiscard]] double fft(const RealDftKey& key) const {
    const double levels = std::log2(static_cast<double>(key.points));
    return static_cast<double>(level) * static_cast<double>(lanes<Real>) * levels * levels *
           static_cast<double>(has_large_prime(key.points) ? prime : 1);
  }

  template <real Real>
  [[nodiscard]] FourierEngine cheaper(const RealDftKey& key) const {
    return key.points < 16 || dense(key) <= fft<Real>(key) ? FourierEngine::dense
                                                           : FourierEngine::fft;
  }

  /// FFTW has codelets for the factors 2 to 13.
  static bool has_large_prime(std::size_t points) {
    for (const std::size_t factor : std::array<std::size_t, 6>{2, 3, 5, 7, 11, 13})
      while (points % factor == 0) points /= factor;
    return points > 1;
  }
};

namespace detail {
inline std::atomic<FourierCost>& fourier_cost_of_all() {
  static std::atomic<FourierCost> cost{FourierCost{}};
  return cost;
}
}  // namespace detail

/// The cost by which engines are chosen in this process.
inline FourierCost fourier_cost() { return detail::fourier_cost_of_all().load(); }

/// Replaces it for all transforms from now on. Equal costs make equal choices: keep the values of a
/// calibration to have the same bits in every run.
inline void set_fourier_cost(const FourierCost& cost) { detail::fourier_cost_of_all().store(cost); }

}  // namespace nop::cpu
