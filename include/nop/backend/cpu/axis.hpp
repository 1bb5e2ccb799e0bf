// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/fftw.hpp>
#include <nop/backend/cpu/plan_cache.hpp>
#include <nop/backend/cpu/real_dft.hpp>
#include <nop/backend/cpu/simd.hpp>
#include <nop/core/band.hpp>
#include <nop/core/host_memory.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>

namespace nop::cpu::detail {

/// The engine that is predicted to be faster, in units of one vector's multiply-add for each point.
/// A folded product costs rows / 4 of them, or twice that where the points are odd in number. What
/// FFTW costs, whose columns hardly gain from wide registers, is a fit to measurements of 16 to
/// 8192 points, five times as much for lengths with large prime factors.
template <real Real>
FourierEngine cheaper_engine(const RealDftKey& key) {
  std::size_t rest = key.points;
  for (const std::size_t factor : std::array<std::size_t, 6>{2, 3, 5, 7, 11, 13})
    while (rest % factor == 0) rest /= factor;
  const double dense  = static_cast<double>(key.rows()) / (key.points % 2 == 0 ? 4 : 2);
  const double levels = std::log2(static_cast<double>(key.points));
  const double fft = 0.16 * static_cast<double>(lanes<Real>) * levels * levels * (rest > 1 ? 5 : 1);
  return dense <= fft || key.points < 16 ? FourierEngine::dense : FourierEngine::fft;
}

/// The real sums of one axis (RealDft) over columns [points][width] of any width, by either engine.
template <real Real>
class AxisTransform {
 public:
  AxisTransform() = default;
  AxisTransform(const RealDftKey& key, FourierEngine engine)
      : key_(key),
        engine_(engine == FourierEngine::automatic ? cheaper_engine<Real>(key) : engine) {
    if (engine_ == FourierEngine::dense) dense_ = PlanCache<RealDftKey, RealDft<Real>>::get(key);
  }

  [[nodiscard]] std::size_t points() const { return key_.points; }
  [[nodiscard]] std::size_t rows() const { return key_.rows(); }

  /// How many numbers of working memory the two below need.
  [[nodiscard]] std::size_t workspace() const { return (3 * points() + rows() + 8) * width; }

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
    plan<FftKind::to_halfcomplex>(in, in_step, workspace, width)->execute(in, workspace);
    const std::size_t n = points(), highest = key_.highest();
    for (std::size_t k = 0; k <= highest; ++k) {
      const Real weight = key_.template weight_of<Real>(k);
      scale(workspace + k * width, weight, out + k * out_step);
      if (k > 0)
        scale(workspace + (n - k) * width, 2 * k == n ? Real(0) : -weight,
              out + (highest + k) * out_step);
    }
  }

  void synthesize_block(const Real* in, std::size_t in_step, Real* out, std::size_t out_step,
                        const Real* ahead, Real* workspace) const {
    if (dense_) return dense_->synthesize(in, in_step, out, out_step, ahead, workspace);
    const std::size_t n = points(), highest = key_.highest();
    std::fill_n(workspace, n * width, Real(0));
    for (std::size_t k = 0; k <= highest; ++k) {
      // FFTW counts a pair of frequencies twice by itself, and one that is its own partner once.
      const bool own_partner = k == 0 || 2 * k == n;
      const Real weight      = key_.template weight_of<Real>(k) / Real(own_partner ? 1 : 2);
      scale(in + k * in_step, weight, workspace + k * width);
      if (!own_partner) scale(in + (highest + k) * in_step, -weight, workspace + (n - k) * width);
    }
    plan<FftKind::from_halfcomplex>(workspace, width, out, out_step)->execute(workspace, out);
  }

  static void scale(const Real* in, Real factor, Real* out) {
    for (std::size_t c = 0; c < width; ++c) out[c] = factor * in[c];
  }

  template <FftKind Kind>
  auto plan(const Real* in, std::size_t in_step, const Real* out, std::size_t out_step) const {
    return PlanCache<FftLayout, FftPlan<Real>>::get(
        {.kind     = Kind,
         .points   = points(),
         .columns  = width,
         .in_step  = in_step,
         .out_step = out_step,
         .aligned  = FftPlan<Real>::are_aligned(in, out)});
  }

  RealDftKey key_{};
  FourierEngine engine_ = FourierEngine::dense;
  std::shared_ptr<const RealDft<Real>> dense_;
};

}  // namespace nop::cpu::detail
