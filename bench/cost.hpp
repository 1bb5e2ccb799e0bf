// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/band.hpp>

#include "case.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace bench {

/// \file
/// The least work of each case, however it is done: real additions and multiplications, and bytes
/// that have to pass between memory and the processor at least once. What a program really does is
/// more; the share of the limit says how much.
///
/// B batch, C channels, P points of the grid, K coefficients that are stored, s bytes a number.
///
///     transform of a line of n points to k coefficients, the cheaper of
///         a pruned FFT            5 n log2 k           (Sorensen and Burrus 1993)
///         a folded dense sum      2 n k + 2 n          cosines: even part, sines: odd part
///     both halved for a real line, except that its k coefficients, each a pair, cost 2 n k + n
///     product per mode            8 B C C K            a complex multiply-add is 8
///
///     spectral convolution   forward   x read, y written, weights read
///                            back      g read, gx written, weights read, their gradient written;
///                                      two transforms and two products more
///     temporal convolution   two transforms along time, products as above at every point, and
///                            the activation
///     channel map            2 B P C C                 back: twice that; x and g read, gx written
///     activation             20 forward, 25 back       a rational erf or exp and its surroundings
///     model                  every layer reads and writes its field once, since a transform needs
///                            all of it; what is between two transforms stays in the processor.
///                            Training: three times the flops; u and its gradient pass twice more
///     Adam                   12 a number; reads p, g, m, v and writes p, m, v
struct Cost {
  double flops = 0;
  double bytes = 0;

  Cost& operator+=(const Cost& other) {
    flops += other.flops;
    bytes += other.bytes;
    return *this;
  }
  friend Cost operator*(double times, const Cost& cost) {
    return {times * cost.flops, times * cost.bytes};
  }
};

inline std::size_t bytes_of(Element element) {
  return element == Element::float32 ? 4 : element == Element::complex128 ? 16 : 8;
}
inline bool is_complex(Element element) {
  return element == Element::complex64 || element == Element::complex128;
}
inline bool is_double(Element element) {
  return element == Element::float64 || element == Element::complex128;
}

inline double product(const std::vector<std::size_t>& extents) {
  double result = 1;
  for (const std::size_t extent : extents) result *= static_cast<double>(extent);
  return result;
}

/// One line, to its coefficients or back.
inline double line_flops(std::size_t points, std::size_t coefficients, bool is_real) {
  const auto n = static_cast<double>(points), k = static_cast<double>(coefficients);
  const double pruned = 5 * n * std::log2(std::max(2.0, k)) / (is_real ? 2 : 1);
  const double folded = 2 * n * k + (is_real ? n : 2 * n);
  return std::min(pruned, folded);
}

/// The coefficients that a field's spectrum stores per axis: the last axis of a real field is half.
inline std::vector<std::size_t> stored_modes(const Case& c, bool is_real) {
  auto stored = c.modes;
  for (std::size_t axis = 0; axis < stored.size(); ++axis)
    stored[axis] = std::min(stored[axis], c.grid[axis]);
  if (is_real && !stored.empty()) stored.back() = nop::half_axis(stored.back());
  return stored;
}

/// A field of one channel to its modes or back, the last axis first, so that later axes have fewer
/// lines.
inline double transform_flops(const Case& c, bool is_real) {
  const auto stored = stored_modes(c, is_real);
  double lines = product(c.grid), flops = 0;
  for (std::size_t axis = c.grid.size(); axis-- > 0;) {
    lines /= static_cast<double>(c.grid[axis]);
    flops += lines * line_flops(c.grid[axis], stored[axis], is_real && axis + 1 == c.grid.size());
    lines *= static_cast<double>(stored[axis]);
  }
  return flops;
}

/// What the costs of one case are made of.
struct CostModel {
  const Case& c;
  Element element;
  bool is_real  = !is_complex(element);
  double size   = static_cast<double>(bytes_of(element));
  double fields = static_cast<double>(c.batch) * product(c.grid);  ///< numbers per channel

  [[nodiscard]] Cost convolution(double channels, bool back) const {
    const double kept    = product(stored_modes(c, is_real));
    const double weights = channels * channels * kept * (is_real ? 2 * size : size);
    const double one_way = static_cast<double>(c.batch) * channels * transform_flops(c, is_real);
    const double mixing  = 8 * static_cast<double>(c.batch) * channels * channels * kept;
    const double field   = channels * fields * size;
    return {(back ? 4 : 2) * one_way + (back ? 3 : 1) * mixing,
            (back ? 4 : 2) * field + (back ? 3 : 1) * weights};
  }

  [[nodiscard]] Cost map(double in, double out, bool back) const {
    const double field = fields * size, weights = in * out * size;
    return {(back ? 6 : 2) * fields * in * out,
            back ? (3 * in + 2 * out) * field + 3 * weights : (in + out) * field + weights};
  }

  [[nodiscard]] Cost mlp(double in, double hidden, double out, bool back) const {
    const double field = fields * size, weights = (in + out) * hidden * size;
    return {(back ? 6 : 2) * fields * hidden * (in + out) + activation(hidden, back).flops,
            back ? (3 * in + 2 * out) * field + 3 * weights : (in + out) * field + weights};
  }

  [[nodiscard]] Cost activation(double channels, bool back) const {
    return {(back ? 45 : 20) * channels * fields, (back ? 5 : 2) * channels * fields * size};
  }

  /// At each of the points beside the first axis, which is time: a real product for the frequency 0
  /// (and for half the steps), a complex one for the others.
  [[nodiscard]] Cost along_time(double channels, bool back) const {
    const std::size_t steps = c.grid.front(), modes = std::min(c.modes.front(), steps);
    const double points = fields / static_cast<double>(steps), field = channels * fields * size;
    const double stored  = static_cast<double>(nop::half_axis(modes));
    const double halves  = modes == steps && steps % 2 == 0 ? 2 : 1;
    const double product = points * channels * channels * (8 * (stored - halves) + 2 * halves);
    const double one_way = points * channels * line_flops(steps, nop::half_axis(modes), true);
    const double weights = 2 * stored * channels * channels * size;
    return {(back ? 3 : 1) * product + (back ? 4 : 2) * one_way + activation(channels, back).flops,
            (back ? 5 : 2) * field + (back ? 3 : 1) * weights};
  }

  /// As many maps of the channels as a kernel has taps, on one field.
  [[nodiscard]] Cost local(double channels, bool back) const {
    const Cost one = map(channels, channels, back);
    return {taps() * one.flops, one.bytes};
  }
  /// Of a kernel of 3 points along each axis.
  [[nodiscard]] double taps() const { return std::pow(3.0, static_cast<double>(c.grid.size())); }

  /// The products of the U-Net of Kind::unet, whose fields stay in the caches: convolutions, maps
  /// where channels change and around attention, and its own two. Of a Dsno in as many states as
  /// are needed where they stand, and what mixes two modes of them; training needs all states.
  [[nodiscard]] Cost unet(bool training) const {
    constexpr std::size_t places = 7;  // of temporal convolutions
    const auto w                 = static_cast<double>(c.channels);
    const auto all               = static_cast<double>(c.states);
    const double block           = std::pow(2.0, static_cast<double>(c.grid.size()));
    const double fine = fields / block, coarse = fine / block;
    const double attention = 4 * w * w + 2 * coarse / static_cast<double>(c.batch) * w;
    const double mixing    = c.states == 1 ? 0 : c.states == 2 ? 2 * w * w : 5 * w * w;
    const double ends      = fine * taps() * block * w;
    const auto is_last     = [&](std::size_t p) { return !training && p + c.separate >= places; };
    double states = 1, sums = ends;
    std::size_t place = 0;
    // A residual block begins in the states that there are, and ends in those that are wanted.
    const auto residual = [&](double grid, double in, bool attends) {
      const double wanted = place < c.shared || is_last(place) ? 1 : all;
      const double widens = in > w ? in : 0;
      sums += grid * w * (states * (taps() * in + widens) + wanted * taps() * w);
      sums += attends ? grid * wanted * attention : 0;
      states = wanted;
    };
    const auto stage = [&](double grid, double in, bool attends) {
      residual(grid, in, attends);
      if (place >= c.shared && place + c.separate < places) sums += grid * mixing;
      if (is_last(++place)) states = 1;
    };
    stage(fine, w, false);
    residual(coarse, w, false);
    stage(coarse, w, true);
    stage(coarse, w, true);
    residual(coarse, w, false);
    for (int i = 0; i < 2; ++i) stage(coarse, 2 * w, true);
    residual(fine, w, false);
    for (int i = 0; i < 2; ++i) stage(fine, 2 * w, false);
    sums += states * ends;
    const double passes = training ? 3 : 1;
    return {2 * passes * sums, (passes + states) * fields * size};
  }

  /// The default model: lifting and projection twice as wide, four layers with a linear skip, a
  /// channel MLP and a gated skip.
  [[nodiscard]] Cost model(bool training) const {
    constexpr double depth = 4;
    const auto width       = static_cast<double>(c.channels);
    const auto embedded    = static_cast<double>(1 + c.grid.size());
    const Cost convolved   = convolution(width, false);
    const double layer     = convolved.flops + map(width, width, false).flops +
                         mlp(width, width / 2, width, false).flops +
                         2 * activation(width, false).flops + 4 * width * fields;
    const double ends =
        mlp(embedded, 2 * width, width, false).flops + mlp(width, 2 * width, 1, false).flops;
    const double field      = width * fields * size;
    const double parameters = depth * (convolved.bytes - 2 * field);
    if (!training)
      return {depth * layer + ends, 2 * depth * field + 2 * fields * size + parameters};
    return {3 * (depth * layer + ends) + 12 * parameters / size,
            5 * depth * field + 3 * fields * size + 10 * parameters};
  }
};

/// The least work of one repetition.
inline Cost cost_of(const Case& c, Pass pass, Element element) {
  const CostModel model{c, element};
  const bool back     = pass == Pass::fwdbwd || pass == Pass::train;
  const auto channels = static_cast<double>(c.channels);
  switch (c.kind) {
    case Kind::sc:
      return model.convolution(channels, back);
    case Kind::fno:
      return model.model(back);
    case Kind::time:
      return model.along_time(channels, back);
    case Kind::conv:
      return model.local(channels, back);
    case Kind::unet:
    case Kind::dsno:
      return model.unet(back);
    case Kind::mix:
      return model.map(channels, channels, back);
    case Kind::mlp:
      return model.mlp(channels, std::floor(channels / 2), channels, back);
    case Kind::gelu:
      return model.activation(channels, back);
  }
  return {};
}

}  // namespace bench
