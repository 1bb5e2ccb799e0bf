// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/axis.hpp>
#include <nop/backend/cpu/parallel.hpp>
#include <nop/core/band.hpp>
#include <nop/core/host_memory.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>

namespace nop::cpu {

namespace detail {

/// The axes of a transform, and how many lines each has per outer index.
template <class Element, std::size_t Dim>
struct AxisPlan {
  explicit AxisPlan(const FourierTransform<Dim>& transform) {
    const auto stored = spectrum_shape<Element>(transform.modes);
    std::size_t inner = transform.inner;
    for (std::size_t a = Dim; a-- > 0;) {
      axes[a] = {transform.grid[a], transform.modes[a], inner, transform.weight, transform.engine};
      if (transform.engine == FourierEngine::automatic)
        axes[a].engine = cheaper_engine(transform.grid[a], stored[a]);
      lines[a]  = element_count(transform.grid, 0, a);
      before[a] = lines[a] * transform.grid[a] * inner;
      after[a]  = lines[a] * stored[a] * inner;
      inner *= stored[a];
    }
    field    = before[Dim - 1];
    spectrum = after[0];
    widest   = *std::max_element(after.begin(), after.end());
    // Planes are transformed in groups that stay in the second cache.
    group = std::clamp<std::size_t>(32768 / std::max<std::size_t>(1, field), 1, 64);
  }

  std::array<Axis, Dim> axes;
  std::array<std::size_t, Dim> lines;   ///< per outer index
  std::array<std::size_t, Dim> before;  ///< elements on the side of the points, per outer index
  std::array<std::size_t, Dim> after;   ///< elements on the side of the modes
  std::size_t field, spectrum, widest, group;
};

/// Goes through the axes from the last to the first, or back; `source` and `target` take turns.
template <real Real, std::size_t Dim>
class PlaneGroup {
  using Complex = std::complex<Real>;

 public:
  template <class Element>
  PlaneGroup(const AxisPlan<Element, Dim>& plan, std::size_t planes)
      : planes_(planes), first_(planes * plan.widest), second_(planes * plan.widest) {}

  template <class Element>
  void analyze(const AxisPlan<Element, Dim>& plan, const Element* field, Complex* spectrum) const {
    const Complex* source = nullptr;
    for (std::size_t a = Dim; a-- > 0;) {
      Complex* const target =
          a == 0 ? spectrum : (source == first_.data() ? second_ : first_).data();
      const std::size_t lines = planes_ * plan.lines[a];
      if (a + 1 < Dim)
        analyze_full<Real>(plan.axes[a], lines, source, target);
      else if constexpr (real<Element>)
        analyze_half<Real>(plan.axes[a], lines, field, target);
      else
        analyze_full<Real>(plan.axes[a], lines, field, target);
      source = target;
    }
  }

  template <class Element>
  void synthesize(const AxisPlan<Element, Dim>& plan, const Complex* spectrum,
                  Element* field) const {
    const Complex* source = spectrum;
    for (std::size_t a = 0; a < Dim; ++a) {
      Complex* const target   = (source == first_.data() ? second_ : first_).data();
      const std::size_t lines = planes_ * plan.lines[a];
      if (a + 1 < Dim)
        synthesize_full<Real>(plan.axes[a], lines, source, target);
      else if constexpr (real<Element>)
        synthesize_half<Real>(plan.axes[a], lines, source, field);
      else
        synthesize_full<Real>(plan.axes[a], lines, source, field);
      source = target;
    }
  }

 private:
  std::size_t planes_;
  Scratch<Complex> first_, second_;
};

}  // namespace detail

/// X(k) = weight(k) sum_x u(x) exp(-2 pi i k.x / grid) for the modes of the band, on every outer
/// and inner index: `[outer, grid..., inner] -> [outer, modes..., inner]`.
template <std::size_t Dim, scalar Element>
void to_modes(const FourierTransform<Dim>& transform, const Element* field,
              complex_of<Element>* spectrum) {
  const detail::AxisPlan<Element, Dim> plan(transform);
  if (plan.field == 0 || plan.spectrum == 0) return;
  parallel_blocks(transform.outer, plan.group, [&](std::size_t begin, std::size_t end) {
    detail::PlaneGroup<real_of<Element>, Dim>(plan, end - begin)
        .analyze(plan, field + begin * plan.field, spectrum + begin * plan.spectrum);
  });
}

/// u(x) = sum_k weight(k) Y(k) exp(+2 pi i k.x / grid), its real part for a real field:
/// `[outer, modes..., inner] -> [outer, grid..., inner]`.
template <std::size_t Dim, scalar Element>
void from_modes(const FourierTransform<Dim>& transform, const complex_of<Element>* spectrum,
                Element* field) {
  const detail::AxisPlan<Element, Dim> plan(transform);
  if (plan.field == 0) return;
  if (plan.spectrum == 0) {
    std::fill_n(field, transform.outer * plan.field, Element{});
    return;
  }
  parallel_blocks(transform.outer, plan.group, [&](std::size_t begin, std::size_t end) {
    detail::PlaneGroup<real_of<Element>, Dim>(plan, end - begin)
        .synthesize(plan, spectrum + begin * plan.spectrum, field + begin * plan.field);
  });
}

}  // namespace nop::cpu
