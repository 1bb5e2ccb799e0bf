// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/axis.hpp>
#include <nop/backend/cpu/lanes.hpp>
#include <nop/backend/cpu/signs.hpp>
#include <nop/core/band.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/scratch.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>

namespace nop::cpu::detail {

/// Planes [begin, end), at most as many as a register has lanes, and of each the inner indices
/// [inner_begin, inner_end).
struct PlaneRange {
  std::size_t begin, end, inner_begin, inner_end;
};

/// A truncated transform of planes, a plane being what one outer index holds: [grid..., inner].
///
/// Every axis is a product of a small real matrix with columns of real numbers (RealDft), from the
/// first axis to the last, so that the registers run along whatever lies contiguous behind the
/// axis, and the first and largest step already leaves only rows / points of the field. Where
/// nothing is behind the last axis, the rows of as many planes as a register has lanes are brought
/// side by side. Only the few sums that are left are combined to complex coefficients of either
/// sign (SignPatterns). Synthesis is the same backwards, but that long lines are written as they
/// lie (LineSynthesis).
template <scalar Element, std::size_t Dim>
class PlaneTransform {
  using Real                         = real_of<Element>;
  using Complex                      = std::complex<Real>;
  static constexpr std::size_t parts = complex<Element> ? 2 : 1;
  static constexpr std::size_t width = lanes<Real>;
  static constexpr std::size_t last  = Dim - 1;

 public:
  explicit PlaneTransform(const FourierTransform<Dim>& transform)
      : transform_(transform),
        patterns_(transform.modes),
        stored_(spectrum_shape<Element>(transform.modes)),
        line_(transform.grid[last] * transform.inner * parts) {
    for (std::size_t a = 0; a < Dim; ++a) {
      axes_[a]   = AxisTransform<Real>({.points = transform.grid[a],
                                        .modes  = transform.modes[a],
                                        .half   = real<Element> && a == last,
                                        .weight = transform.weight},
                                       transform.engine);
      workspace_ = std::max(workspace_, axes_[a].workspace());
      if (a < last) rows_ *= axes_[a].rows();
    }
  }

  [[nodiscard]] std::size_t plane() const {
    return element_count(transform_.grid) * transform_.inner * parts;
  }

  /// Planes of a field to their coefficients.
  void analyze(const PlaneRange& range, const Real* field, Complex* spectrum) const {
    const auto [begin, end, inner_begin, inner_end] = range;
    const Scratch<Real> leading(Dim > 1 ? (end - begin) * rows_ * line_ : 0), work(workspace_);
    if constexpr (Dim == 2)
      axes_[0].analyze({field + begin * plane(), line_, plane()},
                       {leading.data(), line_, rows_ * line_}, line_, end - begin,
                       plane_after(field, end - 1), work.data());
    if constexpr (Dim > 2)
      for (std::size_t o = begin; o < end; ++o)
        analyze_leading(field + o * plane(), leading.data() + (o - begin) * rows_ * line_,
                        plane_after(field, o), work.data());
    const Real* const lines = Dim > 1 ? leading.data() : field + begin * line_;
    for_each_bundle(range, [&](const Bundle& bundle, const Buffers& buffers) {
      for (std::size_t r = 0; r < rows_; ++r)
        for (std::size_t part = 0; part < parts; ++part) {
          const auto from  = bundle.lines(lines + r * line_ + part);
          Real* const sums = buffers.sums.data() + (r * axes_[last].rows() * parts + part) * width;
          if (bundle.side_by_side()) {
            axes_[last].analyze({from.data, from.point_step}, {sums, parts * width}, width, 1,
                                nullptr, work.data());
            continue;
          }
          if (transform_.inner == 1 && axes_[last].analyzes_lines()) {
            axes_[last].analyze_lines(from, sums, parts * width, work.data());
            continue;
          }
          gather_lanes<Real>(from, axes_[last].points(), buffers.columns.data());
          axes_[last].analyze({buffers.columns.data(), width}, {sums, parts * width}, width, 1,
                              nullptr, work.data());
        }
      for (std::size_t line = 0; line < patterns_.lines(); ++line) {
        patterns_.combine(buffers.sums.data(), line, buffers.modes.data());
        for (std::size_t m = 0; m < stored_[last]; ++m) {
          const Real* const mode = buffers.modes.data() + 2 * m * width;
          join_parts(mode, mode + width, spectrum + bundle.place(line * stored_[last] + m),
                     bundle.count, bundle.spectrum_step);
        }
      }
    });
  }

  /// Planes of a field from their coefficients.
  void synthesize(const PlaneRange& range, const Complex* spectrum, Real* field) const {
    const auto [begin, end, inner_begin, inner_end] = range;
    const Scratch<Real> leading(Dim > 1 ? (end - begin) * rows_ * line_ : 0), work(workspace_);
    Real* const lines = Dim > 1 ? leading.data() : field + begin * line_;
    for_each_bundle(range, [&](const Bundle& bundle, const Buffers& buffers) {
      std::fill(buffers.sums.begin(), buffers.sums.end(), Real(0));
      for (std::size_t line = 0; line < patterns_.lines(); ++line) {
        for (std::size_t m = 0; m < stored_[last]; ++m) {
          Real* const mode = buffers.modes.data() + 2 * m * width;
          split_parts(spectrum + bundle.place(line * stored_[last] + m), bundle.count,
                      bundle.spectrum_step, mode, mode + width);
        }
        patterns_.separate(buffers.modes.data(), line, buffers.sums.data());
      }
      for (std::size_t r = 0; r < rows_; ++r)
        for (std::size_t part = 0; part < parts; ++part) {
          const auto to = bundle.lines(lines + r * line_ + part);
          const Real* const sums =
              buffers.sums.data() + (r * axes_[last].rows() * parts + part) * width;
          if (bundle.side_by_side()) {
            axes_[last].synthesize({sums, parts * width}, {to.data, to.point_step}, width, 1,
                                   nullptr, work.data());
            continue;
          }
          if (transform_.inner == 1 && axes_[last].synthesizes_lines(to.point_step)) {
            axes_[last].synthesize_lines(sums, parts * width, to, work.data());
            continue;
          }
          axes_[last].synthesize({sums, parts * width}, {buffers.columns.data(), width}, width, 1,
                                 nullptr, work.data());
          scatter_lanes<Real>(buffers.columns.data(), axes_[last].points(), to);
        }
    });
    if constexpr (Dim == 2)
      axes_[0].synthesize({leading.data(), line_, rows_ * line_},
                          {field + begin * plane(), line_, plane()}, line_, end - begin,
                          plane_after(field, end - 1), work.data());
    if constexpr (Dim > 2)
      for (std::size_t o = begin; o < end; ++o)
        synthesize_leading(leading.data() + (o - begin) * rows_ * line_, field + o * plane(),
                           plane_after(field, o), work.data());
  }

 private:
  /// Up to `width` lines along the last axis that are transformed side by side: those of different
  /// planes, or of one plane where there are inner indices.
  struct Bundle {
    std::size_t count;
    std::size_t offset, line_step, point_step;              ///< in the lines
    std::size_t spectrum_offset, mode_step, spectrum_step;  ///< in the spectrum

    template <class T>
    [[nodiscard]] Lines<T> lines(T* data) const {
      return {data + offset, count, line_step, point_step};
    }
    /// Are the lines columns already?
    [[nodiscard]] bool side_by_side() const { return line_step == 1 && count == width; }
    [[nodiscard]] std::size_t place(std::size_t mode) const {
      return spectrum_offset + mode * mode_step;
    }
  };

  struct Buffers {
    Scratch<Real> columns, sums, modes;
  };

  template <class Use>
  void for_each_bundle(const PlaneRange& range, const Use& use) const {
    const auto [begin, end, inner_begin, inner_end] = range;
    const std::size_t sums                          = rows_ * axes_[last].rows() * parts * width;
    const Buffers buffers{Scratch<Real>(axes_[last].points() * width), Scratch<Real>(sums),
                          Scratch<Real>(stored_[last] * 2 * width)};
    const std::size_t inner = transform_.inner, outer = transform_.outer;
    const bool first             = transform_.layout == SpectrumLayout::modes_first;
    const std::size_t plane_step = first ? inner : element_count(stored_) * inner;
    Bundle bundle{.count           = end - begin,
                  .offset          = 0,
                  .line_step       = rows_ * line_,
                  .point_step      = inner * parts,
                  .spectrum_offset = begin * plane_step,
                  .mode_step       = first ? outer * inner : inner,
                  .spectrum_step   = plane_step};
    if (inner == 1) return use(bundle, buffers);
    bundle.line_step     = parts;
    bundle.spectrum_step = 1;
    for (std::size_t o = begin; o < end; ++o)
      for (std::size_t next = inner_begin; next < inner_end; next += width) {
        // The last bundle overlaps the one before it, so that it is whole.
        const std::size_t i =
            inner_end - inner_begin < width ? next : std::min(next, inner_end - width);
        bundle.count           = std::min(width, inner_end - i);
        bundle.offset          = (o - begin) * rows_ * line_ + i * parts;
        bundle.spectrum_offset = o * plane_step + i;
        use(bundle, buffers);
      }
  }

  /// The plane after plane `o` of a field, null after the last one.
  [[nodiscard]] const Real* plane_after(const Real* field, std::size_t o) const {
    return o + 1 < transform_.outer ? field + (o + 1) * plane() : nullptr;
  }

  /// One plane through all axes but the last: [grid..., inner] to [rows..., last grid axis, inner].
  /// `next` is null or the plane after it.
  void analyze_leading(const Real* plane, Real* out, const Real* next, Real* work) const {
    const Scratch<Real> first(between()), second(between());
    std::size_t outer = 1, inner = plane_elements_after(0);
    const Real* source = plane;
    for (std::size_t a = 0; a < last; ++a) {
      Real* const target  = a + 1 == last ? out : (source == first.data() ? second : first).data();
      const std::size_t n = axes_[a].points(), rows = axes_[a].rows();
      axes_[a].analyze({source, inner, n * inner}, {target, inner, rows * inner}, inner, outer,
                       a == 0 ? next : nullptr, work);
      source = target;
      outer *= rows;
      inner /= transform_.grid[a + 1];
    }
  }

  void synthesize_leading(const Real* in, Real* plane, const Real* next, Real* work) const {
    const Scratch<Real> first(between()), second(between());
    std::size_t outer = rows_, inner = line_;
    const Real* source = in;
    for (std::size_t a = last; a-- > 0;) {
      Real* const target  = a == 0 ? plane : (source == first.data() ? second : first).data();
      const std::size_t n = axes_[a].points(), rows = axes_[a].rows();
      outer /= rows;
      axes_[a].synthesize({source, inner, rows * inner}, {target, inner, n * inner}, inner, outer,
                          a == 0 ? next : nullptr, work);
      source = target;
      inner *= n;
    }
  }

  /// The real numbers of a plane behind axis `a`.
  [[nodiscard]] std::size_t plane_elements_after(std::size_t a) const {
    return element_count(transform_.grid, a + 1) * transform_.inner * parts;
  }

  /// Room for the largest result between two leading axes.
  [[nodiscard]] std::size_t between() const {
    std::size_t rows = 1, most = 0;
    for (std::size_t a = 0; a + 2 < Dim; ++a) {
      rows *= axes_[a].rows();
      most = std::max(most, rows * plane_elements_after(a));
    }
    return most;
  }

  FourierTransform<Dim> transform_;
  SignPatterns<Element, Dim> patterns_;
  Shape<Dim> stored_;
  std::array<AxisTransform<Real>, Dim> axes_;
  std::size_t line_;           ///< real numbers along the last axis
  std::size_t rows_      = 1;  ///< such lines that are left of a plane
  std::size_t workspace_ = 0;
};

}  // namespace nop::cpu::detail
