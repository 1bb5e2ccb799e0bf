// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace nop::cuda {

/// Divides by a number that is known before a kernel starts, by a product and a shift (T. Granlund
/// and P. L. Montgomery, PLDI 1994).
class Divisor {
 public:
  /// What is divided has to be smaller than this.
  static constexpr std::size_t most = std::size_t{1} << 31U;

  struct Parts {
    std::uint32_t quotient, remainder;
  };

  constexpr Divisor() = default;
  /// By 1 to `most`.
  constexpr explicit Divisor(std::size_t divisor)
      : divisor_(static_cast<std::uint32_t>(divisor)),
        shift_(static_cast<std::uint32_t>(std::bit_width(divisor - 1))),
        factor_(
            static_cast<std::uint32_t>(((std::uint64_t{most} << shift_) + divisor - 1) / divisor)) {
  }

  [[nodiscard]] constexpr std::uint32_t quotient(std::uint32_t n) const {
    return static_cast<std::uint32_t>(std::uint64_t{n << 1U} * factor_ >> 32U) >> shift_;
  }
  [[nodiscard]] constexpr Parts divide(std::uint32_t n) const {
    const std::uint32_t q = quotient(n);
    return {q, n - q * divisor_};
  }

 private:
  std::uint32_t divisor_ = 1, shift_ = 0, factor_ = std::uint32_t{1} << 31U;
};

}  // namespace nop::cuda
