// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>

#include <cmath>
#include <cstddef>
#include <sstream>
#include <stdexcept>
#include <string>

namespace nop {

/// An iterative solver gave up. The message names the solver and says how far it came.
class ConvergenceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// When `conjugate_gradients` stops.
struct ConjugateGradientsConfig {
  double tolerance;            ///< on the relative residual, see there
  std::size_t max_iterations;  ///< after which it gives up
};

/// What `conjugate_gradients` found.
template <class Vector>
struct ConjugateGradientsResult {
  Vector solution;
  std::size_t iterations;
  double residual;  ///< the relative residual it stopped at
};

namespace detail {

template <class Vector>
double inner_product(const Vector& x, const Vector& y) {
  const Shape<3> box{1, 1, x.size()};
  Tensor<typename Vector::Element, 0, typename Vector::Backend> sum;
  Vector::Backend::sum(Times{}, box, single(sum.mutable_data()), whole(x.data(), box),
                       whole(y.data(), box));
  return static_cast<double>(sum.item());
}

/// out = x + factor y, where `out` may be one of them.
template <class Vector>
void add_multiple(const Vector& x, double factor, const Vector& y, Vector& out) {
  using Real = typename Vector::Element;
  const Shape<3> box{1, 1, x.size()};
  auto* const result = out.mutable_data();
  Vector::Backend::map(PlusMultiple<Real>{static_cast<Real>(factor)}, box, whole(result, box),
                       whole(x.data(), box), whole(y.data(), box));
}

}  // namespace detail

/// Solves A x = b for a symmetric positive definite A, starting from x = 0.
///
/// `apply(p, q)` writes A p into q, `precondition(r, z)` writes an approximation M^-1 r, likewise
/// symmetric and positive definite, of A^-1 r into z. Vectors are tensors of any rank; those that
/// are written to come filled with zeros or with an earlier result of the same function.
///
/// It stops when sqrt(<r, M^-1 r> / <b, M^-1 b>) <= tolerance for the residual r = b - A x. Where M
/// is as good on all grids, this bounds the relative error in the energy norm on all grids alike,
/// which the Euclidean norm of r does not.
///
/// Throws PreconditionError if <b, M^-1 b> is negative or not a number, ConvergenceError if the
/// tolerance is not reached or A turns out not to be positive definite.
///
/// Hestenes and Stiefel, "Methods of conjugate gradients for solving linear systems", 1952.
template <class Vector, class Apply, class Precondition>
ConjugateGradientsResult<Vector> conjugate_gradients(const Apply& apply,
                                                     const Precondition& precondition,
                                                     const Vector& right_side,
                                                     const ConjugateGradientsConfig& config) {
  Vector solution(right_side.shape()), z(right_side.shape()), q(right_side.shape());
  Vector residual = right_side.clone();
  precondition(residual, z);
  Vector direction   = z.clone();
  const double start = detail::inner_product(residual, z);
  expects(start >= 0, "conjugate_gradients: expected a finite right side and a positive definite ",
          "preconditioner, got <b, M^-1 b> = ", start);
  if (start == 0) return {solution, 0, 0.0};

  double now = start;
  for (std::size_t iteration = 1; iteration <= config.max_iterations; ++iteration) {
    apply(direction, q);
    const double curvature = detail::inner_product(direction, q);
    if (!(curvature > 0)) break;
    detail::add_multiple(solution, now / curvature, direction, solution);
    detail::add_multiple(residual, -now / curvature, q, residual);
    precondition(residual, z);
    const double before = now;
    now                 = detail::inner_product(residual, z);
    if (now <= config.tolerance * config.tolerance * start)
      return {solution, iteration, std::sqrt(std::fmax(now, 0.0) / start)};
    detail::add_multiple(z, now / before, direction, direction);
  }
  std::ostringstream message;
  message << "conjugate_gradients: expected a relative residual of " << config.tolerance
          << " after at most " << config.max_iterations << " iterations, got "
          << std::sqrt(std::fmax(now, 0.0) / start);
  throw ConvergenceError(message.str());
}

}  // namespace nop
