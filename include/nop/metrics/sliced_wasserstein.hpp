// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/rng.hpp>
#include <nop/core/tensor.hpp>
#include <nop/metrics/samples.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace nop {

namespace detail {

/// The squared Wasserstein-2 distance between two sets of numbers in ascending order: the mean of
/// (F^-1 - G^-1)^2 of their quantile functions, which are steps.
inline double squared_wasserstein(std::span<const double> a, std::span<const double> b) {
  // In units in which all of a set is a.size() b.size(), each number is as much as the other set.
  double total  = 0;
  std::size_t i = 0, j = 0, left_of_a = b.size(), left_of_b = a.size();
  while (i < a.size() && j < b.size()) {
    const std::size_t both = std::min(left_of_a, left_of_b);
    total += static_cast<double>(both) * (a[i] - b[j]) * (a[i] - b[j]);
    left_of_a -= both;
    left_of_b -= both;
    if (left_of_a == 0) {
      ++i;
      left_of_a = b.size();
    }
    if (left_of_b == 0) {
      ++j;
      left_of_b = a.size();
    }
  }
  return total / (static_cast<double>(a.size()) * static_cast<double>(b.size()));
}

/// Directions of length 1, [directions, length].
inline std::vector<double> random_directions(std::size_t count, std::size_t length,
                                             const RandomStream& random) {
  std::vector<double> directions(count * length);
  for (std::size_t d = 0; d < count; ++d) {
    const auto direction = std::span(directions).subspan(d * length, length);
    double square        = 0;
    for (std::size_t k = 0; k < length; ++k) {
      direction[k] = random.normal(d * length + k);
      square += direction[k] * direction[k];
    }
    for (double& part : direction) part /= std::sqrt(square);
  }
  return directions;
}

/// What the samples are along each direction, in ascending order: [directions, count].
inline std::vector<double> sorted_along(const Samples& samples,
                                        std::span<const double> directions) {
  const std::size_t count = directions.size() / samples.length;
  std::vector<double> along(count * samples.count);
  // directions samples^T
  Cpu::multiply({1, count, samples.length, samples.count},
                Matrices<const double>{directions.data(), samples.length, 0},
                Matrices<const double>{samples.values.data(), samples.length, 0, Form::adjoint},
                Matrices<double>{along.data(), samples.count, 0}, Update::overwrite);
  cpu::parallel_for(count, [&](std::size_t d) {
    const auto line = std::span(along).subspan(d * samples.count, samples.count);
    std::sort(line.begin(), line.end());
  });
  return along;
}

}  // namespace detail

/// The sliced Wasserstein-2 distance between two sets of samples of any shape, [count, ...]: the
/// root of the mean, over random directions, of the squared distance of what the samples are along
/// each. The directions are those of the stream. Computed in double, a few directions at a time.
/// Throws PreconditionError if the samples are not of one size, or there are none, or no direction.
///
///     const double distance = sliced_wasserstein(real, generated, 256, rng.stream());
///
/// Rabin, Peyre, Delon, Bernot, "Wasserstein barycenter and its application to texture mixing",
/// SSVM 2011.
template <real A, real B, std::size_t Rank, class BackendA, class BackendB>
double sliced_wasserstein(const Tensor<A, Rank, BackendA>& a, const Tensor<B, Rank, BackendB>& b,
                          std::size_t directions, const RandomStream& random) {
  detail::check_samples("sliced_wasserstein", a, b, 1);
  constexpr std::size_t most_directions = 1'000'000;
  expects(directions > 0 && directions <= most_directions, "sliced_wasserstein: expected 1 to ",
          most_directions, " directions, got ", directions);
  const auto first              = detail::samples_in_double("sliced_wasserstein", a);
  const auto second             = detail::samples_in_double("sliced_wasserstein", b);
  const auto all                = detail::random_directions(directions, first.length, random);
  constexpr std::size_t at_once = 64;
  double total                  = 0;
  for (std::size_t begin = 0; begin < directions; begin += at_once) {
    const std::size_t count = std::min(at_once, directions - begin);
    const auto some         = std::span(all).subspan(begin * first.length, count * first.length);
    const auto of_a         = detail::sorted_along(first, some);
    const auto of_b         = detail::sorted_along(second, some);
    for (std::size_t d = 0; d < count; ++d)
      total += detail::squared_wasserstein(std::span(of_a).subspan(d * first.count, first.count),
                                           std::span(of_b).subspan(d * second.count, second.count));
  }
  return std::sqrt(total / static_cast<double>(directions));
}

}  // namespace nop
