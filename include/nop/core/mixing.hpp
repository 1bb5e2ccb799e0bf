// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/activation.hpp>
#include <nop/core/scalar.hpp>

#include <cstddef>

namespace nop {

/// One link of a chain of channel mixings. At every point of a field x, from u_0 = x on,
///
///     a_l = W u_{l-1} + b + r + g x,    u_l = sigma(a_l)
///
/// where the bias b, the residual field r and the gate g, a factor per channel, may be absent.
///
/// Where there is a place for the sum a, and the backend's `keeps_sums` says so, `mix` writes it
/// there, and `pull_mix` reads it instead of computing it again: it does not read b and r then.
template <real Real>
struct Mixing {
  std::size_t channels;             ///< of u_l
  const Real* weight;               ///< W, [channels of u_l, channels of u_{l-1}]
  const Real* bias      = nullptr;  ///< [channels]
  const Real* residual  = nullptr;  ///< a field, [batch, channels, points]
  const Real* gate      = nullptr;  ///< [channels], which then are those of x
  Activation activation = Activation::identity;
  Real* sum             = nullptr;  ///< a, a field like u_l
};

/// Where the gradients of a link's operands go, each shaped like its operand. Null: not wanted.
template <real Real>
struct MixingGradient {
  Real* weight   = nullptr;
  Real* bias     = nullptr;
  Real* residual = nullptr;
  Real* gate     = nullptr;
};

}  // namespace nop
