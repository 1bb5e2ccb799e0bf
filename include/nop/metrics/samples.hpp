// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

namespace nop::detail {

/// A set of samples on the host, in double: `count` rows of `length` numbers.
struct Samples {
  std::size_t count, length;
  std::vector<double> values;
};

/// Throws PreconditionError, in the name of a function, for a number that is not finite.
template <real Real, std::size_t Rank, class Backend>
  requires(Rank >= 2)
Samples samples_in_double(const char* name, const Tensor<Real, Rank, Backend>& x) {
  const auto values = x.to_host();
  for (const Real value : values)
    expects(std::isfinite(value), name, ": expected samples of finite numbers, got ", value);
  return {x.extent(0), element_count(x.shape(), 1), {values.begin(), values.end()}};
}

/// Checks two sets of samples that are compared; each has at least so many.
template <class A, class B>
void check_samples(const char* name, const A& a, const B& b, std::size_t fewest) {
  const std::size_t length = element_count(a.shape(), 1);
  expects(element_count(b.shape(), 1) == length && length > 0, name,
          ": expected two sets of samples of as many numbers each, got ", a.shape(), " and ",
          b.shape());
  expects(a.extent(0) >= fewest && b.extent(0) >= fewest, name, ": expected at least ", fewest,
          " samples in each set, got ", a.extent(0), " and ", b.extent(0));
}

}  // namespace nop::detail
