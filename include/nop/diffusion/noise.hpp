// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/core/rng.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>

#include <cstddef>
#include <span>

namespace nop {

namespace detail {

template <real Real>
struct NormalNumber {
  RandomStream random;
  std::size_t first;
  constexpr Real operator()(std::size_t i) const {
    return static_cast<Real>(random.normal(first + i));
  }
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

/// The same of samples with any numbers. Throws PreconditionError unless the shape has a row for
/// each.
template <real Real, class Backend, std::size_t Rank>
  requires(Rank >= 1)
Tensor<Real, Rank, Backend> normal_noise(const Shape<Rank>& shape, const RandomStream& stream,
                                         std::span<const std::size_t> samples) {
  expects(shape[0] == samples.size(), "normal_noise: expected a row for each of ", samples.size(),
          " samples, got shape ", shape);
  const std::size_t row = element_count(shape, 1);
  auto noise            = Tensor<Real, Rank, Backend>::uninitialized(shape);
  Real* out             = row > 0 ? noise.mutable_data() : nullptr;
  for (std::size_t i = 0; row > 0 && i < samples.size(); ++i, out += row)
    Backend::generate(detail::NormalNumber<Real>{stream, samples[i] * row}, out, row);
  return noise;
}

}  // namespace nop
