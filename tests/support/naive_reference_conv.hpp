// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/layers/reference_semantics.hpp>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <numbers>
#include <vector>

namespace nop::test {

/// An array of any number of axes, with what the reference library's spectral convolution does to
/// one: transforms, shifts, slices, cutting off and filling up. Every step is its definition.
class NaiveArray {
 public:
  using Complex = std::complex<double>;
  using Extents = std::vector<std::size_t>;

  explicit NaiveArray(Extents extents) : extents_(std::move(extents)) {
    std::size_t count = 1;
    for (const std::size_t extent : extents_) count *= extent;
    values.resize(count);
  }

  [[nodiscard]] const Extents& extents() const { return extents_; }
  [[nodiscard]] std::size_t axes() const { return extents_.size(); }

  /// The value of `take(line)` for every line along an axis.
  template <class Take>
  [[nodiscard]] NaiveArray along(std::size_t axis, std::size_t length, const Take& take) const {
    auto extents  = extents_;
    extents[axis] = length;
    NaiveArray result(extents);
    std::size_t inner = 1;
    for (std::size_t a = axis + 1; a < axes(); ++a) inner *= extents_[a];
    const std::size_t n = extents_[axis];
    for (std::size_t outer = 0; outer * n * inner < values.size(); ++outer)
      for (std::size_t i = 0; i < inner; ++i) {
        std::vector<Complex> line(n);
        for (std::size_t k = 0; k < n; ++k) line[k] = values[(outer * n + k) * inner + i];
        const auto taken = take(line);
        for (std::size_t k = 0; k < length; ++k)
          result.values[(outer * length + k) * inner + i] = taken[k];
      }
    return result;
  }

  /// sum_x u(x) exp(sign 2 pi i k x / n) for every k.
  [[nodiscard]] NaiveArray transformed(std::size_t axis, double sign) const {
    const std::size_t n = extents_[axis];
    return along(axis, n, [&](const std::vector<Complex>& u) {
      std::vector<Complex> sums(n);
      for (std::size_t k = 0; k < n; ++k)
        for (std::size_t x = 0; x < n; ++x)
          sums[k] +=
              u[x] * std::polar(1.0, sign * 2 * std::numbers::pi * static_cast<double>(k * x % n) /
                                         static_cast<double>(n));
      return sums;
    });
  }

  /// Every element moved `by` places on, around the end.
  [[nodiscard]] NaiveArray rolled(std::size_t axis, std::size_t by) const {
    const std::size_t n = extents_[axis];
    return along(axis, n, [&](const std::vector<Complex>& line) {
      std::vector<Complex> moved(n);
      for (std::size_t i = 0; i < n; ++i) moved[(i + by) % n] = line[i];
      return moved;
    });
  }

  /// Cut off or filled with zeros at the end.
  [[nodiscard]] NaiveArray resized(std::size_t axis, std::size_t length) const {
    return along(axis, length, [&](std::vector<Complex> line) {
      line.resize(length);
      return line;
    });
  }

  /// The real sum of a half axis on `points` points.
  [[nodiscard]] NaiveArray half_summed(std::size_t axis, std::size_t points) const {
    return resized(axis, points / 2 + 1).along(axis, points, [&](const std::vector<Complex>& y) {
      std::vector<Complex> u(points);
      for (std::size_t x = 0; x < points; ++x)
        for (std::size_t k = 0; k < y.size(); ++k) {
          const double angle =
              2 * std::numbers::pi * static_cast<double>(k * x) / static_cast<double>(points);
          const double times = k == 0 || 2 * k == points ? 1 : 2;
          u[x] += times * (y[k] * std::polar(1.0, angle)).real();
        }
      return u;
    });
  }

  std::vector<Complex> values;

 private:
  Extents extents_;
};

/// A spectral convolution without bias as a version of the reference library does it. `x` is
/// [batch, in, grid...], the weight [in, out, stored...]; `used` counts coefficients.
struct NaiveReferenceConv {
  using Complex = std::complex<double>;
  using Extents = std::vector<std::size_t>;

  Semantics semantics;
  bool real_field;
  std::size_t batch, in, out;
  Extents grid, output_grid, used, stored;
  std::vector<Complex> weight;

  [[nodiscard]] std::vector<Complex> operator()(const std::vector<Complex>& x) const {
    const std::size_t dim = grid.size(), points = count(grid);
    Extents fft_size = grid;
    if (real_field) fft_size[dim - 1] = grid[dim - 1] / 2 + 1;
    std::vector<NaiveArray> spectra;
    for (std::size_t plane = 0; plane < batch * in; ++plane) {
      NaiveArray u(grid);
      std::copy_n(x.begin() + static_cast<std::ptrdiff_t>(plane * points), points,
                  u.values.begin());
      for (std::size_t axis = 0; axis < dim; ++axis) u = u.transformed(axis, -1);
      for (auto& value : u.values) value /= static_cast<double>(points);
      u = u.resized(dim - 1, fft_size[dim - 1]);
      if (dim > 1) {
        const bool shifts_last = !real_field && semantics != Semantics::v1_0;
        for (std::size_t axis = 0; axis < (shifts_last ? dim : dim - 1); ++axis)
          u = u.rolled(axis, fft_size[axis] / 2);
      }
      spectra.push_back(u);
    }

    Extents kept(dim), of_weight(dim), of_spectrum(dim);
    for (std::size_t axis = 0; axis < dim; ++axis) {
      const std::size_t start = stored[axis] - std::min(fft_size[axis], used[axis]);
      kept[axis]              = stored[axis] - start;
      of_weight[axis]         = start / 2;
      of_spectrum[axis]       = semantics == Semantics::v1_0 ? (fft_size[axis] - kept[axis]) / 2
                                                             : fft_size[axis] / 2 - kept[axis] / 2;
      if (axis + 1 == dim && real_field) of_weight[axis] = 0;
      if (axis + 1 == dim && (real_field || semantics != Semantics::v1_0)) of_spectrum[axis] = 0;
    }

    std::vector<Complex> y;
    for (std::size_t b = 0; b < batch; ++b)
      for (std::size_t o = 0; o < out; ++o) {
        NaiveArray product(fft_size);
        for (std::size_t k = 0; k < count(kept); ++k) {
          const std::size_t from = place(k, kept, of_spectrum, fft_size);
          for (std::size_t i = 0; i < in; ++i)
            product.values[from] +=
                spectra[b * in + i].values[from] *
                weight[(i * out + o) * count(stored) + place(k, kept, of_weight, stored)];
        }
        const auto field = inverse(product, fft_size);
        y.insert(y.end(), field.values.begin(), field.values.end());
      }
    return y;
  }

 private:
  [[nodiscard]] NaiveArray inverse(NaiveArray y, const Extents& fft_size) const {
    const std::size_t dim = grid.size(), last = dim - 1;
    if (dim > 1)
      for (std::size_t axis = 0; axis < last; ++axis) {
        const std::size_t half = fft_size[axis] / 2;
        y = y.rolled(axis, semantics == Semantics::head ? fft_size[axis] - half : half);
      }
    for (std::size_t axis = 0; axis < last; ++axis)
      y = y.resized(axis, output_grid[axis]).transformed(axis, +1);
    if (!real_field) return y.resized(last, output_grid[last]).transformed(last, +1);
    if (semantics == Semantics::head)
      y = y.along(last, fft_size[last], [&](std::vector<Complex> line) {
        line[0] = line[0].real();
        if (output_grid[last] % 2 == 0) line.back() = line.back().real();
        return line;
      });
    return y.half_summed(last, output_grid[last]);
  }

  static std::size_t count(const Extents& extents) {
    std::size_t product = 1;
    for (const std::size_t extent : extents) product *= extent;
    return product;
  }
  /// Where the k-th element of a box at `from` stands in an array.
  static std::size_t place(std::size_t k, const Extents& box, const Extents& from,
                           const Extents& extents) {
    std::size_t offset = 0, step = 1;
    for (std::size_t axis = box.size(); axis-- > 0;) {
      offset += (from[axis] + k % box[axis]) * step;
      k /= box[axis];
      step *= extents[axis];
    }
    return offset;
  }
};

}  // namespace nop::test
