// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace nop {

/// The lowest and the highest value that a picture shows.
struct Limits {
  double low                                           = 0;
  double high                                          = 1;
  friend bool operator==(const Limits&, const Limits&) = default;
};

/// Equal steps along an axis mean equal differences, or equal ratios.
enum class Scale : std::uint8_t { linear, logarithmic };

/// A mark on an axis.
struct Tick {
  double value;
  std::string label;
};

/// Whether a value has a place on an axis of this scale.
inline bool is_drawable(double value, Scale scale) {
  return std::isfinite(value) && (scale == Scale::linear || value > 0);
}

/// The least and the greatest of the drawable values; high < low where there are none.
inline Limits drawable_limits(std::span<const double> values, Scale scale) {
  Limits limits{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  for (const double value : values)
    if (is_drawable(value, scale)) {
      limits.low  = std::min(limits.low, value);
      limits.high = std::max(limits.high, value);
    }
  return limits;
}

/// Limits that can be drawn: none at all become [0, 1] or [1, 10], a single value gets room around
/// it.
inline Limits widened(const Limits& limits, Scale scale) {
  if (!(limits.low <= limits.high)) return scale == Scale::linear ? Limits{0, 1} : Limits{1, 10};
  if (scale == Scale::logarithmic) {
    if (limits.high / limits.low > 1 + 1e-9) return limits;
    const double low = std::max(limits.low / 2, std::numeric_limits<double>::min());
    return {low, std::min(std::max(limits.high * 2, 4 * low), std::numeric_limits<double>::max())};
  }
  constexpr double tiny  = 1e-280;  // Below it the steps between marks lose their digits.
  constexpr double large = std::numeric_limits<double>::max();
  const double magnitude = std::max(std::abs(limits.low), std::abs(limits.high));
  if (limits.high / 2 - limits.low / 2 > std::max(1e-12 * magnitude, tiny)) return limits;
  const double room = magnitude > tiny ? magnitude / 10 : 1;
  return {std::max(limits.low - room, -large), std::min(limits.high + room, large)};
}

namespace detail {

/// "−2.5e−7": the signs a typesetter would take.
inline std::string with_minus_signs(const std::string& text) {
  std::string result;
  for (const char letter : text) result += letter == '-' ? "\u2212" : std::string(1, letter);
  return result;
}

inline std::string formatted(const char* format, int digits, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, digits, value);
  return text.data();
}

/// "2e-7" for "2.0e-07".
inline std::string scientific(double value, int digits) {
  std::string text = formatted("%.*e", digits, value);
  const auto e     = text.find('e');
  if (e == std::string::npos) return text;
  std::string exponent = text.substr(e + 1);
  exponent.erase(1, std::min(exponent.find_first_not_of('0', 1), exponent.size() - 1) - 1);
  if (exponent[0] == '+') exponent.erase(0, 1);
  std::string mantissa = text.substr(0, e);
  if (digits > 0) mantissa.erase(mantissa.find_last_not_of('0') + 1);
  if (mantissa.back() == '.') mantissa.pop_back();
  return mantissa + "e" + exponent;
}

inline void expect_positive(const char* function, const Limits& limits) {
  expects(0 < limits.low && limits.low < limits.high &&
              limits.high < std::numeric_limits<double>::infinity(),
          function, ": expected finite positive limits, in order, got ", limits.low, " and ",
          limits.high);
}

/// The digits behind the point that tell multiples of `step` apart.
inline int digits_of(double step) {
  for (int digits = 0; digits < 15; ++digits) {
    const double scaled = step * std::pow(10.0, digits);
    if (std::abs(scaled - std::round(scaled)) < 1e-6 * scaled) return digits;
  }
  return 15;
}

/// The label of a multiple of `step` on an axis that goes up to `magnitude`.
inline std::string label_of(double value, double step, double magnitude) {
  if (std::abs(value) < step / 1000) return "0";
  if (magnitude >= 1e-3 && magnitude < 1e5 && digits_of(step) <= 6)
    return with_minus_signs(formatted("%.*f", digits_of(step), value));
  const double decade = std::pow(10.0, std::floor(std::log10(std::abs(value))));
  return with_minus_signs(scientific(value, std::min(digits_of(step / decade), 6)));
}

/// The least of 1, 2, 2.5, 5 and 10 times a power of ten that is not below `step`.
inline double nice_step(double step) {
  const double decade = std::pow(10.0, std::floor(std::log10(step)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0})
    if (step <= factor * decade * (1 + 1e-9)) return factor * decade;
  return 10 * decade;
}

/// "10⁻³"
inline std::string power_of_ten(int exponent) {
  static constexpr std::array digits{"\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074",
                                     "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
  std::string text = "10";
  for (const char letter : std::to_string(exponent))
    text += letter == '-' ? "\u207b" : digits[static_cast<std::size_t>(letter - '0')];
  return text;
}

}  // namespace detail

/// About `count` marks at round numbers within the limits. Throws PreconditionError unless these
/// are in order.
inline std::vector<Tick> linear_ticks(const Limits& limits, std::size_t count) {
  expects(limits.low < limits.high, "linear_ticks: expected limits in order, got ", limits.low,
          " and ", limits.high);
  const double parts     = static_cast<double>(std::max<std::size_t>(count, 1));
  const double step      = detail::nice_step(limits.high / parts - limits.low / parts);
  const double magnitude = std::max(std::abs(limits.low), std::abs(limits.high));
  std::vector<Tick> ticks;
  const double slack = 1e-9 * parts;  // A limit that is round itself gets its mark.
  const double last  = std::floor(limits.high / step + slack);
  for (double i = std::ceil(limits.low / step - slack); i <= last && ticks.size() < 100; ++i)
    if (std::isfinite(i * step))
      ticks.push_back({i * step, detail::label_of(i * step, step, magnitude)});
  return ticks;
}

/// About `count` marks within positive limits: at powers of ten, or, where the limits are less than
/// two decades apart, at round numbers. Throws PreconditionError unless they are finite, positive
/// and in order.
inline std::vector<Tick> logarithmic_ticks(const Limits& limits, std::size_t count) {
  detail::expect_positive("logarithmic_ticks", limits);
  const double low = std::log10(limits.low), high = std::log10(limits.high);
  std::vector<Tick> ticks;
  if (high - low >= 2) {
    const int first = static_cast<int>(std::ceil(low - 1e-9));
    const int last  = static_cast<int>(std::floor(high + 1e-9));
    const int step  = 1 + (last - first) / static_cast<int>(std::max<std::size_t>(count, 1));
    for (int exponent = first; exponent <= last; exponent += step)
      ticks.push_back({std::pow(10.0, exponent), detail::power_of_ten(exponent)});
    return ticks;
  }
  for (int exponent = static_cast<int>(std::floor(low)); exponent <= high; ++exponent)
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double value = factor * std::pow(10.0, exponent);
      if (std::isfinite(value) && value >= limits.low * (1 - 1e-9) &&
          value <= limits.high * (1 + 1e-9))
        ticks.push_back({value, detail::label_of(value, std::pow(10.0, exponent), value)});
    }
  return ticks.size() >= 3 ? ticks : linear_ticks(limits, count);
}

/// About `count` marks at round numbers within the limits of an axis.
inline std::vector<Tick> ticks_of(const Limits& limits, Scale scale, std::size_t count) {
  return scale == Scale::linear ? linear_ticks(limits, count) : logarithmic_ticks(limits, count);
}

/// The marks without labels between those of a logarithmic axis: 1 to 9 times the powers of ten.
inline std::vector<double> minor_ticks(const Limits& limits, Scale scale) {
  std::vector<double> values;
  if (scale == Scale::linear) return values;
  detail::expect_positive("minor_ticks", limits);
  const double low = std::log10(limits.low), high = std::log10(limits.high);
  if (high - low > 12) return values;
  for (int exponent = static_cast<int>(std::floor(low)); exponent <= high; ++exponent)
    for (int factor = 1; factor <= 9; ++factor) {
      const double value = factor * std::pow(10.0, exponent);
      if (value >= limits.low && value <= limits.high) values.push_back(value);
    }
  return values;
}

/// Where a value lies between the limits, from 0 to 1.
inline double position_of(double value, const Limits& limits, Scale scale) {
  if (scale == Scale::logarithmic)
    return (std::log(value) - std::log(limits.low)) /
           (std::log(limits.high) - std::log(limits.low));
  return (value / 2 - limits.low / 2) / (limits.high / 2 - limits.low / 2);
}

}  // namespace nop
