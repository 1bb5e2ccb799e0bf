// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/tensor.hpp>

#include "support/golden.hpp"

#include <cmath>
#include <cstddef>
#include <span>

namespace nop::test {

/// The target of the reference's losses: cos(1.7 x) of its input.
template <real Real, class Backend, std::size_t Rank>
Tensor<Real, Rank, Backend> golden_target(const Shape<Rank>& shape) {
  auto values = golden_input<Real, Backend>(shape).to_host();
  for (Real& value : values) value = std::cos(static_cast<Real>(1.7) * value);
  return {shape, std::span<const Real>(values)};
}

}  // namespace nop::test
