// SPDX-License-Identifier: BSD-3-Clause
#include <nop/pde/poisson.hpp>

#include <doctest/doctest.h>
#include <support/random_field.hpp>
#include <support/tolerance.hpp>

#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace nop::test::poisson_test {
namespace {

TEST_CASE_TEMPLATE("every sine product is solved by its discrete eigenvalue", Real, float, double) {
  for (const std::size_t n : {2U, 3U, 5U, 8U}) {
    const PoissonSolver<Real> solve(n);
    for (std::size_t k = 1; k < n; ++k)
      for (std::size_t l = 1; l < n; ++l) {
        Tensor<Real, 2, Cpu> f({n + 1, n + 1}), u({n + 1, n + 1});
        std::vector<double> expected;
        const double h      = 1.0 / static_cast<double>(n);
        const double half_k = std::numbers::pi * static_cast<double>(k) * h / 2,
                     half_l = std::numbers::pi * static_cast<double>(l) * h / 2;
        const double eigenvalue =
            4 / (h * h) * (std::pow(std::sin(half_k), 2) + std::pow(std::sin(half_l), 2));
        for (std::size_t i = 0; i <= n; ++i)
          for (std::size_t j = 0; j <= n; ++j) {
            const bool boundary = i % n == 0 || j % n == 0;
            expected.push_back(boundary ? 0.0
                                        : std::sin(2 * half_k * static_cast<double>(i)) *
                                              std::sin(2 * half_l * static_cast<double>(j)));
            f.mutable_data()[i * (n + 1) + j] = static_cast<Real>(eigenvalue * expected.back());
          }
        solve(f, u);
        CHECK(worst_error(u.to_host(), expected) < nop::test::rounding<Real>);
      }
  }
}

TEST_CASE("a random right side leaves no residual in the difference equations") {
  for (const std::size_t n : {2U, 3U, 16U, 37U, 64U}) {
    const std::size_t nodes = n + 1;
    const auto f            = nop::test::random_tensor<double, Cpu>(Shape<2>{nodes, nodes}, n);
    Tensor<double, 2, Cpu> u(f.shape());
    PoissonSolver<double>{n}(f, u);
    const auto value = u.view();
    std::vector<double> got, expected;
    for (std::size_t i = 1; i < n; ++i)
      for (std::size_t j = 1; j < n; ++j) {
        got.push_back((4 * value(i, j) - value(i - 1, j) - value(i + 1, j) - value(i, j - 1) -
                       value(i, j + 1)) *
                      static_cast<double>(n * n));
        expected.push_back(f.view()(i, j));
      }
    CHECK(worst_error(got, expected) < 1e-11);
  }
}

TEST_CASE("the boundary of the solution is left alone and that of the right side is not read") {
  Tensor<double, 2, Cpu> f({4, 4}), u({4, 4});
  f.fill(std::nan(""));
  for (const std::size_t inside : {5U, 6U, 9U, 10U}) f.mutable_data()[inside] = 1;
  u.fill(7);
  PoissonSolver<double>{3}(f, u);
  for (std::size_t i = 0; i < 16; ++i) {
    const bool inside = i == 5 || i == 6 || i == 9 || i == 10;  // 2 u / h^2 = 1 there
    CHECK(u.data()[i] == doctest::Approx(inside ? 1.0 / 18 : 7.0));
  }
}

TEST_CASE("the Poisson solver refuses a grid without inside and fields of another shape") {
  CHECK_THROWS_AS(PoissonSolver<double>{1}, nop::PreconditionError);
  CHECK_THROWS_AS(PoissonSolver<double>{0}, nop::PreconditionError);
  const PoissonSolver<double> solve(4);
  Tensor<double, 2, Cpu> right({5, 5}), wrong({4, 4});
  CHECK_THROWS_AS(solve(wrong, right), nop::PreconditionError);
  CHECK_THROWS_AS(solve(right, wrong), nop::PreconditionError);
}

}  // namespace

}  // namespace nop::test::poisson_test
