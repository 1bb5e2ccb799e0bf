// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/fftw.hpp>
#include <nop/backend/cpu/fourier_cost.hpp>
#include <nop/backend/cpu/real_dft.hpp>
#include <nop/backend/cpu/simd.hpp>
#include <nop/core/band.hpp>
#include <nop/core/plan_cache.hpp>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <memory>

namespace nop::cpu::detail {

/// The real sums of one axis (RealDft) over columns [points][width] of any width, by either engine.
template <real Real>
class AxisTransform {
 public:
  AxisTransform() = default;
  AxisTransform(const RealDftKey& key, FourierEngine engine)
      : key_(key),
        engine_(engine == FourierEngine::automatic ? fourier_cost().cheaper<Real>(key) : engine) {
    if (engine_ == FourierEngine::dense) dense_ = PlanCache<RealDftKey, RealDft<Real>>::get(key);
  }

  /// Never `automatic`.
  [[nodiscard]] FourierEngine engine() const { return engine_; }
  [[nodiscard]] std::size_t points() const { return key_.points; }
  [[nodiscard]] std::size_t rows() const { return key_.rows(); }

  /// How many numbers of working memory the others need.
  [[nodiscard]] std::size_t workspace() const { return (4 * points() + rows() + 8) * width; }

  /// [points][columns] to [rows][columns]. `next` is null or where columns will be read after
  /// these.
  void analyze(const Real* in, std::size_t in_step, Real* out, std::size_t out_step,
               std::size_t columns, const Real* next, Real* workspace) const {
    for_each_block(
        columns, points(), rows(), in, in_step, out, out_step, workspace,
        [&](const Real* i, std::size_t is, Real* o, std::size_t os, std::size_t c, Real* work) {
          analyze_block(i, is, o, os, ahead(i, c, columns, next), work);
        });
  }

  /// [rows][columns] to [points][columns]. `next` is null or where columns will be written after
  /// these.
  void synthesize(const Real* in, std::size_t in_step, Real* out, std::size_t out_step,
                  std::size_t columns, const Real* next, Real* workspace) const {
    for_each_block(
        columns, rows(), points(), in, in_step, out, out_step, workspace,
        [&](const Real* i, std::size_t is, Real* o, std::size_t os, std::size_t c, Real* work) {
          synthesize_block(i, is, o, os, ahead(o, c, columns, next), work);
        });
  }

  /// Must what stands side by side be one plane's? FFTW gets columns in pairs, of which each sees
  /// the other's rounding, and whatever is not a number.
  [[nodiscard]] bool pairs_columns() const { return engine_ == FourierEngine::fft; }

  /// One line [points] to one column [rows] by FFTW, and back.
  void analyze_line(const Real* line, std::size_t point_step, Real* column, std::size_t step,
                    Real* workspace) const {
    auto* const z = reinterpret_cast<std::complex<Real>*>(spectrum<1>(workspace));
    for (std::size_t x = 0; x < points(); ++x) workspace[x] = line[x * point_step];
    PlanCache<FftLayout, FftPlan<Real>>::get({FftKind::real_to_complex, points(), 1})
        ->execute(workspace, z);
    for (std::size_t k = 0; k <= key_.highest(); ++k) {
      const Real weight = key_.template weight_of<Real>(k);
      column[k * step]  = weight * z[k].real();
      if (k > 0)
        column[(key_.highest() + k) * step] = 2 * k == points() ? Real(0) : -weight * z[k].imag();
    }
  }
  void synthesize_line(const Real* column, std::size_t step, Real* line, std::size_t point_step,
                       Real* workspace) const {
    auto* const z = reinterpret_cast<std::complex<Real>*>(spectrum<1>(workspace));
    std::fill_n(z, points() / 2 + 1, std::complex<Real>{});
    for (std::size_t k = 0; k <= key_.highest(); ++k) {
      // FFTW counts a pair of frequencies twice by itself, and one that is its own partner once.
      const Real weight = key_.template weight_of<Real>(k);
      if (k == 0 || 2 * k == points())
        z[k] = weight * column[k * step];
      else
        z[k] =
            weight / 2 * std::complex<Real>(column[k * step], -column[(key_.highest() + k) * step]);
    }
    PlanCache<FftLayout, FftPlan<Real>>::get({FftKind::complex_to_real, points(), 1})
        ->execute(z, workspace);
    for (std::size_t x = 0; x < points(); ++x) line[x * point_step] = workspace[x];
  }

 private:
  static constexpr std::size_t width = RealDft<Real>::width;

  /// What follows the block at `column` a little later: columns of the same lines, then `next`.
  static const Real* ahead(const Real* block, std::size_t column, std::size_t columns,
                           const Real* next) {
    constexpr std::size_t distance = 2 * width;
    if (column + distance < columns) return block + distance;
    return next == nullptr ? block : next + (column + distance - columns);
  }

  /// Cuts the columns into blocks of one register. The last block overlaps the one before it, so
  /// that all are whole; fewer columns are copied to where they are.
  template <class Use>
  static void for_each_block(std::size_t columns, std::size_t in_rows, std::size_t out_rows,
                             const Real* in, std::size_t in_step, Real* out, std::size_t out_step,
                             Real* workspace, const Use& use) {
    if (columns >= width) {
      for (std::size_t begin = 0; begin < columns; begin += width) {
        const std::size_t c = std::min(begin, columns - width);
        use(in + c, in_step, out + c, out_step, c, workspace);
      }
      return;
    }
    Real* const wide_in  = workspace;
    Real* const wide_out = wide_in + in_rows * width;
    std::fill_n(wide_in, in_rows * width, Real(0));
    for (std::size_t r = 0; r < in_rows; ++r)
      std::copy_n(in + r * in_step, columns, wide_in + r * width);
    use(wide_in, width, wide_out, width, columns, wide_out + out_rows * width);
    for (std::size_t r = 0; r < out_rows; ++r)
      std::copy_n(wide_out + r * width, columns, out + r * out_step);
  }

  void analyze_block(const Real* in, std::size_t in_step, Real* out, std::size_t out_step,
                     const Real* ahead, Real* workspace) const {
    if (dense_) return dense_->analyze(in, in_step, out, out_step, ahead);
    for (std::size_t x = 0; x < points(); ++x)
      std::copy_n(in + x * in_step, width, workspace + x * width);
    analyze_pairs<width / 2>(out, out_step, workspace);
  }

  void synthesize_block(const Real* in, std::size_t in_step, Real* out, std::size_t out_step,
                        const Real* ahead, Real* workspace) const {
    if (dense_) return dense_->synthesize(in, in_step, out, out_step, ahead, workspace);
    const Real* const points_of_all = synthesize_pairs<width / 2>(in, in_step, workspace);
    for (std::size_t x = 0; x < points(); ++x)
      std::copy_n(points_of_all + x * width, width, out + x * out_step);
  }

  /// FFTW is fastest with complex numbers, of which the real and the imaginary part can be two real
  /// columns a and b: with Z(k) = A(k) + i B(k) and A(-k) = conj A(k), the sums are
  /// (C_a, C_b) = (Z(k) + Z(-k)) / 2 and, of D = (Z(k) - Z(-k)) / 2, (S_a, S_b) = (-im D, re D).
  /// `workspace` holds the points of `Pairs` pairs, [points][2 Pairs].
  template <std::size_t Pairs>
  void analyze_pairs(Real* out, std::size_t out_step, Real* workspace) const {
    Real* const z       = spectrum<Pairs>(workspace);
    const std::size_t n = points(), highest = key_.highest();
    execute<Pairs>(FftKind::forward, workspace, z);
    for (std::size_t k = 0; k <= highest; ++k) {
      const Real half         = key_.template weight_of<Real>(k) / 2;
      const Real* const plus  = z + k * 2 * Pairs;
      const Real* const minus = z + (n - k) % n * 2 * Pairs;
      Real* const cosine      = out + k * out_step;
      Real* const sine        = out + (highest + k) * out_step;
      for (std::size_t c = 0; c < 2 * Pairs; ++c) cosine[c] = half * (plus[c] + minus[c]);
      for (std::size_t c = 0; c < 2 * Pairs && k > 0; c += 2) {
        sine[c]     = half * (minus[c + 1] - plus[c + 1]);
        sine[c + 1] = half * (plus[c] - minus[c]);
      }
    }
  }

  /// The same backwards: Z(+-k) = (V +- T) / 2 of V = (C_a, C_b) and T = (S_b, -S_a).
  template <std::size_t Pairs>
  const Real* synthesize_pairs(const Real* in, std::size_t in_step, Real* workspace) const {
    Real* const z       = spectrum<Pairs>(workspace);
    const std::size_t n = points(), highest = key_.highest();
    std::fill_n(z, n * 2 * Pairs, Real(0));
    for (std::size_t k = 0; k <= highest; ++k) {
      const Real weight        = key_.template weight_of<Real>(k);
      Real* const plus         = z + k * 2 * Pairs;
      Real* const minus        = z + (n - k) % n * 2 * Pairs;
      const Real* const cosine = in + k * in_step;
      const Real* const sine   = in + (highest + k) * in_step;
      for (std::size_t c = 0; c < 2 * Pairs; c += 2)
        if (plus == minus) {  // a frequency that is its own partner has no sine
          plus[c]     = weight * cosine[c];
          plus[c + 1] = weight * cosine[c + 1];
        } else {
          plus[c]      = weight / 2 * (cosine[c] + sine[c + 1]);
          plus[c + 1]  = weight / 2 * (cosine[c + 1] - sine[c]);
          minus[c]     = weight / 2 * (cosine[c] - sine[c + 1]);
          minus[c + 1] = weight / 2 * (cosine[c + 1] + sine[c]);
        }
    }
    execute<Pairs>(FftKind::backward, z, workspace);
    return workspace;
  }

  /// The part of the working memory behind the points, as aligned as they are.
  template <std::size_t Pairs>
  Real* spectrum(Real* workspace) const {
    constexpr std::size_t line = 64 / sizeof(Real);
    return workspace + (points() * 2 * Pairs + line - 1) / line * line;
  }

  template <std::size_t Pairs>
  void execute(FftKind kind, Real* in, Real* out) const {
    PlanCache<FftLayout, FftPlan<Real>>::get({kind, points(), Pairs})
        ->execute(reinterpret_cast<std::complex<Real>*>(in),
                  reinterpret_cast<std::complex<Real>*>(out));
  }

  RealDftKey key_{};
  FourierEngine engine_ = FourierEngine::dense;
  std::shared_ptr<const RealDft<Real>> dense_;
};

}  // namespace nop::cpu::detail
