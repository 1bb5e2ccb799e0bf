// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/core/error.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/metrics/samples.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/ops/matrix_product.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <span>

namespace nop {

/// Mean and covariance of a set of features: all that the Frechet distance asks of it.
struct FeatureMoments {
  Tensor<double, 1, Cpu> mean;        ///< [features]
  Tensor<double, 2, Cpu> covariance;  ///< [features, features]
};

namespace detail {

/// Solves for a symmetric matrix, whose order in memory does not matter.
inline Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solved(const Tensor<double, 2, Cpu>& matrix,
                                                             int wanted) {
  const auto count = static_cast<Eigen::Index>(matrix.extent(0));
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(
      Eigen::Map<const Eigen::MatrixXd>(matrix.data(), count, count), wanted);
  if (solver.info() != Eigen::Success)
    throw BackendError("Eigen::SelfAdjointEigenSolver", "it did not converge");
  return solver;
}

/// Of eigenvalues that are negative only by rounding.
inline double root_of(double eigenvalue) { return std::sqrt(std::max(eigenvalue, 0.0)); }

/// The symmetric root of a covariance.
inline Tensor<double, 2, Cpu> symmetric_root(const Tensor<double, 2, Cpu>& matrix) {
  const auto solver = solved(matrix, Eigen::ComputeEigenvectors);
  // Eigen's columns lie one after the other: rows of a tensor.
  const Tensor<double, 2, Cpu> vectors(matrix.shape(),
                                       std::span(solver.eigenvectors().data(), matrix.size()));
  auto scaled             = vectors;
  const std::size_t count = matrix.extent(0);
  for (std::size_t i = 0; i < matrix.size(); ++i)
    scaled.mutable_data()[i] *= root_of(solver.eigenvalues()[static_cast<Eigen::Index>(i / count)]);
  return matrix_product(vectors, Form::adjoint, scaled, Form::plain);
}

/// The trace of the root of a symmetric matrix.
inline double trace_of_root(const Tensor<double, 2, Cpu>& matrix) {
  const auto solver = solved(matrix, Eigen::EigenvaluesOnly);
  double trace      = 0;
  for (const double eigenvalue : solver.eigenvalues()) trace += root_of(eigenvalue);
  return trace;
}

inline void check_moments(const FeatureMoments& moments) {
  const std::size_t count = moments.mean.size();
  expects(
      count > 0 && moments.covariance.shape() == Shape<2>{count, count},
      "frechet_distance: expected a mean [features] and a covariance [features, features], got ",
      moments.mean.shape(), " and ", moments.covariance.shape());
}

}  // namespace detail

/// The moments of features [count, features], or of samples of any shape, computed in double; the
/// covariance is that of the samples, with count - 1 below. Throws PreconditionError for fewer than
/// two samples.
template <real Real, std::size_t Rank, class Backend>
FeatureMoments feature_moments(const Tensor<Real, Rank, Backend>& features) {
  detail::check_samples("feature_moments", features, features, 2);
  auto samples            = detail::samples_in_double("feature_moments", features);
  const std::size_t count = samples.count, length = samples.length;
  Tensor<double, 1, Cpu> mean({length});
  double* const means = mean.mutable_data();
  for (std::size_t i = 0; i < samples.values.size(); ++i) means[i % length] += samples.values[i];
  for (std::size_t k = 0; k < length; ++k) means[k] /= static_cast<double>(count);
  for (std::size_t i = 0; i < samples.values.size(); ++i) samples.values[i] -= means[i % length];
  auto covariance = Tensor<double, 2, Cpu>::uninitialized({length, length});
  Cpu::multiply({1, length, count, length},
                Matrices<const double>{samples.values.data(), length, 0, Form::adjoint},
                Matrices<const double>{samples.values.data(), length, 0},
                Matrices<double>{covariance.mutable_data(), length, 0}, Update::overwrite);
  return {mean, scale_by(covariance, 1 / static_cast<double>(count - 1))};
}

/// The squared Wasserstein distance between normal distributions with the moments of two sets,
///
///     |m1 - m2|^2 + tr(S1 + S2 - 2 (S1^(1/2) S2 S1^(1/2))^(1/2)).
///
/// Of the features of one particular network it is called FID; those of another give other numbers.
/// It is biased by the number of samples: compare like with like. Throws PreconditionError if the
/// numbers of features differ.
///
/// Dowson and Landau, "The Frechet distance between multivariate normal distributions", J.
/// Multivariate Analysis, 1982; Heusel et al., "GANs trained by a two time-scale update rule
/// converge to a local Nash equilibrium", NeurIPS 2017.
inline double frechet_distance(const FeatureMoments& a, const FeatureMoments& b) {
  detail::check_moments(a);
  detail::check_moments(b);
  expects(b.mean.shape() == a.mean.shape(),
          "frechet_distance: expected as many features on both sides, got ", a.mean.size(), " and ",
          b.mean.size());
  const auto root    = detail::symmetric_root(a.covariance);
  const auto product = matrix_product(root, matrix_product(b.covariance, root));
  double distance    = -2 * detail::trace_of_root(product);
  for (std::size_t i = 0; i < a.mean.size(); ++i) {
    const double apart = a.mean.view()(i) - b.mean.view()(i);
    distance += apart * apart + a.covariance.view()(i, i) + b.covariance.view()(i, i);
  }
  return distance;
}

/// The same of two sets of features, [count, features].
template <real A, real B, std::size_t Rank, class BackendA, class BackendB>
double frechet_distance(const Tensor<A, Rank, BackendA>& a, const Tensor<B, Rank, BackendB>& b) {
  return frechet_distance(feature_moments(a), feature_moments(b));
}

}  // namespace nop
