// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>
#include <nop/layers/spectral_weight/form.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

/// \file
/// The ranks of a decomposition that has about `rank` times as many parameters as the tensor of
/// shape `shape`. The formulas are those of the reference library.

namespace nop {

namespace detail {

/// To the nearest integer, a half to the even one, and at least 1. What no memory could hold stays
/// in the range of integers, to be refused where memory is asked for.
inline std::size_t rounded_rank(double rank) {
  return static_cast<std::size_t>(std::clamp(std::nearbyint(rank), 1.0, 0x1p53));
}

template <std::size_t Axes>
double entries(const Shape<Axes>& shape) {
  double product = 1;
  for (const std::size_t extent : shape) product *= static_cast<double>(extent);
  return product;
}

}  // namespace detail

/// A Tucker decomposition: r_k = round(c I_k), where core and factors would have the wanted number
/// of parameters if the ranks were not rounded, prod(I) c^N + sum(I^2) c = rank prod(I).
template <std::size_t Axes>
std::vector<std::size_t> tucker_ranks(const Shape<Axes>& shape, double rank) {
  const double entries = detail::entries(shape);
  double squares       = 0;
  for (const std::size_t extent : shape)
    squares += static_cast<double>(extent) * static_cast<double>(extent);
  double low = 0, high = std::max(rank, 1.0);  // of a rising function: halved down to the last bit
  for (double middle = high / 2; low < middle && middle < high; middle = low + (high - low) / 2)
    (entries * std::pow(middle, Axes) + squares * middle < rank * entries ? low : high) = middle;
  std::vector<std::size_t> ranks;
  for (const std::size_t extent : shape)
    ranks.push_back(detail::rounded_rank(static_cast<double>(extent) * high));
  return ranks;
}

/// A CP decomposition: R = round(rank prod(I) / sum(I)).
template <std::size_t Axes>
std::vector<std::size_t> cp_ranks(const Shape<Axes>& shape, double rank) {
  double total = 0;
  for (const std::size_t extent : shape) total += static_cast<double>(extent);
  return {detail::rounded_rank(detail::entries(shape) * rank / total)};
}

/// A tensor train: r_k = round(c m_k) with m_k = (I_k + I_{k+1}) / 2 between two axes, where
///
///     a c^2 + b c = rank prod(I),  a = sum_k m_{k-1} I_k m_k,  b = I_1 m_1 + I_N m_{N-1};
///
/// of a matrix a = I_1 m_1^2, which leaves it fewer parameters than are asked for.
template <std::size_t Axes>
std::vector<std::size_t> tensor_train_ranks(const Shape<Axes>& shape, double rank) {
  static_assert(Axes >= 2);
  std::array<double, Axes> extent;
  std::array<double, Axes - 1> mean;
  for (std::size_t axis = 0; axis < Axes; ++axis) extent[axis] = static_cast<double>(shape[axis]);
  for (std::size_t k = 0; k + 1 < Axes; ++k) mean[k] = (extent[k] + extent[k + 1]) / 2;
  const double b = extent[0] * mean[0] + extent[Axes - 1] * mean[Axes - 2];
  double a       = Axes == 2 ? extent[0] * mean[0] * mean[0] : 0;
  for (std::size_t k = 1; k + 1 < Axes; ++k) a += mean[k - 1] * extent[k] * mean[k];
  const double wanted = rank * detail::entries(shape);
  const double c      = (-b + std::sqrt(b * b + 4 * a * wanted)) / (2 * a);
  std::vector<std::size_t> ranks;
  for (const double m : mean) ranks.push_back(detail::rounded_rank(m * c));
  return ranks;
}

/// The ranks of a form for a tensor `[channels..., modes...]`: those it names, or those that follow
/// from its `rank`. Throws PreconditionError if they are not as many as the kind has, or not
/// positive.
template <std::size_t Axes>
std::vector<std::size_t> ranks_of(const SpectralWeightForm& form, const Shape<Axes>& shape) {
  expects(form.rank > 0 && form.rank <= 1000,
          "SpectralWeightForm: expected a rank in (0, 1000], got ", form.rank);
  const auto computed = form.kind == SpectralWeightKind::tucker ? tucker_ranks(shape, form.rank)
                        : form.kind == SpectralWeightKind::cp
                            ? cp_ranks(shape, form.rank)
                            : tensor_train_ranks(shape, form.rank);
  if (form.ranks.empty()) return computed;
  expects(form.ranks.size() == computed.size() && std::ranges::count(form.ranks, 0U) == 0,
          "SpectralWeightForm: expected ", computed.size(),
          " positive ranks for a tensor of shape ", shape, ", got ", form.ranks.size());
  return form.ranks;
}

}  // namespace nop
