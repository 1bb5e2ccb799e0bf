// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/metrics/samples.hpp>

#include <cstddef>
#include <Eigen/Core>
#include <Eigen/Eigenvalues>

namespace nop {

/// Mean and covariance of a set of features: all that the Frechet distance asks of it.
struct FeatureMoments {
  Tensor<double, 1, Cpu> mean;        ///< [features]
  Tensor<double, 2, Cpu> covariance;  ///< [features, features]
};

namespace detail {

using EigenMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

inline Eigen::Map<const EigenMatrix> eigen_matrix(const double* data, std::size_t rows,
                                                  std::size_t columns) {
  return {data, static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns)};
}

/// Of a symmetric matrix that has no negative eigenvalue but by rounding.
inline Eigen::VectorXd roots_of_eigenvalues(const Eigen::SelfAdjointEigenSolver<EigenMatrix>& m) {
  return m.eigenvalues().cwiseMax(0.0).cwiseSqrt();
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
  const auto samples          = detail::samples_in_double(features);
  const std::size_t length    = samples.length;
  const detail::EigenMatrix x = detail::eigen_matrix(samples.values.data(), samples.count, length);
  const Eigen::RowVectorXd mean        = x.colwise().mean();
  const detail::EigenMatrix apart      = x.rowwise() - mean;
  const detail::EigenMatrix covariance = apart.transpose() * apart / (x.rows() - 1);
  return {Tensor<double, 1, Cpu>({length}, {mean.data(), length}),
          Tensor<double, 2, Cpu>({length, length}, {covariance.data(), length * length})};
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
  const std::size_t count = a.mean.size();
  expects(b.mean.size() == count, "frechet_distance: expected as many features on both sides, got ",
          count, " and ", b.mean.size());
  const auto of_a = detail::eigen_matrix(a.covariance.data(), count, count);
  const auto of_b = detail::eigen_matrix(b.covariance.data(), count, count);
  const Eigen::SelfAdjointEigenSolver<detail::EigenMatrix> solved(of_a);
  const detail::EigenMatrix root = solved.eigenvectors() *
                                   detail::roots_of_eigenvalues(solved).asDiagonal() *
                                   solved.eigenvectors().transpose();
  const detail::EigenMatrix between = root * of_b * root;
  const Eigen::SelfAdjointEigenSolver<detail::EigenMatrix> product(between, Eigen::EigenvaluesOnly);
  const double of_means = (detail::eigen_matrix(a.mean.data(), 1, count) -
                           detail::eigen_matrix(b.mean.data(), 1, count))
                              .squaredNorm();
  return of_means + of_a.trace() + of_b.trace() - 2 * detail::roots_of_eigenvalues(product).sum();
}

/// The same of two sets of features, [count, features].
template <real A, real B, std::size_t Rank, class BackendA, class BackendB>
double frechet_distance(const Tensor<A, Rank, BackendA>& a, const Tensor<B, Rank, BackendB>& b) {
  return frechet_distance(feature_moments(a), feature_moments(b));
}

}  // namespace nop
