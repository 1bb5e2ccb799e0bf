// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/fftw.hpp>
#include <nop/backend/cpu/fourier_cost.hpp>
#include <nop/backend/cpu/lanes.hpp>
#include <nop/backend/cpu/line_synthesis.hpp>
#include <nop/backend/cpu/real_dft.hpp>
#include <nop/backend/cpu/simd.hpp>
#include <nop/core/band.hpp>
#include <nop/core/plan_cache.hpp>

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>
#include <memory>

namespace nop::cpu::detail {

/// Columns that are given row by row, in several slabs: [slab][row][column].
template <class Element>
struct Slabs {
  Element* data;
  std::size_t step;           ///< between rows
  std::size_t slab_step = 0;  ///< between slabs

  [[nodiscard]] Element* slab(std::size_t i) const { return data + i * slab_step; }
};

/// The real sums of one axis (RealDft) over columns [points][width] of any width, by either engine.
template <real Real>
class AxisTransform {
 public:
  AxisTransform() = default;
  AxisTransform(const RealDftKey& key, FourierEngine engine)
      : key_(key),
        engine_(engine == FourierEngine::automatic ? fourier_cost().cheaper<Real>(key) : engine) {
    if (engine_ == FourierEngine::fft) return;
    dense_ = PlanCache<RealDftKey, RealDft<Real>>::get(key);
    if (LineSynthesis<Real>::suits(key.points))
      by_line_ = PlanCache<RealDftKey, LineSynthesis<Real>>::get(key);
  }

  /// Never `automatic`.
  [[nodiscard]] FourierEngine engine() const { return engine_; }
  [[nodiscard]] std::size_t points() const { return key_.points; }
  [[nodiscard]] std::size_t rows() const { return key_.rows(); }

  /// How many numbers of working memory the others need.
  [[nodiscard]] std::size_t workspace() const { return (4 * points() + rows() + 8) * width; }

  /// [points][columns] to [rows][columns], in each of some slabs. `next` is null or a slab that
  /// will be read after these.
  void analyze(const Slabs<const Real>& in, const Slabs<Real>& out, std::size_t columns,
               std::size_t slabs, const Real* next, Real* workspace) const {
    for_each_block(columns, slabs, points(), rows(), in, out, workspace,
                   [&](const Real* i, std::size_t is, Real* o, std::size_t os, std::size_t slab,
                       std::size_t c, Real* work) {
                     const Real* const then = slab + 1 < slabs ? in.slab(slab + 1) : next;
                     analyze_block(i, is, o, os, ahead(i, is, c, columns, then, true), work);
                   });
  }

  /// [rows][columns] to [points][columns]. `next` is null or a slab that will be written after
  /// these.
  void synthesize(const Slabs<const Real>& in, const Slabs<Real>& out, std::size_t columns,
                  std::size_t slabs, const Real* next, Real* workspace) const {
    for_each_block(columns, slabs, rows(), points(), in, out, workspace,
                   [&](const Real* i, std::size_t is, Real* o, std::size_t os, std::size_t slab,
                       std::size_t c, Real* work) {
                     const Real* const then = slab + 1 < slabs ? out.slab(slab + 1) : next;
                     // Rows of whole lines may push each other out of the first cache, and have to
                     // be there when they are written.
                     const bool shared_lines = os % width != 0;
                     synthesize_block(i, is, o, os, ahead(o, os, c, columns, then, shared_lines),
                                      work);
                   });
  }

  /// Are lines of different planes for the next two?
  [[nodiscard]] bool analyzes_lines() const { return pairs_columns(); }
  [[nodiscard]] bool synthesizes_lines(std::size_t point_step) const {
    return pairs_columns() || (by_line_ && point_step == 1);
  }

  /// sums[row * step + l] are those of line l, of at most as many as a register has lanes; and
  /// back.
  void analyze_lines(const Lines<const Real>& lines, Real* sums, std::size_t step,
                     Real* workspace) const {
    for (std::size_t l = 0; l < width; ++l)
      analyze_line(lines.data + std::min(l, lines.count - 1) * lines.line_step, lines.point_step,
                   sums + l, step, workspace);
  }
  void synthesize_lines(const Real* sums, std::size_t step, const Lines<Real>& lines,
                        Real* workspace) const {
    if (by_line_) return (*by_line_)(sums, step, lines);
    for (std::size_t l = 0; l < lines.count; ++l)
      synthesize_line(sums + l, step, lines.data + l * lines.line_step, lines.point_step,
                      workspace);
  }

 private:
  using Ahead                        = typename RealDft<Real>::Ahead;
  static constexpr std::size_t width = RealDft<Real>::width;

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

  /// FFTW gets columns in pairs, of which each sees the other's rounding, and whatever is not a
  /// number; columns of different planes must not.
  [[nodiscard]] bool pairs_columns() const { return engine_ == FourierEngine::fft; }

  /// What to ask for while the block at `column` is worked on. If a slab is small, that is this
  /// block's share of the next one, line by line of the cache, in the order of memory; else columns
  /// further on in the same rows, which are too far apart for the processor to foresee them.
  Ahead ahead(const Real* block, std::size_t step, std::size_t column, std::size_t columns,
              const Real* next, bool in_order) const {
    constexpr std::size_t distance = 2 * width, small = (1U << 18U) / sizeof(Real);
    if (next != nullptr && in_order && columns > distance && points() * step <= small)
      return {next + column * points(), width};
    if (next == nullptr || column + distance < columns) return {block + distance, step};
    return {next + (column + distance - columns), step};
  }

  /// Cuts the columns into blocks of one register. Those that are left over are copied to where
  /// they are whole registers, of many slabs together, or the last block of each slab overlaps the
  /// one before it: whichever is less work, if a copy takes as long as two blocks.
  template <class Use>
  void for_each_block(std::size_t columns, std::size_t slabs, std::size_t in_rows,
                      std::size_t out_rows, const Slabs<const Real>& in, const Slabs<Real>& out,
                      Real* workspace, const Use& use) const {
    const std::size_t rest = columns % width, whole = columns - rest;
    const std::size_t alike = pairs_columns() ? rest : width;  // columns that are copied together
    const bool copied =
        rest > 0 && (whole == 0 || 3 * ((rest * slabs + alike - 1) / alike) <= slabs);
    for (std::size_t s = 0; s < slabs; ++s)
      for (std::size_t begin = 0; begin < (copied ? whole : columns); begin += width) {
        const std::size_t c = std::min(begin, columns - width);
        use(in.slab(s) + c, in.step, out.slab(s) + c, out.step, s, c, workspace);
      }
    if (!copied) return;
    Real* const wide_in  = workspace;
    Real* const wide_out = wide_in + in_rows * width;
    std::fill_n(wide_in, in_rows * width, Real(0));
    for (std::size_t begin = 0; begin < rest * slabs; begin += alike) {
      const std::size_t count = std::min(alike, rest * slabs - begin);
      std::array<const Real*, width> from;
      std::array<Real*, width> to;
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t s = (begin + i) / rest, c = whole + (begin + i) % rest;
        from[i] = in.slab(s) + c, to[i] = out.slab(s) + c;
      }
      for (std::size_t r = 0; r < in_rows; ++r)
        for (std::size_t i = 0; i < count; ++i) wide_in[r * width + i] = from[i][r * in.step];
      use(wide_in, width, wide_out, width, slabs - 1, 0, wide_out + out_rows * width);
      for (std::size_t r = 0; r < out_rows; ++r)
        for (std::size_t i = 0; i < count; ++i) to[i][r * out.step] = wide_out[r * width + i];
    }
  }

  void analyze_block(const Real* in, std::size_t in_step, Real* out, std::size_t out_step,
                     const Ahead& ahead, Real* workspace) const {
    if (dense_) return dense_->analyze(in, in_step, out, out_step, ahead);
    for (std::size_t x = 0; x < points(); ++x)
      std::copy_n(in + x * in_step, width, workspace + x * width);
    analyze_pairs<width / 2>(out, out_step, workspace);
  }

  void synthesize_block(const Real* in, std::size_t in_step, Real* out, std::size_t out_step,
                        const Ahead& ahead, Real* workspace) const {
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
  std::shared_ptr<const LineSynthesis<Real>> by_line_;  ///< where lines are long enough for it
};

}  // namespace nop::cpu::detail
