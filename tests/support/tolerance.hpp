// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/scalar.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>

namespace nop::test {

/// How closely results in this precision have to agree, relative to the largest of them.
template <real Real>
struct Tolerance;

template <>
struct Tolerance<float> {
  static constexpr double rounding = 1e-5;  ///< the same sums in another order
};

template <>
struct Tolerance<double> {
  static constexpr double rounding  = 1e-12;
  static constexpr double gradients = 1e-7;  ///< the tape against central differences
};

/// The same for std::complex<float> as for float.
template <scalar Element>
inline constexpr double rounding = Tolerance<real_of<Element>>::rounding;

/// The largest |got - expected|, relative to the largest |expected|. Infinite where the sizes
/// differ or something is not a number, so that `worst_error(a, b) < tolerance` is all a test has
/// to say.
template <class Got, class Expected>
double worst_error(const Got& got, const Expected& expected) {
  constexpr double wrong = std::numeric_limits<double>::infinity();
  if (std::size(got) != std::size(expected)) return wrong;
  double scale = 0, error = 0;
  for (const auto& value : expected) scale = std::max(scale, std::abs(std::complex<double>(value)));
  for (std::size_t i = 0; i < std::size(got); ++i) {
    const double here = std::abs(std::complex<double>(got[i]) - std::complex<double>(expected[i]));
    if (!(here <= error)) error = std::isnan(here) ? wrong : here;
  }
  return scale > 0 ? error / scale : error;
}

}  // namespace nop::test
