// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>

#include <cstddef>
#include <limits>
#include <string>
#include <utility>

namespace nop {

/// How much an archive may unpack to: `ratio` times its own size and `allowance` bytes more. Fields
/// of floating-point numbers compress to a tenth at best; archives made to fill a memory, a
/// thousandfold.
struct UnpackLimit {
  std::size_t ratio     = 200;
  std::size_t allowance = std::size_t{256} << 20;
};

namespace detail {

/// ratio * packed + allowance, or the largest number there is.
inline std::size_t room_for(std::size_t packed, const UnpackLimit& limit) {
  constexpr std::size_t largest = std::numeric_limits<std::size_t>::max();
  if (limit.ratio != 0 && packed > (largest - limit.allowance) / limit.ratio) return largest;
  return limit.ratio * packed + limit.allowance;
}

/// Counts what a file unpacks to, before it is unpacked; a FormatError beyond the limit.
class UnpackBudget {
 public:
  UnpackBudget(std::string source, std::size_t packed, const UnpackLimit& limit)
      : source_(std::move(source)), packed_(packed), room_(room_for(packed, limit)), left_(room_) {}

  void charge(std::size_t bytes) {
    if (bytes > left_)
      throw FormatError(source_, 0,
                        "its " + std::to_string(packed_) + " bytes would unpack to more than " +
                            std::to_string(room_) + " (UnpackLimit)");
    left_ -= bytes;
  }

 private:
  std::string source_;
  std::size_t packed_, room_, left_;
};

}  // namespace detail

}  // namespace nop
