// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/activation.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>

#include <complex>
#include <cstddef>

namespace nop {

/// A temporal convolution block (Zheng et al. 2023, section 3.2) on a field x of shape [batch,
/// steps, channels, points]: at every point alone, over all of its steps in time,
///
///     y(t) = x(t) + sigma( (K x)(t) ),    (K x)(t) = F^-1( R(k) F(x)(k) )(t)
///
/// where F is the Fourier transform along time, of which the frequencies k = 0, ..., modes - 1 are
/// kept, 2 (modes - 1) <= steps. The imaginary parts of R do nothing at k = 0 and at k = steps / 2.
template <real Real>
struct TimeMixing {
  std::size_t modes;
  const std::complex<Real>* weight;  ///< R, [modes, channels in, channels out]
  Activation activation = Activation::identity;
  /// Only the steps from this one on are answered with: y is [batch, steps - from, channels,
  /// points].
  std::size_t from = 0;
};

}  // namespace nop
