// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace nop {

/// A colour of a screen (sRGB).
struct Rgb {
  std::uint8_t red                               = 0;
  std::uint8_t green                             = 0;
  std::uint8_t blue                              = 0;
  friend bool operator==(const Rgb&, const Rgb&) = default;
};

/// How numbers become colours.
enum class ColourMap : std::uint8_t {
  viridis,  ///< Dark blue to yellow, evenly lighter: for quantities (van der Walt and Smith, CC0).
  balance,  ///< Blue, white, red, equally dark on both sides: for differences; 0 is white.
  gray      ///< Black to white.
};

namespace detail {

inline constexpr std::array<Rgb, 33> viridis_table{{
    {68, 1, 84},    {71, 13, 96},   {72, 24, 106},  {72, 35, 116},  {71, 45, 123},  {69, 54, 129},
    {66, 64, 134},  {63, 73, 137},  {59, 82, 139},  {55, 90, 141},  {51, 99, 141},  {47, 106, 142},
    {44, 114, 142}, {41, 122, 142}, {38, 129, 142}, {35, 137, 142}, {33, 144, 140}, {31, 152, 139},
    {31, 159, 136}, {33, 166, 133}, {40, 174, 128}, {49, 181, 123}, {62, 188, 116}, {76, 194, 108},
    {93, 201, 99},  {110, 206, 88}, {130, 211, 76}, {150, 216, 63}, {171, 220, 50}, {192, 223, 36},
    {213, 226, 26}, {234, 229, 26}, {253, 231, 37},
}};

/// Even steps of lightness in the Oklab space, from 0.35 to 0.97 and back.
inline constexpr std::array<Rgb, 17> balance_table{{
    {21, 57, 109},
    {14, 78, 148},
    {2, 101, 183},
    {3, 126, 213},
    {48, 152, 232},
    {94, 178, 242},
    {142, 202, 246},
    {192, 225, 247},
    {245, 245, 245},
    {250, 209, 194},
    {250, 173, 147},
    {244, 136, 106},
    {230, 100, 72},
    {210, 64, 46},
    {182, 37, 33},
    {142, 32, 34},
    {104, 26, 31},
}};

inline constexpr std::array<Rgb, 2> gray_table{{{0, 0, 0}, {255, 255, 255}}};

inline Rgb interpolated(std::span<const Rgb> table, double position) {
  const double place     = position * static_cast<double>(table.size() - 1);
  const std::size_t left = std::min(static_cast<std::size_t>(place), table.size() - 2);
  const double weight    = place - static_cast<double>(left);
  const auto mix         = [&](std::uint8_t Rgb::* part) {
    const double value = (1 - weight) * table[left].*part + weight * table[left + 1].*part;
    return static_cast<std::uint8_t>(std::lround(value));
  };
  return {mix(&Rgb::red), mix(&Rgb::green), mix(&Rgb::blue)};
}

}  // namespace detail

/// The colour at `position` along a map, from 0 to 1; what lies beyond takes the colour of the end.
/// Where the position is not a number, a light gray that no map but `gray` has.
inline Rgb colour_at(ColourMap map, double position) {
  if (std::isnan(position)) return {205, 205, 205};
  position = std::clamp(position, 0.0, 1.0);
  switch (map) {
    case ColourMap::viridis:
      return detail::interpolated(detail::viridis_table, position);
    case ColourMap::balance:
      return detail::interpolated(detail::balance_table, position);
    case ColourMap::gray:
      break;
  }
  return detail::interpolated(detail::gray_table, position);
}

/// How many colours `distinct_colour` has.
inline constexpr std::size_t distinct_colours = 8;

/// The i-th of eight colours that people with any colour vision can tell apart (Okabe and Ito,
/// "Color Universal Design", 2008; their yellow, too pale for a line, is left out); then they
/// repeat.
inline Rgb distinct_colour(std::size_t i) {
  constexpr std::array<Rgb, distinct_colours> colours{{{0, 114, 178},
                                                       {213, 94, 0},
                                                       {0, 158, 115},
                                                       {204, 121, 167},
                                                       {230, 159, 0},
                                                       {86, 180, 233},
                                                       {40, 40, 40},
                                                       {140, 140, 140}}};
  return colours[i % colours.size()];
}

}  // namespace nop
