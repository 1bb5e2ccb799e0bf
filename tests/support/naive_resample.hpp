// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <vector>

/// \file
/// Resampling as the reference library does it, written down tap by tap and bin by bin in double
/// precision. Fields are [batch, channel, grid...]; results are their values on another grid.

namespace nop::test {

/// The index along each axis of a place in an array, and back.
template <std::size_t Rank>
Shape<Rank> index_of(std::size_t place, const Shape<Rank>& shape) {
  Shape<Rank> index;
  for (std::size_t a = Rank; a-- > 0;) {
    index[a] = place % shape[a];
    place /= shape[a];
  }
  return index;
}
template <std::size_t Rank>
std::size_t place_of(const Shape<Rank>& index, const Shape<Rank>& shape) {
  std::size_t place = 0;
  for (std::size_t a = 0; a < Rank; ++a) place = place * shape[a] + index[a];
  return place;
}

/// The neighbours of a place between points, and how much each counts.
struct Tap {
  std::size_t point;
  double weight;
};

inline std::vector<Tap> linear_taps(double place, std::size_t points) {
  const auto left   = std::min(static_cast<std::size_t>(place), points - 1);
  const double part = place - static_cast<double>(left);
  return {{left, 1 - part}, {std::min(left + 1, points - 1), part}};
}

inline std::vector<Tap> cubic_taps(double place, std::size_t points) {
  const double a         = -0.75;
  const auto left        = static_cast<std::ptrdiff_t>(std::floor(place));
  const double t         = place - static_cast<double>(left);
  const auto inside      = [](double x) { return 1.25 * x * x * x - 2.25 * x * x + 1; };
  const auto outer       = [a](double x) { return a * (x * x * x - 5 * x * x + 8 * x - 4); };
  const double weights[] = {outer(1 + t), inside(t), inside(1 - t), outer(2 - t)};
  std::vector<Tap> taps;
  for (std::ptrdiff_t i = 0; i < 4; ++i)
    taps.push_back({static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(
                        left - 1 + i, 0, static_cast<std::ptrdiff_t>(points) - 1)),
                    weights[i]});
  return taps;
}

/// Every point of the new grid as the sum over all combinations of its taps along the axes.
template <class Field, std::size_t Dim, class Taps>
std::vector<double> naive_by_taps(const Field& x, const Shape<Dim>& to, const Taps& taps_of) {
  const auto from   = grid_of(x.shape());
  const auto values = x.to_host();
  std::vector<double> result;
  for (std::size_t plane = 0; plane < x.extent(0) * x.extent(1); ++plane)
    for (std::size_t i = 0; i < element_count(to); ++i) {
      const auto index = index_of(i, to);
      std::vector<Tap> sum{{0, 1}};  // over the axes so far; `point` is a place in the grid
      for (std::size_t a = 0; a < Dim; ++a) {
        const double place = to[a] == 1 ? 0
                                        : static_cast<double>(index[a]) *
                                              static_cast<double>(from[a] - 1) /
                                              static_cast<double>(to[a] - 1);
        std::vector<Tap> next;
        for (const auto& [point, weight] : sum)
          for (const auto& tap : taps_of(place, from[a]))
            next.push_back({point * from[a] + tap.point, weight * tap.weight});
        sum = next;
      }
      double total = 0;
      for (const auto& [point, weight] : sum)
        total += weight * values[plane * element_count(from) + point];
      result.push_back(total);
    }
  return result;
}

template <class Field, std::size_t Dim>
std::vector<double> naive_linear(const Field& x, const Shape<Dim>& to) {
  return naive_by_taps(x, to, linear_taps);
}
template <class Field, std::size_t Dim>
std::vector<double> naive_cubic(const Field& x, const Shape<Dim>& to) {
  return naive_by_taps(x, to, cubic_taps);
}

/// A discrete Fourier transform along one axis of an array: out[k] = sum_n in[n] exp(+-2 pi i k n /
/// N), over N = the axis' extent, of which the first `count` are computed.
template <std::size_t Rank>
std::vector<std::complex<double>> naive_dft_along(const std::vector<std::complex<double>>& in,
                                                  const Shape<Rank>& shape, std::size_t axis,
                                                  std::size_t count, int sign) {
  auto to  = shape;
  to[axis] = count;
  std::vector<std::complex<double>> out(element_count(to));
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto index     = index_of(i, to);
    const auto k   = index[axis];
    const double n = static_cast<double>(shape[axis]);
    for (std::size_t j = 0; j < shape[axis]; ++j) {
      index[axis] = j;
      out[i] += in[place_of(index, shape)] *
                std::polar(1.0, sign * 2 * std::numbers::pi *
                                    static_cast<double>(k * j % shape[axis]) / n);
    }
  }
  return out;
}

/// The half spectrum of a real field, divided by the number of points: bins in the usual order.
template <std::size_t Rank>
std::vector<std::complex<double>> naive_half_spectrum(const std::vector<double>& values,
                                                      const Shape<Rank>& shape) {
  std::vector<std::complex<double>> bins(values.begin(), values.end());
  auto now = shape;
  for (std::size_t a = 2; a < Rank; ++a) {
    const std::size_t count = a + 1 == Rank ? shape[a] / 2 + 1 : shape[a];
    bins                    = naive_dft_along(bins, now, a, count, -1);
    now[a]                  = count;
  }
  for (auto& bin : bins) bin /= static_cast<double>(element_count(shape, 2));
  return bins;
}

/// The sums over the axes before the last of bins that are, along those, as many as the points of
/// `shape`.
template <std::size_t Rank>
std::vector<std::complex<double>> naive_leading_sums(std::vector<std::complex<double>> bins,
                                                     Shape<Rank> shape, std::size_t stored) {
  shape[Rank - 1] = stored;
  for (std::size_t a = 2; a + 1 < Rank; ++a) bins = naive_dft_along(bins, shape, a, shape[a], +1);
  return bins;
}

/// The real sums over the last axis of `stored` bins each: the first and, for an even number of
/// points, the middle one count once and by their real parts, and those beyond do not.
template <std::size_t Rank>
std::vector<double> naive_last_sums(const std::vector<std::complex<double>>& bins,
                                    const Shape<Rank>& shape, std::size_t stored) {
  const std::size_t points = shape[Rank - 1];
  std::vector<double> result(element_count(shape));
  for (std::size_t i = 0; i < result.size(); ++i) {
    const std::size_t line = i / points, x = i % points;
    for (std::size_t k = 0; k < std::min(stored, points / 2 + 1); ++k) {
      const auto bin = bins[line * stored + k];
      if (k == 0 || 2 * k == points)
        result[i] += bin.real() * (k != 0 && x % 2 == 1 ? -1 : 1);
      else
        result[i] +=
            2 * (bin * std::polar(1.0, 2 * std::numbers::pi * static_cast<double>(k * x % points) /
                                           static_cast<double>(points)))
                    .real();
    }
  }
  return result;
}

/// The spectrum of one grid cut or filled up to that of another: along the axes before the last, of
/// m = min(old, new) bins the first floor(m/2) and, counted from the end, the last ceil(m/2).
template <class Field, std::size_t Dim>
std::vector<double> naive_fourier_bins(const Field& x, const Shape<Dim>& to) {
  const auto old_bins = naive_half_spectrum(x.to_host(), x.shape());
  auto from_shape     = x.shape();
  auto to_shape       = joined(Shape<2>{x.extent(0), x.extent(1)}, to);
  from_shape[Dim + 1] = x.extent(Dim + 1) / 2 + 1;
  to_shape[Dim + 1]   = to[Dim - 1] / 2 + 1;
  std::vector<std::complex<double>> new_bins(element_count(to_shape));
  for (std::size_t i = 0; i < new_bins.size(); ++i) {
    auto index = index_of(i, to_shape);
    bool taken = index[Dim + 1] < from_shape[Dim + 1];
    for (std::size_t a = 2; a < Dim + 1; ++a) {
      const std::size_t m        = std::min(from_shape[a], to_shape[a]);
      const std::size_t from_end = to_shape[a] - index[a];
      if (index[a] < m / 2) continue;
      taken    = taken && from_end <= (m + 1) / 2;
      index[a] = from_shape[a] - std::min(from_end, from_shape[a]);
    }
    if (taken) new_bins[i] = old_bins[place_of(index, from_shape)];
  }
  const auto result        = joined(Shape<2>{x.extent(0), x.extent(1)}, to);
  const std::size_t stored = to_shape[Dim + 1];
  return naive_last_sums(naive_leading_sums(new_bins, result, stored), result, stored);
}

}  // namespace nop::test
