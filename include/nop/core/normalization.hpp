// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/activation.hpp>
#include <nop/core/scalar.hpp>

#include <cstddef>

namespace nop {

/// A group norm and what follows it at every point, of a field x of shape [batch, channels,
/// points]:
///
///     y_c = sigma( (1 + scale_c) (weight_c n_c + bias_c) + shift_c ),
///     n   = (x - mean) / sqrt(variance + epsilon)  over each group of channels of each sample,
///
/// with the biased variance. What a network is told comes in by the modulation, scales and shifts
/// of each sample, which may be absent. A sample may be told several, one after the other, for as
/// many results in a row.
template <real Real>
struct Normalization {
  std::size_t groups;  ///< they divide the channels
  Real epsilon;
  const Real* weight;                ///< [channels]
  const Real* bias;                  ///< [channels]
  const Real* modulation = nullptr;  ///< [batch x times, 2 channels], scales and then shifts
  std::size_t times      = 1;        ///< results for each sample, 1 without a modulation
  Activation activation  = Activation::identity;
};

/// Where the gradients of its operands go, each shaped like its operand. Null: not wanted.
template <real Real>
struct NormalizationGradient {
  Real* weight     = nullptr;
  Real* bias       = nullptr;
  Real* modulation = nullptr;
};

}  // namespace nop
