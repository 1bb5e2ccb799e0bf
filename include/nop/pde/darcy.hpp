// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/pde/conjugate_gradients.hpp>
#include <nop/pde/poisson.hpp>

#include <cmath>
#include <cstddef>

namespace nop {

/// Darcy's flow through the unit square: -div(a grad u) = f inside, u = 0 on the boundary.
///
/// Finite volumes around the nodes (i/n, j/n), i, j = 0 ... n, of which those on the boundary hold
/// u = 0. The coefficient of a face between two nodes is the arithmetic mean of theirs:
///
///     n^2 sum over the four neighbours q of p of (a(p) + a(q)) / 2 (u(p) - u(q)) = f(p)     inside
///
/// which is second-order accurate for a smooth coefficient and the scheme behind the benchmark data
/// of Li et al. (ICLR 2021, appendix A.3.2). Conjugate gradients are preconditioned by the fast
/// solver of a = 1, so their number of iterations depends on max a / min a, not on n: about 20
/// for a ratio of 4 and a tolerance of 1e-10.
///
///     const DarcySolver<double> solve({.intervals = 128});
///     const auto u = solve(a, f).pressure;
///
/// `const` use by many threads is safe.
template <real Real>
class DarcySolver {
 public:
  using Field = Tensor<Real, 2, Cpu>;

  struct Config {
    std::size_t intervals;               ///< n, at least 2
    double tolerance           = 1e-10;  ///< on the relative residual, see `conjugate_gradients`
    std::size_t max_iterations = 1000;
  };

  struct Solution {
    Field pressure;  ///< u, `[n+1, n+1]`
    std::size_t iterations;
    double residual;  ///< the relative residual of the discrete equations
  };

  /// Throws PreconditionError unless there are at least two intervals per axis.
  explicit DarcySolver(const Config& config) : config_(config), poisson_(config.intervals) {}

  /// Solves for one coefficient a and source f, both `[n+1, n+1]`: values on all nodes.
  ///
  /// Throws PreconditionError if a shape is wrong or a coefficient is not positive and finite,
  /// ConvergenceError if the tolerance is not reached.
  [[nodiscard]] Solution operator()(const Field& coefficient, const Field& source) const {
    check(coefficient, source);
    auto found = conjugate_gradients(
        [&](const Field& u, Field& out) { apply(coefficient, u, out); }, poisson_, inside(source),
        {.tolerance = config_.tolerance, .max_iterations = config_.max_iterations});
    return {found.solution, found.iterations, found.residual};
  }

 private:
  void check(const Field& coefficient, const Field& source) const {
    const Shape<2> nodes = uniform_shape<2>(config_.intervals + 1);
    expects(coefficient.shape() == nodes && source.shape() == nodes,
            "DarcySolver: expected a coefficient and a source of shape ", nodes, ", got ",
            coefficient.shape(), " and ", source.shape());
    for (std::size_t i = 0; i < coefficient.size(); ++i) {
      const Real a = coefficient.data()[i];
      expects(a > 0 && std::isfinite(a),
              "DarcySolver: expected a positive and finite coefficient, got ", a, " at node (",
              i / nodes[1], ", ", i % nodes[1], ")");
    }
  }

  /// The field with zeros on the boundary.
  static Field inside(const Field& field) {
    const std::size_t nodes = field.extent(0);
    Field result            = field.clone();
    Real* const values      = result.mutable_data();
    for (std::size_t i = 0; i < nodes; ++i)
      values[i] = values[i * nodes]       = values[i * nodes + nodes - 1] =
          values[(nodes - 1) * nodes + i] = 0;
    return result;
  }

  /// out = the left side of the equations for u, inside; u is zero on the boundary.
  static void apply(const Field& coefficient, const Field& u, Field& out) {
    const std::size_t nodes = u.extent(0);
    const auto scale        = static_cast<Real>((nodes - 1) * (nodes - 1)) / 2;
    Real* const out_data    = out.mutable_data();
    cpu::parallel_blocks(nodes - 2, 64, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin + 1; i <= end; ++i) {
        const Real* const a = coefficient.data() + i * nodes;
        const Real* const p = u.data() + i * nodes;
        Real* const q       = out_data + i * nodes;
        const Real *north_a = a - nodes, *south_a = a + nodes, *north = p - nodes,
                   *south = p + nodes;
        for (std::size_t j = 1; j + 1 < nodes; ++j)
          q[j] =
              scale *
              ((a[j] + a[j - 1]) * (p[j] - p[j - 1]) + (a[j] + a[j + 1]) * (p[j] - p[j + 1]) +
               (a[j] + north_a[j]) * (p[j] - north[j]) + (a[j] + south_a[j]) * (p[j] - south[j]));
      }
    });
  }

  Config config_;
  PoissonSolver<Real> poisson_;
};

}  // namespace nop
