// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/activation.hpp>
#include <nop/core/normalization.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

/// \file
/// Normalizations by their definition, number after number.

namespace nop::test {

/// n of every number of a field, and 1 / sqrt(variance + epsilon) of its group.
template <class Real>
struct NaiveMoments {
  std::vector<Real> n, inverse;

  NaiveMoments(const Shape<3>& box, const Real* x, const Normalization<Real>& norm) {
    const std::size_t count = box[1] / norm.groups * box[2];
    for (std::size_t group = 0; group < box[0] * norm.groups; ++group) {
      const Real* const in = x + group * count;
      Real mean = 0, variance = 0;
      for (std::size_t i = 0; i < count; ++i) mean += in[i] / static_cast<Real>(count);
      for (std::size_t i = 0; i < count; ++i)
        variance += (in[i] - mean) * (in[i] - mean) / static_cast<Real>(count);
      for (std::size_t i = 0; i < count; ++i) {
        inverse.push_back(1 / std::sqrt(variance + norm.epsilon));
        n.push_back((in[i] - mean) * inverse.back());
      }
    }
  }
};

/// Calls `use(index of y, index of x, channel, where in the modulation its scale is)`.
template <class Real, class Use>
void for_each_result(const Shape<3>& box, const Normalization<Real>& norm, const Use& use) {
  for (std::size_t r = 0; r < box[0] * norm.times; ++r)
    for (std::size_t c = 0; c < box[1]; ++c)
      for (std::size_t p = 0; p < box[2]; ++p)
        use((r * box[1] + c) * box[2] + p, (r / norm.times * box[1] + c) * box[2] + p, c,
            r * 2 * box[1] + c);
}

template <class Real>
void naive_normalize(const Shape<3>& box, const Real* x, const Normalization<Real>& norm, Real* y) {
  const NaiveMoments<Real> moments(box, x, norm);
  for_each_result(box, norm, [&](std::size_t to, std::size_t from, std::size_t c, std::size_t m) {
    const bool told  = norm.modulation != nullptr;
    const Real scale = told ? norm.modulation[m] : 0,
               shift = told ? norm.modulation[m + box[1]] : 0;
    const Real u     = (1 + scale) * (norm.weight[c] * moments.n[from] + norm.bias[c]) + shift;
    y[to] = with_function(norm.activation, [u](auto function) { return function.at(u).value; });
  });
}

/// By the chain rule: first the gradient by n, then n's own, number by number of each group.
template <class Real>
void naive_pull_normalize(const Shape<3>& box, const Real* x, const Normalization<Real>& norm,
                          const Real* dy, Real* dx, const NormalizationGradient<Real>& gradient) {
  const NaiveMoments<Real> moments(box, x, norm);
  std::vector<Real> dn(moments.n.size()), dweight(box[1]), dbias(box[1]);
  std::vector<Real> told(box[0] * norm.times * 2 * box[1]);
  for_each_result(box, norm, [&](std::size_t to, std::size_t from, std::size_t c, std::size_t m) {
    const bool is_told = norm.modulation != nullptr;
    const Real scale   = is_told ? norm.modulation[m] : 0;
    const Real shift   = is_told ? norm.modulation[m + box[1]] : 0;
    const Real v = norm.weight[c] * moments.n[from] + norm.bias[c], u = (1 + scale) * v + shift;
    const Real h = dy[to] * with_function(norm.activation,
                                          [u](auto function) { return function.at(u).slope; });
    told[m] += h * v;
    told[m + box[1]] += h;
    dweight[c] += h * (1 + scale) * moments.n[from];
    dbias[c] += h * (1 + scale);
    dn[from] += h * (1 + scale) * norm.weight[c];
  });
  if (gradient.weight != nullptr) std::copy(dweight.begin(), dweight.end(), gradient.weight);
  if (gradient.bias != nullptr) std::copy(dbias.begin(), dbias.end(), gradient.bias);
  if (gradient.modulation != nullptr) std::copy(told.begin(), told.end(), gradient.modulation);
  const std::size_t count = box[1] / norm.groups * box[2];
  for (std::size_t i = 0; dx != nullptr && i < dn.size(); ++i) {
    const std::size_t first = i / count * count;
    Real mean = 0, along = 0;
    for (std::size_t k = first; k < first + count; ++k) {
      mean += dn[k] / static_cast<Real>(count);
      along += dn[k] * moments.n[k] / static_cast<Real>(count);
    }
    dx[i] = (dn[i] - mean - moments.n[i] * along) * moments.inverse[i];
  }
}

}  // namespace nop::test
