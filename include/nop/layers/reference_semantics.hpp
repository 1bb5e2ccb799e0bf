// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/band.hpp>

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <tuple>
#include <vector>

/// \file
/// What versions of the reference library compute in a spectral convolution where that is not the
/// convolution: weights that came from there answer as they did there. Along every axis it is a
/// correspondence between the waves of the input, the weights and the waves of the output.

namespace nop {

/// Whose arithmetic a spectral convolution follows where grids make a difference.
enum class Semantics {
  exact,  ///< a weight belongs to a frequency, on every grid
  head,   ///< the reference library after its version 2.0.0
  v2_0,   ///< its version 2.0.0: also shifts spectra of odd grids by one frequency
  v1_0    ///< its versions 1.0.0 to 1.0.2: also places odd numbers of modes off the centre
};
constexpr auto enumerator_names(Semantics) {
  return std::to_array<const char*>({"exact", "head", "v2_0", "v1_0"});
}

namespace detail {

/// What an axis of a grid is to the spectrum.
enum class AxisRole {
  half,     ///< the last one of a real field, stored by half
  leading,  ///< another one than the last
  last,     ///< the last one of a complex field of several
  only      ///< the one of a complex field of one
};

/// The numbers of points and coefficients along one axis.
struct AxisExtents {
  std::size_t input;   ///< points read
  std::size_t output;  ///< points written
  std::size_t used;    ///< weights in use
  std::size_t stored;  ///< weights there are

  friend auto operator<=>(const AxisExtents&, const AxisExtents&) = default;
};

/// exp(2 pi i frequency x), `factor` times.
struct AxisWave {
  std::ptrdiff_t frequency;
  double factor;
};

/// What becomes of the i-th coefficient: it is read from one wave of the input, multiplied by the
/// weight `first + i` and written to some waves of the output, whose sum's real part is a real
/// field.
struct AxisMap {
  std::size_t first                          = 0;
  std::vector<AxisWave> read                 = {};
  std::vector<std::vector<AxisWave>> written = {};
};

/// The frequency of a full axis of n points that a discrete transform keeps at `bin`.
constexpr std::ptrdiff_t frequency_of_bin(std::size_t bin, std::size_t n) {
  const auto k = static_cast<std::ptrdiff_t>(bin % n), points = static_cast<std::ptrdiff_t>(n);
  return 2 * k < points ? k : k - points;
}

inline AxisMap exact_axis(AxisRole role, const AxisExtents& axis) {
  AxisMap map;
  if (role == AxisRole::half) {
    const std::size_t kept = std::min({axis.used, half_axis(axis.input), half_axis(axis.output)});
    for (std::size_t i = 0; i < kept; ++i) {
      const auto k = static_cast<std::ptrdiff_t>(i);
      map.read.push_back({k, 1});
      map.written.push_back({{k, i == 0 ? 1.0 : 2.0}});
    }
    return map;
  }
  const std::size_t kept = std::min({axis.used, axis.input, axis.output});
  map.first              = axis.stored / 2 - kept / 2;
  for (std::size_t i = 0; i < kept; ++i) {
    const auto k = lowest_frequency(kept) + static_cast<std::ptrdiff_t>(i);
    map.read.push_back({k, 1});
    map.written.push_back({{k, 1}});
  }
  return map;
}

/// The reference library's last axis of a real field. It reads and writes the bins from 0 on; the
/// inverse transform takes as many bins as the output has, the last of them once if that is the
/// output's Nyquist frequency, the others twice. Where the output is even, the newest version takes
/// the real part of the last bin that there was.
inline AxisMap half_axis_of_reference(Semantics semantics, const AxisExtents& axis) {
  const std::size_t bins = half_axis(axis.input), kept = std::min(axis.used, bins);
  AxisMap map;
  for (std::size_t i = 0; i < kept; ++i) {
    const auto k = static_cast<std::ptrdiff_t>(i);
    map.read.push_back({k, 2 * i == axis.input && i > 0 ? 2.0 : 1.0});  // the full coefficient
    auto& written = map.written.emplace_back();
    if (i == 0)
      written = {{0, 1}};
    else if (2 * i == axis.output)
      written = {{-k, 1}};
    else if (2 * i > axis.output)
      continue;
    else if (semantics == Semantics::head && i + 1 == bins && axis.output % 2 == 0)
      written = {{k, 1}, {-k, 1}};  // Re(Y) cos, twice
    else
      written = {{k, 2}};
  }
  return map;
}

/// The reference library's full axes. With frequency 0 shifted to the place floor(n/2), a slice of
/// the spectrum is multiplied by a slice of the weights and stays where it is. The shift is undone,
/// or, up to version 2.0.0, done again. Then the end of the axis is cut off or filled up with
/// zeros to the length of the output. The last axis of a complex field is not shifted back, and of
/// one axis alone nothing is shifted.
inline AxisMap full_axis_of_reference(Semantics semantics, AxisRole role, const AxisExtents& axis) {
  const std::size_t n = axis.input, kept = std::min(axis.used, n), centre = n / 2;
  AxisMap map{.first = (axis.stored - kept) / 2};
  std::size_t begin = semantics == Semantics::v1_0 ? (n - kept) / 2 : centre - kept / 2;
  if (role != AxisRole::leading && semantics != Semantics::v1_0) begin = 0;
  const bool reads_shifted =
      role == AxisRole::leading || (role == AxisRole::last && semantics != Semantics::v1_0);
  for (std::size_t place = begin; place < begin + kept; ++place) {
    map.read.push_back({frequency_of_bin(reads_shifted ? place + n - centre : place, n), 1});
    const std::size_t bin = role != AxisRole::leading      ? place
                            : semantics == Semantics::head ? (place + n - centre) % n
                                                           : (place + centre) % n;
    auto& written         = map.written.emplace_back();
    if (bin < axis.output) written = {{frequency_of_bin(bin, axis.output), 1}};
  }
  return map;
}

inline AxisMap axis_map(Semantics semantics, AxisRole role, const AxisExtents& axis) {
  if (semantics == Semantics::exact) return exact_axis(role, axis);
  return role == AxisRole::half ? half_axis_of_reference(semantics, axis)
                                : full_axis_of_reference(semantics, role, axis);
}

/// Do two maps of an axis do the same to every field?
inline bool same_map(const AxisMap& a, const AxisMap& b, const AxisExtents& axis) {
  const auto listed = [&axis](const AxisMap& map) {
    std::vector<std::tuple<std::size_t, std::ptrdiff_t, std::size_t, double>> list;
    const auto n = static_cast<std::ptrdiff_t>(axis.output);
    for (std::size_t i = 0; i < map.read.size(); ++i)
      for (const auto& [k, factor] : map.written[i])
        list.emplace_back(map.first + i, map.read[i].frequency,
                          static_cast<std::size_t>((k % n + n) % n), factor * map.read[i].factor);
    return list;
  };
  return listed(a) == listed(b);
}

}  // namespace detail

}  // namespace nop
