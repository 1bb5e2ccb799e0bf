// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/lanes.hpp>
#include <nop/backend/cpu/simd.hpp>
#include <nop/core/band.hpp>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

namespace nop::cpu::detail {

/// From the real sums of the axes to complex coefficients and back. exp(-i k.x) is a product over
/// the axes of cos(|k| x) - i sign(k) sin(|k| x), so with F_S the sum in which the axes of the set
/// S have sines and the others cosines,
///
///     X(k) = sum_S (-i)^|S| prod_{a in S} sign(k_a) F_S(|k|),
///
/// and, the other way, F_S(|k|) gathers Re[ i^|S| prod_{a in S} sign(k_a) Y(k) ] of every k of the
/// band with these |k|. Where k_a = 0 there is no sine.
///
/// The real sums are [rows of axis 0] ... [rows of the last axis][parts][lanes], rows being the
/// cosines of 0 ... highest and then the sines of 1 ... highest; `parts` is 2 for a complex field,
/// whose real and imaginary parts are summed apart.
template <scalar Element, std::size_t Dim>
class SignPatterns {
  using Real                         = real_of<Element>;
  using Vector                       = Batch<Real>;
  static constexpr std::size_t parts = complex<Element> ? 2 : 1;
  static constexpr std::size_t width = lanes<Real>;
  static constexpr std::size_t last  = Dim - 1;

 public:
  explicit SignPatterns(const Shape<Dim>& modes) : stored_(spectrum_shape<Element>(modes)) {
    std::size_t step = parts * width;
    for (std::size_t a = Dim; a-- > 0;) {
      highest_[a] = modes[a] / 2;
      step_[a]    = step;
      step *= 2 * highest_[a] + 1;
    }
    lines_ = element_count(stored_, 0, last);
  }

  /// How many lines of the last axis' modes there are.
  [[nodiscard]] std::size_t lines() const { return lines_; }

  /// modes[k][re, im] of the `line`-th line of modes, from all sums.
  void combine(const Real* sums, std::size_t line, Real* modes) const {
    std::fill_n(modes, stored_[last] * 2 * width, Real(0));
    for_each_term(line, [&](std::size_t offset, unsigned quarter) {
      for (std::size_t part = 0; part < parts; ++part)
        add_term(sums + offset + part * width, (quarter + 3 * part) % 4, modes);
    });
  }

  /// Adds to all sums what the `line`-th line of modes contributes.
  void separate(const Real* modes, std::size_t line, Real* sums) const {
    for_each_term(line, [&](std::size_t offset, unsigned quarter) {
      for (std::size_t part = 0; part < parts; ++part)
        spread_term(modes, (quarter + 3 * part) % 4, sums + offset + part * width);
    });
  }

 private:
  /// For each set of sines among the leading axes: where its sums of this line begin, and the power
  /// of -i in front of them.
  template <class Use>
  void for_each_term(std::size_t line, const Use& use) const {
    std::array<std::ptrdiff_t, Dim> k{};
    std::size_t offset = 0;
    for (std::size_t a = last; a-- > 0; line /= stored_[a]) {
      k[a] =
          static_cast<std::ptrdiff_t>(line % stored_[a]) - static_cast<std::ptrdiff_t>(highest_[a]);
      offset += static_cast<std::size_t>(std::abs(k[a])) * step_[a];
    }
    for (unsigned set = 0; set < (1U << last); ++set) {
      std::size_t at   = offset;
      unsigned quarter = 0;
      bool exists      = true;
      for (std::size_t a = 0; a < last; ++a) {
        if ((set >> a & 1U) == 0) continue;
        exists = exists && k[a] != 0;
        at += highest_[a] * step_[a];
        quarter += k[a] < 0 ? 3 : 1;
      }
      if (exists) use(at, quarter % 4);
    }
  }

  /// Along the last axis: modes += (-i)^quarter (C - i sign(k) S).
  void add_term(const Real* sums, unsigned quarter, Real* modes) const {
    for_each_mode(sums, [&](const Real* cosine, const Real* sine, bool negative, std::size_t m) {
      Real* const re = modes + 2 * m * width;
      Real* const im = re + width;
      const Vector c = load(cosine);
      const Vector s = sine == nullptr ? Vector(Real(0)) : load(sine);
      const Vector t = negative ? -s : s;
      switch (quarter) {
        case 0:
          return (load(re) + c).store_unaligned(re), (load(im) - t).store_unaligned(im);
        case 1:
          return (load(re) - t).store_unaligned(re), (load(im) - c).store_unaligned(im);
        case 2:
          return (load(re) - c).store_unaligned(re), (load(im) + t).store_unaligned(im);
        default:
          return (load(re) + t).store_unaligned(re), (load(im) + c).store_unaligned(im);
      }
    });
  }

  /// C += Re[ i^quarter Y ],  S += Re[ i^(quarter + 1) sign(k) Y ].
  void spread_term(const Real* modes, unsigned quarter, Real* sums) const {
    for_each_mode(sums, [&](Real* cosine, Real* sine, bool negative, std::size_t m) {
      const Vector re = load(modes + 2 * m * width), im = load(modes + (2 * m + 1) * width);
      const Vector c = quarter == 0 ? re : quarter == 1 ? -im : quarter == 2 ? -re : im;
      (load(cosine) + c).store_unaligned(cosine);
      if (sine == nullptr) return;
      const Vector s = quarter == 0 ? -im : quarter == 1 ? -re : quarter == 2 ? im : re;
      (negative ? load(sine) - s : load(sine) + s).store_unaligned(sine);
    });
  }

  /// Calls `use(cosine, sine or null, is k negative, m)` for the modes of the last axis.
  template <class Pointer, class Use>
  void for_each_mode(Pointer sums, const Use& use) const {
    const auto h = static_cast<std::ptrdiff_t>(highest_[last]);
    for (std::size_t m = 0; m < stored_[last]; ++m) {
      const auto k         = static_cast<std::ptrdiff_t>(m) - (real<Element> ? 0 : h);
      const Pointer cosine = sums + static_cast<std::size_t>(std::abs(k)) * step_[last];
      use(cosine, k == 0 ? nullptr : cosine + highest_[last] * step_[last], k < 0, m);
    }
  }

  static Vector load(const Real* data) { return Vector::load_unaligned(data); }

  Shape<Dim> stored_;
  std::array<std::size_t, Dim> highest_{}, step_{};
  std::size_t lines_;
};

}  // namespace nop::cpu::detail
