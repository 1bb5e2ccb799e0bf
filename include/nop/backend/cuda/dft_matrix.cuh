// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/memory.cuh>
#include <nop/core/band.hpp>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

/// \file
/// The matrix of cosines and sines of a truncated Fourier transform along one axis of real numbers,
/// folded by its symmetries. exp(-i k.x) is a product over the axes of cos(|k| x) - i sign(k)
/// sin(|k| x), so that real matrices are all it takes; signs.cuh makes complex coefficients of what
/// comes out.
///
/// Of a line of n points the rows are wanted, one after the other,
///
///     C(0), C(1), S(1), C(2), S(2) ... C(h), S(h),
///     C(k) = w(k) sum_x u(x) cos(2 pi k x / n),    S(k) = w(k) sum_x u(x) sin(2 pi k x / n).
///
/// The cosines see of u only u(x) + u(n-x), the sines only u(x) - u(n-x). If n is even, x -> n/2-x
/// maps the cosine of an even k to itself and that of an odd k to its negative, the sines the other
/// way round. So each of the four kinds of waves needs one combination of the four points x, n-x,
/// n/2-x, n/2+x for 0 <= x <= n/4 only: a quarter of the products.

namespace nop::cuda {

/// The kinds of waves, in the order in which they stand among the rows.
enum class Wave : unsigned { odd_cosine, odd_sine, even_cosine, even_sine };
inline constexpr unsigned wave_kinds = 4;

/// The waves of the frequencies 2j+1 and 2j+2 at one point, times their weights. They are the rows
/// 4j+1 ... 4j+4; those beyond the highest frequency are zero.
template <real Real>
struct alignas(16) Waves {
  std::array<Real, wave_kinds> at;
};

/// What determines a matrix.
struct DftKey {
  std::size_t points;
  std::size_t modes;
  bool half;  ///< the last axis of a real field, whose weights are those of a half axis
  ModeWeight weight;

  /// The highest frequency of the band, whatever its sign.
  [[nodiscard]] constexpr std::size_t highest() const { return modes / 2; }
  [[nodiscard]] constexpr std::size_t rows() const { return 2 * highest() + 1; }
  /// The points that are left when the line is folded.
  [[nodiscard]] constexpr std::size_t folded() const {
    return points % 2 == 0 ? points / 4 + 1 : points / 2 + 1;
  }
  [[nodiscard]] double weight_of(std::size_t k) const {
    return half ? half_axis_weight<double>(weight, k, points)
                : full_axis_weight<double>(weight, points);
  }

  friend constexpr auto operator<=>(const DftKey&, const DftKey&) = default;
};

/// A matrix as kernels take it.
template <real Real>
struct DftTable {
  const Waves<Real>* waves;  ///< [folded][pairs]
  unsigned points, rows, folded;
  unsigned pairs;    ///< of frequencies, a multiple of `pass`
  unsigned pass;     ///< how many of them are best held in registers at a time, see DftMatrix
  Real weight_zero;  ///< of the frequency zero, whose cosine is one
};

/// A matrix on the device; kept by PlanCache.
template <real Real>
class DftMatrix {
 public:
  /// The numbers of pairs that kernels hold in registers at a time.
  static constexpr std::array<unsigned, 5> passes{1, 2, 4, 6, 8};

  explicit DftMatrix(const DftKey& key) {
    const std::size_t pairs = (key.highest() + 1) / 2;
    const std::size_t times = std::max<std::size_t>(1, (pairs + passes.back() - 1) / passes.back());
    table_.points           = static_cast<unsigned>(key.points);
    table_.rows             = static_cast<unsigned>(key.rows());
    table_.folded           = static_cast<unsigned>(key.folded());
    table_.pass =
        *std::ranges::find_if(passes, [&](unsigned pass) { return pass * times >= pairs; });
    table_.pairs       = static_cast<unsigned>(times * table_.pass);
    table_.weight_zero = static_cast<Real>(key.weight_of(0));
    std::vector<Waves<Real>> waves(key.folded() * table_.pairs);
    for (std::size_t x = 0; x < key.folded(); ++x)
      for (std::size_t j = 0; j < pairs; ++j)
        for (const std::size_t k : {2 * j + 1, 2 * j + 2})
          if (k <= key.highest()) {
            auto& at              = waves[x * table_.pairs + j].at;
            const std::size_t odd = k % 2;
            at[odd ? 0 : 2]       = static_cast<Real>(key.weight_of(k) * cosine(k * x, key.points));
            at[odd ? 1 : 3]       = static_cast<Real>(key.weight_of(k) * sine(k * x, key.points));
          }
    auto* const data = static_cast<Waves<Real>*>(allocate(waves.size() * sizeof(Waves<Real>)));
    table_.waves     = data;
    copy_from_host(waves.data(), data, waves.size());
  }
  DftMatrix(const DftMatrix&)            = delete;
  DftMatrix& operator=(const DftMatrix&) = delete;
  ~DftMatrix() { release(const_cast<Waves<Real>*>(table_.waves)); }

  [[nodiscard]] const DftTable<Real>& table() const { return table_; }

  /// cos and sin of 2 pi turns/points. The angle is reduced exactly before it is rounded, and a
  /// quarter of a turn is exact.
  static double cosine(std::size_t turns, std::size_t points) {
    turns %= points;
    if (4 * turns == points || 4 * turns == 3 * points) return 0;
    return std::cos(angle(turns, points));
  }
  static double sine(std::size_t turns, std::size_t points) {
    turns %= points;
    if (2 * turns % points == 0) return 0;
    return std::sin(angle(turns, points));
  }

 private:
  static double angle(std::size_t turns, std::size_t points) {
    return 2 * std::numbers::pi * static_cast<double>(turns) / static_cast<double>(points);
  }

  DftTable<Real> table_{};
};

}  // namespace nop::cuda
