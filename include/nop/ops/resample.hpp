// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/band.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/ops/modes.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

namespace nop {

/// How a field is carried over to another grid on the same box.
enum class Interpolation {
  trigonometric,  ///< the waves that both grids hold: what a spectral convolution passes
  linear,         ///< along each axis between the two neighbours, the ends on the ends
  cubic,          ///< along each axis over four neighbours (Keys 1981, a = -3/4), likewise
  fourier_bins    ///< the reference library's, from three axes on: see `resample`
};
constexpr auto enumerator_names(Interpolation) {
  return std::to_array<const char*>({"trigonometric", "linear", "cubic", "fourier_bins"});
}

/// What the reference library uses on a grid of so many axes.
constexpr Interpolation reference_interpolation(std::size_t axes) {
  return axes == 1   ? Interpolation::linear
         : axes == 2 ? Interpolation::cubic
                     : Interpolation::fourier_bins;
}

namespace detail {

/// Where point i of `target` points lies among `source` points, if the first lie upon each other
/// and so do the last.
inline double place_between_ends(std::size_t i, std::size_t target, std::size_t source) {
  return target < 2 ? 0 : static_cast<double>(i * (source - 1)) / static_cast<double>(target - 1);
}

/// The tent function, 1 at 0 and 0 from 1 on.
struct LinearKernel {
  static constexpr std::ptrdiff_t reach = 1;
  static double at(double distance) { return std::max(0.0, 1 - std::abs(distance)); }
};

/// Keys, "Cubic convolution interpolation for digital image processing", IEEE Trans. ASSP 29, 1981.
struct CubicKernel {
  static constexpr std::ptrdiff_t reach = 2;
  static double at(double distance) {
    constexpr double a = -0.75;
    const double d     = std::abs(distance);
    if (d >= 2) return 0;
    return d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((d - 5) * d + 8) * d * a - 4 * a;
  }
};

/// The matrix, [target, source], of an interpolation by a kernel; beyond its ends, a line keeps the
/// value it has there.
template <class Kernel>
std::vector<double> kernel_matrix(std::size_t target, std::size_t source) {
  std::vector<double> matrix(target * source);
  const auto last = static_cast<std::ptrdiff_t>(source) - 1;
  for (std::size_t i = 0; i < target; ++i) {
    const double place = place_between_ends(i, target, source);
    const auto left    = static_cast<std::ptrdiff_t>(place);
    for (std::ptrdiff_t j = left + 1 - Kernel::reach; j <= left + Kernel::reach; ++j)
      matrix[i * source + static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(j, 0, last))] +=
          Kernel::at(place - static_cast<double>(j));
  }
  return matrix;
}

/// sin(pi p / q), to the last bits for large p as well.
inline double sine_of_half_turns(std::int64_t p, std::int64_t q) {
  return std::sin(std::numbers::pi * static_cast<double>(p % (2 * q)) / static_cast<double>(q));
}
inline double cosine_of_half_turns(std::int64_t p, std::int64_t q) {
  return std::cos(std::numbers::pi * static_cast<double>(p % (2 * q)) / static_cast<double>(q));
}

/// sum_k exp(2 pi i k p / q) for k = first ... first + count - 1: a geometric series.
inline std::complex<double> sum_of_waves(std::int64_t first, std::int64_t count, std::int64_t p,
                                         std::int64_t q) {
  if (p % q == 0) return static_cast<double>(count);
  const double size     = sine_of_half_turns(count * p, q) / sine_of_half_turns(p, q);
  const auto half_turns = (2 * first + count - 1) * p;
  return {size * cosine_of_half_turns(half_turns, q), size * sine_of_half_turns(half_turns, q)};
}

/// The matrix of one axis of `fourier_bins`, [target, source], by its real and imaginary part.
struct BinMatrix {
  std::vector<double> real, imaginary;

  /// `half`: the last axis, stored by half.
  BinMatrix(std::size_t target, std::size_t source, bool half)
      : real(target * source), imaginary(target * source) {
    const auto m = static_cast<std::int64_t>(target), n = static_cast<std::int64_t>(source);
    const std::int64_t fewer = std::min(m, n);
    for (std::int64_t x = 0; x < m; ++x)
      for (std::int64_t y = 0; y < n; ++y) {
        const std::int64_t p = x * n - y * m, q = m * n;
        std::complex<double> sum;
        if (half) {
          const std::int64_t last = fewer / 2;
          sum                     = 2.0 * sum_of_waves(1, last, p, q) + 1.0;
          if (2 * last == m) sum -= sum_of_waves(last, 1, p, q);
        } else {
          sum = sum_of_waves(-((fewer + 1) / 2), fewer, p, q);
        }
        const auto place = static_cast<std::size_t>(x * n + y);
        real[place]      = sum.real() / static_cast<double>(n);
        imaginary[place] = sum.imag() / static_cast<double>(n);
      }
  }
};

struct Resample {
  /// The field [batch, channel, grid...] on another grid of the same box. On its own grid it
  /// remains as it is. Linear in the field:
  ///
  ///   trigonometric   from_modes(to_modes(x)) with the modes that both grids hold: exact for waves
  ///                   of such frequencies. Points are at i/N, as on a periodic grid.
  ///   linear, cubic   products with an interpolation matrix along each axis, where point i of N
  ///                   is at i/(N-1).
  ///   fourier_bins    the real part of a product with a matrix along each axis,
  ///                   A(x, y) = 1/N sum_k w(k) exp(2 pi i k (x/M - y/N)) from N to M points, with
  ///                   k = -ceil(m/2) ... floor(m/2)-1, m = min(M, N), w = 1 on the axes before the
  ///                   last: of an odd number of modes, the highest is one that has no opposite. On
  ///                   the last axis k = 0 ... floor(m/2), with w = 1 for k = 0 and 2k = M, else 2.
  ///                   For weights of the reference library; real fields only.
  ///
  /// Throws PreconditionError if a grid has no points.
  template <field X, std::size_t Dim>
    requires(rank_of<X> == Dim + 2)
  auto operator()(const X& x, const Shape<Dim>& grid, Interpolation interpolation) const {
    const auto own = grid_of(x.shape());
    expects(element_count(grid) > 0 && element_count(own) > 0,
            "resample: expected at least one point per axis, got a field of shape ", x.shape(),
            " for the grid ", grid);
    for (std::size_t axis = 0; axis < Dim; ++axis)
      expects(grid[axis] <= (std::size_t{1} << 40U) / own[axis],
              "resample: expected a grid that fits into memory, got ", grid);
    auto u = reshape(x, x.shape());
    if (grid == own) return u;
    switch (interpolation) {
      case Interpolation::linear:
        return along_each_axis<LinearKernel>(u, grid);
      case Interpolation::cubic:
        return along_each_axis<CubicKernel>(u, grid);
      case Interpolation::fourier_bins:
        return by_bins(u, grid);
      case Interpolation::trigonometric:
        break;
    }
    const auto modes = to_modes(u, held_modes(own, grid));
    if constexpr (real<element_of<X>>)
      return from_modes(modes, grid);
    else
      return complex_from_modes(modes, grid);
  }

 private:
  /// A matrix of doubles as the field's numbers, on its backend, along one axis.
  template <class Field>
  static Field product(const Field& u, const std::vector<double>& matrix, std::size_t target,
                       std::size_t axis) {
    using Element = element_of<Field>;
    std::vector<Element> values(matrix.size());
    std::transform(matrix.begin(), matrix.end(), values.begin(),
                   [](double value) { return static_cast<Element>(value); });
    return axis_product(u,
                        Tensor<Element, 2, backend_of<Field>>({target, u.extent(axis)},
                                                              std::span<const Element>(values)),
                        axis);
  }

  template <class Kernel, class Field, std::size_t Dim>
  static Field along_each_axis(Field u, const Shape<Dim>& grid) {
    for (std::size_t a = 0; a < Dim; ++a)
      if (grid[a] != u.extent(a + 2))
        u = product(u, kernel_matrix<Kernel>(grid[a], u.extent(a + 2)), grid[a], a + 2);
    return u;
  }

  /// The complex products in real ones: (C + i S)(u + i v) = (C u - S v) + i (S u + C v).
  template <class Field, std::size_t Dim>
  static Field by_bins(const Field& x, const Shape<Dim>& grid) {
    expects(real<element_of<Field>>, "resample: expected a real field for fourier_bins");
    const auto matrix = [&](std::size_t a) {
      return BinMatrix(grid[a], x.extent(a + 2), a + 1 == Dim);
    };
    const auto first = matrix(0);
    Field u          = product(x, first.real, grid[0], 2);
    if constexpr (Dim > 1) {
      Field v = product(x, first.imaginary, grid[0], 2);
      for (std::size_t a = 1; a < Dim; ++a) {
        const auto here = matrix(a);
        const auto real = subtract(product(u, here.real, grid[a], a + 2),
                                   product(v, here.imaginary, grid[a], a + 2));
        if (a + 1 < Dim)
          v = add(product(u, here.imaginary, grid[a], a + 2),
                  product(v, here.real, grid[a], a + 2));
        u = real;
      }
    }
    return u;
  }
};

}  // namespace detail

inline constexpr detail::Resample resample;

}  // namespace nop
