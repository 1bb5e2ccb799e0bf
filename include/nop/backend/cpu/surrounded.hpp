// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/simd.hpp>
#include <nop/backend/cpu/transpose.hpp>
#include <nop/core/host_memory.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace nop::cpu::detail {

/// A band of a grid, some lines along its first axis, amid as many zeros as a kernel reaches beyond
/// the grid. What a tap t meets at a point p of the band, x(p + t - left), lies in it at
///
///     sum_a (p_a + t_a) step_a,
///
/// a place for the point plus a constant for the tap: a product over all taps needs no copy for
/// each. Neighbours along every axis but the first share the zeros between them: behind the n
/// points of an axis stand floor(k / 2), as far as its k taps reach to either side.
template <std::size_t Dim>
class Surrounded {
 public:
  /// Points side by side: the first in the grid and in the band, and how many.
  struct Run {
    std::size_t grid, band, count;
    bool is_inside = true;  ///< else they are zeros beyond the grid
  };

  /// Bands of at most so many lines.
  Surrounded(const Shape<Dim>& grid, const Shape<Dim>& kernel, const Shape<Dim>& left,
             std::size_t lines)
      : points_(grid[0]), before_(left[0]), halo_(kernel[0] - 1), lines_(lines) {
    Shape<Dim> step;
    for (std::size_t a = Dim, next = 1; a-- > 0; next *= grid[a] + kernel[a] / 2) step[a] = next;
    line_ = step[0];
    for (std::size_t a = 1; a < Dim; ++a) {
      behind_ += (grid[a] - 1) * step[a];
      first_ += left[a] * step[a];
    }
    const auto place = [&step](std::size_t index, const Shape<Dim>& shape) {
      std::size_t at = 0;
      for (std::size_t a = Dim; a-- > 0; index /= shape[a]) at += index % shape[a] * step[a];
      return at;
    };
    for (std::size_t t = 0; t < element_count(kernel); ++t) taps_.push_back(place(t, kernel));
    if constexpr (Dim > 1) {
      row_ = grid[Dim - 1];
      for (std::size_t r = 0; r < element_count(grid, 1, Dim - 1); ++r)
        rows_.push_back(place(r * row_, grid));
    }
  }

  [[nodiscard]] const HostVector<std::size_t>& taps() const { return taps_; }
  /// From the first to the last point of so many lines.
  [[nodiscard]] std::size_t span(std::size_t lines) const {
    return (lines - 1) * line_ + behind_ + 1;
  }
  /// What the longest band takes.
  [[nodiscard]] std::size_t size() const { return span(lines_) + taps_.back(); }
  [[nodiscard]] std::size_t lines_of(std::size_t band) const {
    return std::min(lines_, points_ - band * lines_);
  }
  [[nodiscard]] std::size_t bands() const { return (points_ + lines_ - 1) / lines_; }

  /// The points of a band, each where its first tap is.
  template <class Use>
  void for_each_result(std::size_t band, const Use& use) const {
    const std::size_t first = band * lines_, lines = lines_of(band);
    if constexpr (Dim == 1)
      use(Run{first, 0, lines});
    else
      for (std::size_t l = 0; l < lines; ++l)
        for (std::size_t r = 0; r < rows_.size(); ++r)
          use(Run{((first + l) * rows_.size() + r) * row_, l * line_ + rows_[r], row_});
  }

  /// All that a band holds but for the zeros that stand there in every band.
  template <class Use>
  void for_each_input(std::size_t band, const Use& use) const {
    const std::size_t first = band * lines_, all = lines_of(band) + halo_;
    const std::size_t begin = std::min(all, before_ - std::min(before_, first));
    const std::size_t end   = std::clamp(points_ + before_ - first, begin, all);
    if constexpr (Dim == 1) {
      use(Run{0, 0, begin, false});
      use(Run{first + begin - before_, begin, end - begin});
      use(Run{0, end, all - end, false});
    } else {
      for (std::size_t l = 0; l < all; ++l)
        for (std::size_t r = 0; r < rows_.size(); ++r) {
          const bool inside = begin <= l && l < end;
          use(Run{inside ? ((first + l - before_) * rows_.size() + r) * row_ : 0,
                  l * line_ + rows_[r] + first_, row_, inside});
        }
    }
  }

 private:
  std::size_t points_, before_, halo_, lines_;
  std::size_t line_, behind_ = 0, first_ = 0, row_ = 1;
  HostVector<std::size_t> taps_;
  HostVector<std::size_t> rows_;  ///< where the rows of a line are
};

/// Copies numbers register by register, of which the last overlaps the one before, if there are
/// enough for one.
template <class Register, class Real>
bool copy_registers(const Real* in, std::size_t count, Real* out) {
  constexpr std::size_t width = Register::size;
  if (count < width) return false;
  for (std::size_t i = 0; i + width < count; i += width)
    Register::load_unaligned(in + i).store_unaligned(out + i);
  Register::load_unaligned(in + count - width).store_unaligned(out + count - width);
  return true;
}

/// Copies a few numbers.
template <class Real>
void copy_run(const Real* in, std::size_t count, Real* out) {
  if (copy_registers<Batch<Real>>(in, count, out)) return;
  if constexpr (!std::is_void_v<SmallBatch<Real>>)
    if (copy_registers<SmallBatch<Real>>(in, count, out)) return;
  for (std::size_t i = 0; i < count; ++i) out[i] = in[i];
}

}  // namespace nop::cpu::detail
