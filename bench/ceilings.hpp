// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "cost.hpp"

#include <algorithm>
#include <cstddef>

namespace bench {

/// What this machine can do at most, on a number of threads.
struct Ceilings {
  std::size_t threads;
  double float_flops;  ///< a second, by fused multiply-adds on registers
  double double_flops;
  double read;   ///< bytes a second, from arrays that no cache holds
  double copy;   ///< read and written
  double triad;  ///< a = b + s c, three arrays

  [[nodiscard]] double flops(Element element) const {
    return is_double(element) ? double_flops : float_flops;
  }
  [[nodiscard]] double bandwidth() const { return std::max({read, copy, triad}); }

  /// The shortest time in which this work can be done, in seconds: the roofline of Williams,
  /// Waterman and Patterson (2009).
  [[nodiscard]] double limit(const Cost& cost, Element element) const {
    return std::max(cost.flops / flops(element), cost.bytes / bandwidth());
  }
};

/// Measured when first asked for, in well under a second, and remembered.
const Ceilings& ceilings(std::size_t threads);

}  // namespace bench
