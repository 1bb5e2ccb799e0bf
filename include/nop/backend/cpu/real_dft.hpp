// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/gemm.hpp>
#include <nop/backend/cpu/simd.hpp>
#include <nop/backend/cpu/tile.hpp>
#include <nop/core/band.hpp>
#include <nop/core/host_memory.hpp>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <vector>

namespace nop::cpu {

/// What determines the truncated Fourier transform of real numbers along one axis.
struct RealDftKey {
  std::size_t points;
  std::size_t modes;
  bool half;  ///< the last axis of a real field, whose weights are those of a half axis
  ModeWeight weight;

  /// The highest frequency of the band, whatever its sign.
  [[nodiscard]] std::size_t highest() const { return modes / 2; }
  /// How many numbers a line has: the cosines of k = 0 ... highest, the sines of k = 1 ... highest.
  [[nodiscard]] std::size_t rows() const { return 2 * highest() + 1; }

  template <real Real>
  [[nodiscard]] Real weight_of(std::size_t k) const {
    return half ? half_axis_weight<Real>(weight, k, points)
                : full_axis_weight<Real>(weight, points);
  }

  friend auto operator<=>(const RealDftKey&, const RealDftKey&) = default;
};

/// The sums over the points x of one axis that every Fourier coefficient is made of,
///
///     C(k) = w(k) sum_x u(x) cos(2 pi k x / n),    S(k) = w(k) sum_x u(x) sin(2 pi k x / n),
///
/// for 0 <= k <= highest, as a real matrix [rows, points] times columns of real numbers, and the
/// transposed product. Symmetry makes it cheap. The cosines see of u only e(x) = u(x) + u(n-x), the
/// sines only o(x) = u(x) - u(n-x): half the products. If n is even, x -> n/2 - x maps the cosine
/// of an even k to itself and that of an odd k to its negative, the sines the other way round, so
/// even k need only e(x) + e(n/2-x) and o(x) - o(n/2-x), and odd k the other two: a quarter. What
/// remains, two or four small dense products, is done in tiles of registers with SIMD lanes across
/// the columns.
template <real Real>
class RealDft {
 public:
  explicit RealDft(const RealDftKey& key) : points_(key.points), highest_(key.highest()) {
    const std::size_t n = key.points;
    if (n % 2 == 0) {
      add_part(key, {.sine = false, .first = 0, .step = 2, .from = 0, .depth = n / 4 + 1});
      add_part(key, {.sine = false, .first = 1, .step = 2, .from = 0, .depth = (n + 3) / 4});
      add_part(key, {.sine = true, .first = 2, .step = 2, .from = 1, .depth = (n + 3) / 4 - 1});
      add_part(key, {.sine = true, .first = 1, .step = 2, .from = 1, .depth = n / 4});
    } else {
      add_part(key, {.sine = false, .first = 0, .step = 1, .from = 0, .depth = (n + 1) / 2});
      add_part(key, {.sine = true, .first = 1, .step = 1, .from = 1, .depth = (n - 1) / 2});
    }
  }

  /// Columns that are worked on at a time.
  template <std::size_t Vectors>
  static constexpr std::size_t width = Vectors * lanes<Real>;

  /// out[r * out_step + c] = sum_x M(r, x) in[x * in_step + c] for c < width<Vectors>; `folded` has
  /// room for `points` times as many numbers.
  template <std::size_t Vectors>
  void analyze(const Real* in, std::size_t in_step, Real* out, std::size_t out_step,
               Real* folded) const {
    fold<Vectors>(in, in_step, folded);
    for (const Part& part : parts_)
      multiply<Vectors>(part.rows, part.depth, {matrix(part), part.depth, 1},
                        folded + part.place * width<Vectors>, width<Vectors>,
                        out + row(part) * out_step, part.step * out_step);
  }

  /// out[x * out_step + c] = sum_r M(r, x) in[r * in_step + c], the transpose.
  template <std::size_t Vectors>
  void synthesize(const Real* in, std::size_t in_step, Real* out, std::size_t out_step,
                  Real* folded) const {
    for (const Part& part : parts_)
      multiply<Vectors>(part.depth, part.rows, {matrix(part), 1, part.depth},
                        in + row(part) * in_step, part.step * in_step,
                        folded + part.place * width<Vectors>, width<Vectors>);
    unfold<Vectors>(folded, out, out_step);
  }

 private:
  /// One of the dense products: the cosines or sines of every `step`-th k from `first` on, over the
  /// `depth` points from `from` on that folding leaves.
  struct Part {
    bool sine;
    std::size_t first, step, from, depth;
    std::size_t rows = 0, matrix = 0;  ///< how many k, and where in `values_`
    std::size_t place = 0;             ///< in the folded columns
  };

  void add_part(const RealDftKey& key, Part part) {
    if (part.first <= highest_) part.rows = (highest_ - part.first) / part.step + 1;
    part.matrix = values_.size();
    part.place  = parts_.empty() ? 0 : parts_.back().place + parts_.back().depth;
    for (std::size_t r = 0; r < part.rows; ++r)
      for (std::size_t j = 0; j < part.depth; ++j) {
        const std::size_t k = part.first + r * part.step;
        // The angle is reduced exactly before it is rounded.
        const auto angle = 2 * std::numbers::pi *
                           static_cast<double>(k * (part.from + j) % points_) /
                           static_cast<double>(points_);
        values_.push_back(static_cast<Real>((part.sine ? std::sin(angle) : std::cos(angle)) *
                                            key.template weight_of<double>(k)));
      }
    parts_.push_back(part);
  }

  [[nodiscard]] const Real* matrix(const Part& part) const { return values_.data() + part.matrix; }
  [[nodiscard]] std::size_t row(const Part& part) const {
    return part.sine ? highest_ + part.first : part.first;
  }

  /// out = a b for `width` columns; nothing to add up is zero.
  template <std::size_t Vectors>
  static void multiply(std::size_t rows, std::size_t depth, const detail::Strided<Real>& a,
                       const Real* b, std::size_t b_step, Real* out, std::size_t out_step) {
    using T                   = detail::Tile<Real, Vectors>;
    constexpr std::size_t top = std::min<std::size_t>(T::rows, 14);
    const std::size_t blocks  = (rows + top - 1) / top;
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::size_t begin = block * rows / blocks, end = (block + 1) * rows / blocks;
      detail::tile_product<T, Real, top>(end - begin, depth, a.from(begin, 0), b, b_step,
                                         out + begin * out_step, out_step, false);
    }
  }

  template <std::size_t Vectors, class Use>
  static void for_each_vector(const Use& use) {
    for (std::size_t v = 0; v < Vectors; ++v) use(v * lanes<Real>);
  }

  template <std::size_t Vectors>
  void fold(const Real* in, std::size_t step, Real* folded) const {
    constexpr std::size_t w = width<Vectors>;
    const std::size_t n     = points_;
    const auto place        = [&](std::size_t part, std::size_t x) {
      return folded + (parts_[part].place + x - parts_[part].from) * w;
    };
    for_each_vector<Vectors>([&](std::size_t c) {
      const auto u = [&](std::size_t x) {
        // The columns after these: rows are too far apart for the processor to foresee.
        __builtin_prefetch(in + x * step + c + w);
        return load(in + x * step + c);
      };
      const auto put = [&](std::size_t part, std::size_t x, const Vector& value) {
        value.store_unaligned(place(part, x) + c);
      };
      if (n % 2 != 0) {
        put(0, 0, u(0));
        for (std::size_t x = 1; 2 * x < n; ++x) {
          const Vector a = u(x), b = u(n - x);
          put(0, x, a + b);
          put(1, x, a - b);
        }
        return;
      }
      put(0, 0, u(0) + u(n / 2));
      put(1, 0, u(0) - u(n / 2));
      for (std::size_t x = 1; 4 * x < n; ++x) {
        const Vector a = u(x), b = u(n - x), c1 = u(n / 2 - x), d = u(n / 2 + x);
        const Vector even = a + b, odd = a - b, even_back = c1 + d, odd_back = c1 - d;
        put(0, x, even + even_back);
        put(1, x, even - even_back);
        put(2, x, odd - odd_back);
        put(3, x, odd + odd_back);
      }
      if (n % 4 == 0) {
        put(0, n / 4, u(n / 4) + u(n - n / 4));
        put(3, n / 4, u(n / 4) - u(n - n / 4));
      }
    });
  }

  template <std::size_t Vectors>
  void unfold(const Real* folded, Real* out, std::size_t step) const {
    constexpr std::size_t w = width<Vectors>;
    const std::size_t n     = points_;
    const auto place        = [&](std::size_t part, std::size_t x) {
      return folded + (parts_[part].place + x - parts_[part].from) * w;
    };
    for_each_vector<Vectors>([&](std::size_t c) {
      const auto get = [&](std::size_t part, std::size_t x) { return load(place(part, x) + c); };
      const auto put = [&](std::size_t x, const Vector& value) {
        __builtin_prefetch(out + x * step + c + w, 1);
        value.store_unaligned(out + x * step + c);
      };
      if (n % 2 != 0) {
        put(0, get(0, 0));
        for (std::size_t x = 1; 2 * x < n; ++x) {
          const Vector even = get(0, x), odd = get(1, x);
          put(x, even + odd);
          put(n - x, even - odd);
        }
        return;
      }
      put(0, get(0, 0) + get(1, 0));
      put(n / 2, get(0, 0) - get(1, 0));
      for (std::size_t x = 1; 4 * x < n; ++x) {
        const Vector ec = get(0, x), oc = get(1, x), es = get(2, x), os = get(3, x);
        const Vector even = ec + oc, odd = os + es, even_back = ec - oc, odd_back = os - es;
        put(x, even + odd);
        put(n - x, even - odd);
        put(n / 2 - x, even_back + odd_back);
        put(n / 2 + x, even_back - odd_back);
      }
      if (n % 4 == 0) {
        put(n / 4, get(0, n / 4) + get(3, n / 4));
        put(n - n / 4, get(0, n / 4) - get(3, n / 4));
      }
    });
  }

  using Vector = Batch<Real>;
  static Vector load(const Real* data) { return Vector::load_unaligned(data); }

  std::size_t points_, highest_;
  std::vector<Part> parts_;
  std::vector<Real> values_;
};

}  // namespace nop::cpu
