// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/rng.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace nop::test {

/// Normal numbers, the same ones for the same seed; both parts of a complex one are normal.
template <scalar Element>
std::vector<Element> random_values(std::size_t count, std::uint64_t seed) {
  using Real = real_of<Element>;
  const RandomStream random(seed, 0);
  std::vector<Element> values(count);
  for (std::size_t i = 0; i < count; ++i)
    if constexpr (complex<Element>)
      values[i] = {static_cast<Real>(random.normal(2 * i)),
                   static_cast<Real>(random.normal(2 * i + 1))};
    else
      values[i] = static_cast<Real>(random.normal(i));
  return values;
}

/// A tensor of normal numbers.
template <scalar Element, class Backend, std::size_t Rank>
Tensor<Element, Rank, Backend> random_tensor(const Shape<Rank>& shape, std::uint64_t seed) {
  const auto values = random_values<Element>(element_count(shape), seed);
  return Tensor<Element, Rank, Backend>(shape, std::span<const Element>(values));
}

}  // namespace nop::test
