// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <nop/core/tensor.hpp>

namespace nop::test {

/// The hash that the golden vectors of the reference library are made from, in [-0.5, 0.5).
inline double golden_hash(std::uint32_t i, std::uint32_t j) {
  std::uint32_t x = ((i + 1) * 2654435761U) ^ ((j + 1) * 2246822519U);
  x ^= x >> 15U;
  x *= 2246822519U;
  x ^= x >> 13U;
  x *= 3266489917U;
  x ^= x >> 16U;
  return static_cast<double>(x) / 4294967296.0 - 0.5;
}

template <class Backend>
Tensor<double, 4, Backend> golden_input(const Shape<4>& shape) {
  std::vector<double> values(element_count(shape));
  for (std::size_t k = 0; k < values.size(); ++k)
    values[k] = 2 * golden_hash(static_cast<std::uint32_t>(k), 1000);
  return {shape, std::span<const double>(values)};
}

/// The target of golden vector Q.
template <class Backend>
Tensor<double, 4, Backend> golden_target(const Shape<4>& shape) {
  auto values = golden_input<Backend>(shape).to_host();
  for (double& value : values) value = std::cos(1.7 * value);
  return {shape, std::span<const double>(values)};
}

}  // namespace nop::test
