// SPDX-License-Identifier: BSD-3-Clause
#include <nop/metrics/frechet_distance.hpp>

#include "support/random_field.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace nop::test::frechet_distance_test {
namespace {

/// A square matrix, row by row.
using Matrix = std::vector<std::vector<double>>;

Matrix zeros(std::size_t n) { return Matrix(n, std::vector<double>(n)); }

Matrix product(const Matrix& a, const Matrix& b) {
  auto c = zeros(a.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t k = 0; k < a.size(); ++k)
      for (std::size_t j = 0; j < a.size(); ++j) c[i][j] += a[i][k] * b[k][j];
  return c;
}

Matrix transposed(const Matrix& a) {
  auto t = a;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < a.size(); ++j) t[j][i] = a[i][j];
  return t;
}

/// By the elimination of Gauss and Jordan.
Matrix inverse(Matrix a) {
  const std::size_t n = a.size();
  auto result         = zeros(n);
  for (std::size_t i = 0; i < n; ++i) result[i][i] = 1;
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t pivot = i;
    for (std::size_t j = i; j < n; ++j)
      if (std::abs(a[j][i]) > std::abs(a[pivot][i])) pivot = j;
    std::swap(a[i], a[pivot]);
    std::swap(result[i], result[pivot]);
    const double top = a[i][i];
    for (std::size_t k = 0; k < n; ++k) {
      a[i][k] /= top;
      result[i][k] /= top;
    }
    for (std::size_t j = 0; j < n; ++j) {
      const double factor = a[j][i];
      if (j == i) continue;
      for (std::size_t k = 0; k < n; ++k) {
        a[j][k] -= factor * a[i][k];
        result[j][k] -= factor * result[i][k];
      }
    }
  }
  return result;
}

/// The square root of any matrix without negative eigenvalues, by the iteration of Denman and
/// Beavers.
Matrix square_root(Matrix y) {
  const std::size_t n = y.size();
  auto z              = zeros(n);
  for (std::size_t i = 0; i < n; ++i) z[i][i] = 1;
  for (int step = 0; step < 60; ++step) {
    const auto of_y = inverse(y), of_z = inverse(z);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        y[i][j] = (y[i][j] + of_z[i][j]) / 2;
        z[i][j] = (z[i][j] + of_y[i][j]) / 2;
      }
  }
  return y;
}

double trace(const Matrix& a) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i][i];
  return sum;
}

struct Moments {
  std::vector<double> mean;
  Matrix covariance;
};

/// |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)), without the symmetric form.
double naive_distance(const Moments& a, const Moments& b) {
  double sum = trace(a.covariance) + trace(b.covariance) -
               2 * trace(square_root(product(a.covariance, b.covariance)));
  for (std::size_t i = 0; i < a.mean.size(); ++i) sum += std::pow(a.mean[i] - b.mean[i], 2);
  return sum;
}

FeatureMoments given(const Moments& moments) {
  std::vector<double> flat;
  for (const auto& row : moments.covariance) flat.insert(flat.end(), row.begin(), row.end());
  const std::size_t n = moments.mean.size();
  return {{{n}, moments.mean}, {{n, n}, flat}};
}

Moments diagonal(const std::vector<double>& mean, const std::vector<double>& variances) {
  Moments moments{mean, zeros(mean.size())};
  for (std::size_t i = 0; i < mean.size(); ++i) moments.covariance[i][i] = variances[i];
  return moments;
}

Matrix random_matrix(std::size_t n, std::uint64_t seed) {
  const auto values = nop::test::random_values<double>(n * n, seed);
  auto matrix       = zeros(n);
  for (std::size_t i = 0; i < n * n; ++i) matrix[i / n][i % n] = values[i];
  return matrix;
}

Moments random_moments(std::size_t n, std::uint64_t seed) {
  const auto a = random_matrix(n, seed);
  return {nop::test::random_values<double>(n, seed + 100), product(a, transposed(a))};
}

/// The orthogonal matrix of a product of reflections.
Matrix rotation(std::size_t n) {
  auto q = zeros(n);
  for (std::size_t i = 0; i < n; ++i) q[i][i] = 1;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const auto v = nop::test::random_values<double>(n, seed);
    double size  = 0;
    for (const double part : v) size += part * part;
    auto mirror = zeros(n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) mirror[i][j] = (i == j ? 1 : 0) - 2 * v[i] * v[j] / size;
    q = product(q, mirror);
  }
  return q;
}

Moments rotated(const Moments& moments, const Matrix& q) {
  auto result = moments;
  for (std::size_t i = 0; i < q.size(); ++i) {
    result.mean[i] = 0;
    for (std::size_t j = 0; j < q.size(); ++j) result.mean[i] += q[i][j] * moments.mean[j];
  }
  result.covariance = product(q, product(moments.covariance, transposed(q)));
  return result;
}

TEST_CASE("the Frechet distance of independent features is in closed form") {
  const auto a = diagonal({1, 2, 3}, {4, 9, 0}), b = diagonal({1, 0, 3}, {1, 16, 25});
  // 2^2 + (2 - 1)^2 + (3 - 4)^2 + (0 - 5)^2
  CHECK(nop::frechet_distance(given(a), given(b)) == doctest::Approx(31).epsilon(1e-13));
  const auto q = rotation(3);  // covariances that commute
  CHECK(nop::frechet_distance(given(rotated(a, q)), given(rotated(b, q))) ==
        doctest::Approx(31).epsilon(1e-7));  // the root of an eigenvalue of 0
}

TEST_CASE("the Frechet distance is that of another formula and another root") {
  for (const std::size_t n : {1U, 2U, 5U, 12U}) {
    const auto a = random_moments(n, n), b = random_moments(n, n + 50);
    const double expected = naive_distance(a, b);
    CAPTURE(n);
    CHECK(nop::frechet_distance(given(a), given(b)) == doctest::Approx(expected).epsilon(1e-8));
    CHECK(nop::frechet_distance(given(b), given(a)) == doctest::Approx(expected).epsilon(1e-8));
    const auto q = rotation(n);
    CHECK(nop::frechet_distance(given(rotated(a, q)), given(rotated(b, q))) ==
          doctest::Approx(expected).epsilon(1e-8));
    CHECK(std::abs(nop::frechet_distance(given(a), given(a))) < 1e-8);
  }
}

TEST_CASE("the moments of features are their mean and covariance") {
  const nop::Tensor<float, 2, ToyBackend> x({3, 2}, std::vector<float>{1, 10, 2, 20, 6, 0});
  const auto moments = nop::feature_moments(x);
  CHECK(moments.mean.to_host() == std::vector<double>{3, 10});
  CHECK(moments.covariance.to_host() == std::vector<double>{7, -20, -20, 100});
}

TEST_CASE("the Frechet distance of sets is 0 to themselves and grows with a shift and a scale") {
  const Shape<3> shape{400, 2, 3};
  const auto x = nop::test::random_tensor<float, Cpu>(shape, 1);
  auto moved = x, wider = x;
  for (std::size_t i = 0; i < x.size(); ++i) {
    moved.mutable_data()[i] += 0.5F;
    wider.mutable_data()[i] *= 3;
  }
  CHECK(std::abs(nop::frechet_distance(x, x)) < 1e-10);
  CHECK(nop::frechet_distance(x, moved) == doctest::Approx(6 * 0.25).epsilon(1e-5));
  const auto moments  = nop::feature_moments(x);
  double size_of_mean = 0, variance = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    size_of_mean += std::pow(moments.mean.view()(i), 2);
    variance += moments.covariance.view()(i, i);
  }
  CHECK(nop::frechet_distance(x, wider) ==
        doctest::Approx(4 * size_of_mean + 4 * variance).epsilon(1e-5));
}

TEST_CASE("fewer samples than features have a Frechet distance, too") {
  const auto x = nop::test::random_tensor<double, Cpu>(Shape<2>{5, 20}, 1);
  const auto y = nop::test::random_tensor<double, Cpu>(Shape<2>{6, 20}, 2);
  CHECK(std::abs(nop::frechet_distance(x, x)) < 1e-5);
  CHECK(nop::frechet_distance(x, y) == doctest::Approx(nop::frechet_distance(y, x)).epsilon(1e-6));
}

TEST_CASE("features that cannot be compared are refused") {
  const auto set = [](std::size_t count, std::size_t features) {
    return nop::test::random_tensor<double, Cpu>(Shape<2>{count, features}, 1);
  };
  CHECK_THROWS_WITH_AS((void)nop::frechet_distance(set(5, 2), set(5, 3)),
                       "frechet_distance: expected as many features on both sides, got 2 and 3",
                       nop::PreconditionError);
  CHECK_THROWS_AS((void)nop::feature_moments(set(1, 2)), nop::PreconditionError);
  CHECK_THROWS_AS((void)nop::frechet_distance(nop::FeatureMoments{}, nop::FeatureMoments{}),
                  nop::PreconditionError);
}

}  // namespace
}  // namespace nop::test::frechet_distance_test
