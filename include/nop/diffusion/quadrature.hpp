// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace nop {

/// A rule sum_i weight_i f(node_i) for the integral of f over [-1, 1].
struct Quadrature {
  std::vector<double> nodes;
  std::vector<double> weights;

  /// The integral of f from a to b.
  template <class F>
  [[nodiscard]] double operator()(double a, double b, const F& f) const {
    double total = 0;
    for (std::size_t i = 0; i < nodes.size(); ++i)
      total += weights[i] * f((a + b) / 2 + (b - a) / 2 * nodes[i]);
    return (b - a) / 2 * total;
  }
};

/// The rule of Gauss and Legendre, right for polynomials of degree below 2 count: its nodes are the
/// roots of the Legendre polynomial, found by Newton's iteration.
inline Quadrature gauss_legendre(std::size_t count) {
  Quadrature rule;
  const auto n = static_cast<double>(count);
  for (std::size_t i = 0; i < count; ++i) {
    double x     = -std::cos(std::numbers::pi * (static_cast<double>(i) + 0.75) / (n + 0.5));
    double slope = 0;
    for (int iteration = 0; iteration < 100; ++iteration) {
      double before = 0, value = 1;  // P_(k-1) and P_k at x
      for (double k = 1; k <= n; ++k) {
        const double next = ((2 * k - 1) * x * value - (k - 1) * before) / k;
        before            = value;
        value             = next;
      }
      slope             = n * (x * value - before) / (x * x - 1);
      const double step = value / slope;
      x -= step;
      if (std::abs(step) < 1e-15) break;
    }
    rule.nodes.push_back(x);
    rule.weights.push_back(2 / ((1 - x * x) * slope * slope));
  }
  return rule;
}

}  // namespace nop
