// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/rng.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>

#include <cstddef>

namespace nop {

namespace detail {

template <real Real>
struct NormalNumber {
  RandomStream random;
  std::size_t first;
  Real operator()(std::size_t i) const { return static_cast<Real>(random.normal(first + i)); }
};

}  // namespace detail

/// A batch of noise, normal with mean 0 and variance 1, whose first sample is number `first` of the
/// stream. Each number is a function of the stream and its place in it, so that any part of a large
/// set of noise is made again when it is needed.
///
///     const auto x = normal_noise<float, Cpu>(Shape{64, 1, 28, 28}, rng.stream());
template <real Real, class Backend, std::size_t Rank>
  requires(Rank >= 1)
Tensor<Real, Rank, Backend> normal_noise(const Shape<Rank>& shape, const RandomStream& stream,
                                         std::size_t first = 0) {
  auto noise = Tensor<Real, Rank, Backend>::uninitialized(shape);
  Backend::generate(detail::NormalNumber<Real>{stream, first * element_count(shape, 1)},
                    noise.mutable_data(), noise.size());
  return noise;
}

}  // namespace nop
