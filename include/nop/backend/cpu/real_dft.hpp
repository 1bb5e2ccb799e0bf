// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/dft_waves.hpp>
#include <nop/backend/cpu/simd.hpp>
#include <nop/backend/cpu/wave_sums.hpp>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

namespace nop::cpu {

/// The sums over the points x of one axis that every Fourier coefficient is made of,
///
///     C(k) = w(k) sum_x u(x) cos(2 pi k x / n),    S(k) = w(k) sum_x u(x) sin(2 pi k x / n),
///
/// for 0 <= k <= highest: a real matrix [rows, points] times columns of real numbers; and the
/// transposed product. Symmetry leaves a fraction of it. The cosines see of u only u(x) + u(n-x),
/// the sines only u(x) - u(n-x): half the products. If n is even, x -> n/2 - x maps the cosine of
/// an even k to itself and that of an odd k to its negative, the sines the other way round. Hence,
/// with s = 1 for cosines and s = -1 for sines, even k need only p + s q and odd k only p - s q of
///
///     p(x) = u(x) + s u(n-x),    q(x) = u(n/2-x) + s u(n/2+x),    0 <= x <= n/4:
///
/// a quarter of the products; and k = 0 needs none. They are formed in registers as the points are
/// read, one register of columns at a time, and multiply as many rows as there are registers to add
/// up in.
template <real Real>
class RealDft {
  using Vector = Batch<Real>;

 public:
  /// Columns that are worked on at a time.
  static constexpr std::size_t width = lanes<Real>;

  explicit RealDft(const RealDftKey& key)
      : points_(key.points),
        highest_(key.highest()),
        folds_twice_(key.points % 2 == 0),
        weight_of_zero_(key.template weight_of<Real>(0)) {
    const std::size_t n = points_, h = highest_;
    if (folds_twice_) {
      add_pair(key, {{false, 2, 2, h / 2}, {false, 1, 2, (h + 1) / 2}, 0, n / 4 + 1});
      add_pair(key, {{true, 2, 2, h / 2}, {true, 1, 2, (h + 1) / 2}, 1, n / 4 + 1});
    } else {
      add_pair(key, {{false, 1, 1, h}, {true, 1, 1, h}, 0, n / 2 + 1});
    }
  }

  /// What of a field will be read or written a little later, and is asked for meanwhile: with every
  /// point x of a line, what is at data + x step.
  struct Ahead {
    const Real* data;
    std::size_t step;

    [[gnu::always_inline]] void ask_to_read(std::size_t x) const {
      __builtin_prefetch(data + x * step, 0, 2);  // into the second cache
    }
    [[gnu::always_inline]] void ask_to_write(std::size_t x) const {
      __builtin_prefetch(data + x * step, 1, 2);
    }
  };

  /// How many numbers of working memory `synthesize` needs.
  [[nodiscard]] std::size_t workspace() const { return 4 * (points_ / 2 + 1) * width; }

  /// out[r * out_step + c] = sum_x M(r, x) in[x * in_step + c] for c < width.
  void analyze(const Real* in, std::size_t in_step, Real* out, std::size_t out_step,
               const Ahead& ahead) const {
    for (const Pair& pair : pairs_)
      for (std::size_t chunk = 0; chunk < pair.chunks; ++chunk)
        with_rows(pair.rows, [&](auto rows) {
          if (folds_twice_)
            analyze_chunk<rows, true>(pair, chunk, {in, in_step, ahead}, out, out_step);
          else
            analyze_chunk<rows, false>(pair, chunk, {in, in_step, ahead}, out, out_step);
        });
  }

  /// out[x * out_step + c] = sum_r M(r, x) in[r * in_step + c] for c < width, the transpose.
  void synthesize(const Real* in, std::size_t in_step, Real* out, std::size_t out_step, Ahead ahead,
                  Real* work) const {
    for (std::size_t p = 0; p < pairs_.size(); ++p) {
      const Pair& pair = pairs_[p];
      Real* const sums = work + p * 2 * (points_ / 2 + 1) * width;
      for (std::size_t chunk = 0; chunk < pair.chunks; ++chunk) {
        const bool last = p + 1 == pairs_.size() && chunk + 1 == pair.chunks;
        with_rows(pair.rows, [&](auto rows) {
          synthesize_chunk<rows>(pair, chunk, in, in_step, sums,
                                 [&](std::size_t x, const Vector& first,
                                     const Vector& second) __attribute__((always_inline)) {
                                   if (last)
                                     return unfold(x, first, second, work, out, out_step, ahead);
                                   first.store_unaligned(sums + 2 * x * width);
                                   second.store_unaligned(sums + (2 * x + 1) * width);
                                 });
        });
      }
    }
    if (!folds_twice_) return;
    // Where every sine is zero.
    const Vector even = Vector::load_unaligned(work), odd = Vector::load_unaligned(work + width);
    (even + odd).store_unaligned(out);
    (even - odd).store_unaligned(out + points_ / 2 * out_step);
  }

 private:
  /// The waves that are multiplied with the first and with the second of the two folded values of
  /// the points from `from` up to `to`, in chunks of `rows` each. What is missing of a chunk has
  /// coefficients zero. The coefficients are [chunk][point][first, second][row].
  struct Pair {
    detail::Waves first, second;
    std::size_t from, to;
    std::size_t chunks = 0, rows = 0, place = 0;

    /// Are the first folded values of this chunk those whose sum is the wave of k = 0?
    [[nodiscard]] bool has_zero(std::size_t chunk) const { return !first.sine && chunk == 0; }
  };

  static constexpr std::size_t most_rows = (registers<Real> - 6) / 2;

  void add_pair(const RealDftKey& key, Pair pair) {
    const std::size_t longest = std::max(pair.first.count, pair.second.count);
    pair.chunks               = std::max<std::size_t>(1, (longest + most_rows - 1) / most_rows);
    pair.rows                 = std::max<std::size_t>(1, (longest + pair.chunks - 1) / pair.chunks);
    pair.place                = coefficients_.size();
    for (std::size_t chunk = 0; chunk < pair.chunks; ++chunk)
      for (std::size_t x = pair.from; x < pair.to; ++x)
        for (const auto& waves : std::array{pair.first, pair.second})
          for (std::size_t r = 0; r < pair.rows; ++r)
            coefficients_.push_back(waves.template at<Real>(key, chunk * pair.rows + r, x));
    pairs_.push_back(pair);
  }

  /// Where a wave of a pair lies among the rows of C and S; null for one that is missing.
  template <class Pointer>
  [[nodiscard]] Pointer row_of(const detail::Waves& waves, std::size_t row, Pointer rows,
                               std::size_t step) const {
    return row < waves.count ? rows + waves.row(row, highest_) * step : nullptr;
  }

  /// Calls `use` with a number of rows known only now as a constant.
  template <std::size_t Rows = most_rows, class Use>
  static void with_rows(std::size_t rows, const Use& use) {
    if constexpr (Rows > 1)
      if (rows < Rows) return with_rows<Rows - 1>(rows, use);
    use(std::integral_constant<std::size_t, Rows>{});
  }

  /// Lines of a field that are read.
  struct Points {
    const Real* in;
    std::size_t step;
    Ahead ahead;

    [[gnu::always_inline]] Vector operator()(std::size_t x) const {
      ahead.ask_to_read(x);
      return Vector::load_unaligned(in + x * step);
    }
  };

  template <std::size_t Rows, bool Twice>
  void analyze_chunk(const Pair& pair, std::size_t chunk, const Points& u, Real* out,
                     std::size_t out_step) const {
    detail::WaveSums<Real, Rows> sums(coefficients_of(pair, chunk));
    const std::size_t n = points_;
    const bool sine     = pair.first.sine;
    if constexpr (Twice) {
      if (pair.from == 0) sums.take(u(0) + u(n / 2), u(0) - u(n / 2));
      for (std::size_t x = 1; 4 * x < n; ++x) {
        const Vector a = u(x), b = u(n - x), c = u(n / 2 - x), d = u(n / 2 + x);
        const Vector p = sine ? a - b : a + b, q = sine ? d - c : c + d;
        sums.take(p + q, p - q);
      }
      if (n % 4 == 0) {
        const Vector p = sine ? u(n / 4) - u(n - n / 4) : u(n / 4) + u(n - n / 4);
        sums.take(p, p);
      }
    } else {
      sums.take(u(0), Vector(Real(0)));
      for (std::size_t x = 1; 2 * x < n; ++x) {
        const Vector a = u(x), b = u(n - x);
        sums.take(a + b, a - b);
      }
    }
    if (pair.has_zero(chunk)) (Vector(weight_of_zero_) * sums.total).store_unaligned(out);
    for (std::size_t r = 0; r < Rows; ++r) {
      Real* const one = row_of(pair.first, chunk * Rows + r, out, out_step);
      Real* const two = row_of(pair.second, chunk * Rows + r, out, out_step);
      if (one != nullptr) sums.first[r].store_unaligned(one);
      if (two != nullptr) sums.second[r].store_unaligned(two);
    }
  }

  /// Calls `use(x, first, second)` with the sums over the waves of the chunks so far.
  template <std::size_t Rows, class Use>
  void synthesize_chunk(const Pair& pair, std::size_t chunk, const Real* in, std::size_t in_step,
                        const Real* sums, const Use& use) const {
    std::array<Vector, Rows> first, second;
    for (std::size_t r = 0; r < Rows; ++r) {
      const Real* const one = row_of(pair.first, chunk * Rows + r, in, in_step);
      const Real* const two = row_of(pair.second, chunk * Rows + r, in, in_step);
      first[r]              = one == nullptr ? Vector(Real(0)) : Vector::load_unaligned(one);
      second[r]             = two == nullptr ? Vector(Real(0)) : Vector::load_unaligned(two);
    }
    const Vector zero(Real(0));
    const Vector start =
        pair.has_zero(chunk) ? Vector(weight_of_zero_) * Vector::load_unaligned(in) : zero;
    const Real* coefficients = coefficients_of(pair, chunk);
    for (std::size_t x = pair.from; x < pair.to; ++x, coefficients += 2 * Rows) {
      Vector one = detail::dot_in_registers<Real, Rows>(start, first, coefficients),
             two = detail::dot_in_registers<Real, Rows>(zero, second, coefficients + Rows);
      if (chunk > 0) {
        one += Vector::load_unaligned(sums + 2 * x * width);
        two += Vector::load_unaligned(sums + (2 * x + 1) * width);
      }
      use(x, one, two);
    }
  }

  /// Writes the points that the sums of x are folded from: `cosines` are the sums of the first
  /// pair, the two vectors those of the last one.
  [[gnu::always_inline]] void unfold(std::size_t x, const Vector& first, const Vector& second,
                                     const Real* cosines, Real* out, std::size_t step,
                                     const Ahead& ahead) const {
    const std::size_t n = points_;
    const auto put      = [&](std::size_t at, const Vector& value) {
      ahead.ask_to_write(at);
      value.store_unaligned(out + at * step);
    };
    if (!folds_twice_) {
      put(x, first + second);
      if (x > 0) put(n - x, first - second);
      return;
    }
    const auto cosine = [&](std::size_t at, std::size_t which) {
      return Vector::load_unaligned(cosines + (2 * at + which) * width);
    };
    const Vector even = cosine(x, 0) + cosine(x, 1), odd = second + first;
    put(x, even + odd);
    put(n - x, even - odd);
    if (4 * x == n) return;
    const Vector even_back = cosine(x, 0) - cosine(x, 1), odd_back = second - first;
    put(n / 2 - x, even_back + odd_back);
    put(n / 2 + x, even_back - odd_back);
  }

  [[nodiscard]] const Real* coefficients_of(const Pair& pair, std::size_t chunk) const {
    return coefficients_.data() + pair.place + chunk * (pair.to - pair.from) * 2 * pair.rows;
  }

  std::size_t points_, highest_;
  bool folds_twice_;
  Real weight_of_zero_;
  std::vector<Pair> pairs_;
  std::vector<Real> coefficients_;
};

}  // namespace nop::cpu
