// SPDX-License-Identifier: BSD-3-Clause
#include <nop/metrics/sliced_wasserstein.hpp>

#include "support/random_field.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace nop::test::sliced_wasserstein_test {
namespace {

const RandomStream stream(7, 0);

nop::Tensor<double, 2, Cpu> numbers(const std::vector<double>& values) {
  return {{values.size(), 1}, values};
}

/// The same distance of numbers, each of which is repeated until both sets are as large.
double naive_distance(std::vector<double> a, std::vector<double> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  double sum = 0;
  for (std::size_t i = 0; i < a.size() * b.size(); ++i)
    sum += std::pow(a[i / b.size()] - b[i / a.size()], 2);
  return std::sqrt(sum / static_cast<double>(a.size() * b.size()));
}

TEST_CASE("of numbers it is the Wasserstein distance, in closed form") {
  CHECK(nop::sliced_wasserstein(numbers({3, 1, 2}), numbers({0, 5, 1}), 4, stream) ==
        doctest::Approx(std::sqrt((1 + 1 + 4) / 3.0)).epsilon(1e-14));
  CHECK(nop::sliced_wasserstein(numbers({0}), numbers({3, 4, 0, 5}), 4, stream) ==
        doctest::Approx(std::sqrt((9 + 16 + 25) / 4.0)).epsilon(1e-14));
}

TEST_CASE("sets of different sizes are compared by their quantiles") {
  struct Sizes {
    std::size_t m, n;
  };
  for (const auto& sizes : {Sizes{3, 5}, {4, 6}, {7, 7}, {1, 9}, {10, 4}}) {
    const auto a = nop::test::random_values<double>(sizes.m, 3),
               b = nop::test::random_values<double>(sizes.n, 99);
    CAPTURE(sizes.m);
    CAPTURE(sizes.n);
    CHECK(nop::sliced_wasserstein(numbers(a), numbers(b), 2, stream) ==
          doctest::Approx(naive_distance(a, b)).epsilon(1e-13));
  }
}

TEST_CASE("it is the naive distance along each direction") {
  const auto a                 = nop::test::random_values<double>(30 * 4, 1),
             b                 = nop::test::random_values<double>(50 * 4, 2);
  const std::size_t directions = 70;  // more than go at once
  double total                 = 0;
  for (std::size_t d = 0; d < directions; ++d) {
    std::vector<double> direction(4), along_a(30), along_b(50);
    double square = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      direction[k] = stream.normal(4 * d + k);
      square += direction[k] * direction[k];
    }
    for (std::size_t i = 0; i < 120; ++i) along_a[i / 4] += a[i] * direction[i % 4];
    for (std::size_t i = 0; i < 200; ++i) along_b[i / 4] += b[i] * direction[i % 4];
    total += std::pow(naive_distance(along_a, along_b), 2) / square;
  }
  const nop::Tensor<double, 3, Cpu> x({30, 2, 2}, a), y({50, 2, 2}, b);
  CHECK(nop::sliced_wasserstein(x, y, directions, stream) ==
        doctest::Approx(std::sqrt(total / 70)).epsilon(1e-12));
}

TEST_CASE("a shift of a set is as long as its mean part along a direction") {
  // E (s . theta)^2 = |s|^2 / d for theta uniform on the sphere
  const auto x = nop::test::random_tensor<double, Cpu>(Shape<2>{20, 8}, 1);
  auto moved   = x;
  for (std::size_t i = 0; i < x.size(); ++i) moved.mutable_data()[i] += 3;
  CHECK(nop::sliced_wasserstein(x, moved, 20'000, stream) == doctest::Approx(3).epsilon(0.02));
  CHECK(nop::sliced_wasserstein(x, x, 10, stream) == 0);
}

TEST_CASE("of normal numbers it is that of their means and deviations") {
  const std::size_t count = 20'000;
  const auto a            = nop::test::random_values<double>(count, 1);
  auto b                  = nop::test::random_values<double>(count, 2);
  for (double& value : b) value = 1 + 2 * value;
  CHECK(nop::sliced_wasserstein(numbers(a), numbers(b), 1, stream) ==
        doctest::Approx(std::sqrt(2)).epsilon(0.03));
}

TEST_CASE("the same stream gives the same distance, on any backend") {
  const auto x          = nop::test::random_tensor<float, Cpu>(Shape<2>{40, 6}, 1),
             y          = nop::test::random_tensor<float, Cpu>(Shape<2>{40, 6}, 2);
  const auto z          = nop::test::random_tensor<float, ToyBackend>(Shape<2>{40, 6}, 2);
  const double distance = nop::sliced_wasserstein(x, y, 10, stream);
  CHECK(nop::sliced_wasserstein(x, z, 10, stream) == distance);
  CHECK(nop::sliced_wasserstein(x, y, 10, RandomStream(8, 0)) != distance);
}

TEST_CASE("no samples, no directions and samples of different sizes are refused") {
  const nop::Tensor<double, 2, Cpu> x({2, 3}), none({0, 3}), other({2, 4});
  CHECK_THROWS_AS((void)nop::sliced_wasserstein(x, none, 1, stream), nop::PreconditionError);
  CHECK_THROWS_AS((void)nop::sliced_wasserstein(x, other, 1, stream), nop::PreconditionError);
  CHECK_THROWS_WITH_AS((void)nop::sliced_wasserstein(x, x, 0, stream),
                       "sliced_wasserstein: expected 1 to 1000000 directions, got 0",
                       nop::PreconditionError);
}

}  // namespace
}  // namespace nop::test::sliced_wasserstein_test
