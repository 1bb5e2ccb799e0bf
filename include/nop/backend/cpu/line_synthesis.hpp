// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/dft_waves.hpp>
#include <nop/backend/cpu/lanes.hpp>
#include <nop/backend/cpu/simd.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/scratch.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace nop::cpu {

/// `RealDft::synthesize` for lines whose points lie side by side in memory: the registers run along
/// the points, so that lines are written as they lie, and what is read are few sums. The points
/// 1 ... m are those that the others follow from,
///
///     even n, m = n/4:       u(x), u(n-x) = (a + b) +- (d + c),  u(n/2 -+ x) = (a - b) +- (d - c)
///                            of even and odd cosines a, b and even and odd sines c, d,
///     odd n, m = (n - 1)/2:  u(x), u(n-x) = a +- b of cosines and sines,
///
/// a register of neighbours at a time, of which the mirrored ones are written backwards. At the
/// points 0 and n/2 all sines are zero, and all cosines 1 or +-1.
template <real Real>
class LineSynthesis {
  using Vector                       = Batch<Real>;
  static constexpr std::size_t width = lanes<Real>;
  static constexpr std::size_t group = registers<Real> / 8;  ///< lines at a time

 public:
  explicit LineSynthesis(const RealDftKey& key)
      : points_(key.points),
        highest_(key.highest()),
        classes_(key.points % 2 == 0 ? 4 : 2),
        blocks_((folded(key.points) + width - 1) / width),
        rows_(waves(1).count),
        weights_(highest_ + 1) {
    table_.reserve(blocks_ * rows_ * classes_ * width);
    for (std::size_t b = 0; b < blocks_; ++b)
      for (std::size_t r = 0; r < rows_; ++r)
        for (std::size_t c = 0; c < classes_; ++c)
          for (std::size_t i = 0; i < width; ++i)
            table_.push_back(waves(c).template at<Real>(key, r, first_of(b) + i));
    for (std::size_t k = 0; k <= highest_; ++k) weights_[k] = key.template weight_of<Real>(k);
  }

  /// Are so many points enough for it to be faster?
  static bool suits(std::size_t points) { return width > 1 && folded(points) >= 4 * width; }

  /// The points of line l from its sums, sums[row * step + l]; of at most as many lines as a
  /// register has lanes.
  void operator()(const Real* sums, std::size_t step, const detail::Lines<Real>& lines) const {
    std::array<Vector, 2> ends = {Vector(Real(0)), Vector(Real(0))};  // of even and of odd k
    for (std::size_t k = 0; k <= highest_; ++k)
      ends[k % 2] =
          xsimd::fma(Vector(weights_[k]), Vector::load_unaligned(sums + k * step), ends[k % 2]);
    std::array<Real, width> first, middle;
    (ends[0] + ends[1]).store_unaligned(first.data());
    (ends[0] - ends[1]).store_unaligned(middle.data());

    const Scratch<Real> factors(rows_ * classes_ * group);
    std::fill(factors.begin(), factors.end(), Real(0));
    for (std::size_t l = 0; l < lines.count; l += group) {
      Group some{factors.data(), {}, {}};
      for (std::size_t i = 0; i < group; ++i) {
        const std::size_t lane = std::min(l + i, lines.count - 1);  // the last one again
        for (std::size_t c = 0; c < classes_; ++c)
          for (std::size_t r = 0; r < waves(c).count; ++r)
            factors[(r * classes_ + c) * group + i] = sums[waves(c).row(r, highest_) * step + lane];
        some.mean[i]    = weights_[0] * sums[lane];
        some.line[i]    = lines.data + lane * lines.line_step;
        some.line[i][0] = first[lane];
        if (classes_ == 4) some.line[i][points_ / 2] = middle[lane];
      }
      if (classes_ == 4)
        write<4>(some);
      else
        write<2>(some);
    }
  }

 private:
  struct Group {
    const Real* factors;  ///< [wave][class][line]
    std::array<Real, group> mean;
    std::array<Real*, group> line;
  };

  /// Those of a class, but k = 0: even and odd cosines, even and odd sines; or cosines and sines.
  [[nodiscard]] detail::Waves waves(std::size_t c) const {
    if (classes_ == 2) return {c == 1, 1, 1, highest_};
    const std::size_t odd = c % 2;
    return {c >= 2, 2 - odd, 2, (highest_ + odd) / 2};
  }

  /// m
  static std::size_t folded(std::size_t points) {
    return points % 2 == 0 ? points / 4 : points / 2;
  }

  /// The first point of a block, which is a register of the points 1 ... m. The last one overlaps
  /// the one before it, so that all are whole.
  [[nodiscard]] std::size_t first_of(std::size_t block) const {
    return std::min(1 + block * width, folded(points_) - width + 1);
  }

  template <std::size_t Classes>
  void write(const Group& some) const {
    const std::array<Real*, group> lines = some.line;
    const Real* waves                    = table_.data();
    for (std::size_t block = 0; block < blocks_; ++block) {
      std::array<std::array<Vector, group>, Classes> sums;
      for (auto& of_class : sums) of_class.fill(Vector(Real(0)));
      for (std::size_t i = 0; i < group; ++i) sums[0][i] = Vector(some.mean[i]);
      const Real* factor = some.factors;
      for (std::size_t r = 0; r < rows_; ++r, waves += Classes * width, factor += Classes * group)
        for (std::size_t c = 0; c < Classes; ++c) {
          const Vector wave = Vector::load_unaligned(waves + c * width);
          for (std::size_t i = 0; i < group; ++i)
            sums[c][i] = xsimd::fma(wave, Vector(factor[c * group + i]), sums[c][i]);
        }
      const std::size_t x = first_of(block);
      for (std::size_t i = 0; i < group; ++i) {
        if constexpr (Classes == 2)
          unfold(lines[i], x, sums[0][i], sums[1][i]);
        else
          unfold(lines[i], x, sums[0][i], sums[1][i], sums[2][i], sums[3][i]);
      }
    }
  }

  [[gnu::always_inline]] void unfold(Real* u, std::size_t x, const Vector& a,
                                     const Vector& b) const {
    (a + b).store_unaligned(u + x);
    put_back(u + points_ - x, a - b);
  }
  [[gnu::always_inline]] void unfold(Real* u, std::size_t x, const Vector& a, const Vector& b,
                                     const Vector& c, const Vector& d) const {
    ((a + b) + (d + c)).store_unaligned(u + x);
    put_back(u + points_ - x, (a + b) - (d + c));
    put_back(u + points_ / 2 - x, (a - b) + (d - c));
    ((a - b) - (d - c)).store_unaligned(u + points_ / 2 + x);
  }
  [[gnu::always_inline]] static void put_back(Real* last, const Vector& value) {
    reversed<Real>(value).store_unaligned(last - (width - 1));
  }

  std::size_t points_, highest_, classes_, blocks_, rows_;
  std::vector<Real> table_;    ///< [block][wave][class][point]
  std::vector<Real> weights_;  ///< w(k)
};

}  // namespace nop::cpu
