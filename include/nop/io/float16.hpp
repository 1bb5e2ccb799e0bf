// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cstdint>

namespace nop::detail {

/// IEEE 754 binary16, widened exactly.
inline float widen_float16(std::uint16_t bits) {
  const std::uint32_t sign     = (bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fu;
  const std::uint32_t mantissa = bits & 0x3ffu;
  if (exponent == 0) {  // zero and the subnormals: mantissa * 2^-24
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | (mantissa << 13));
  return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
}

/// The nearest IEEE 754 binary16, of two the even one; infinite from 65520 on.
inline std::uint16_t narrow_float16(float value) {
  const auto bits      = std::bit_cast<std::uint32_t>(value);
  const auto sign      = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  const auto magnitude = bits & 0x7fffffffu;
  const auto rounded   = [](std::uint32_t number, std::uint32_t dropped) {
    const std::uint32_t half = 1u << (dropped - 1);
    const std::uint32_t odd  = (number >> dropped) & 1u;
    return (number + half - 1 + odd) >> dropped;
  };
  std::uint32_t narrow = 0;
  if (magnitude > 0x7f800000u)
    narrow = 0x7e00u;  // not a number
  else if (magnitude >= 0x477ff000u)
    narrow = 0x7c00u;  // 65520 and more
  else if (magnitude >= 0x38800000u)
    narrow = rounded(magnitude - (112u << 23), 13);
  else if (magnitude >= 0x33000000u)  // subnormal, at least half of the least
    narrow = rounded((magnitude & 0x7fffffu) | 0x800000u, 126 - (magnitude >> 23));
  return static_cast<std::uint16_t>(sign | narrow);
}

}  // namespace nop::detail
