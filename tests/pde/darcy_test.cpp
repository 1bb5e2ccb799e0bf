// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/rng.hpp>
#include <nop/pde/darcy.hpp>

#include <doctest/doctest.h>
#include <support/tolerance.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <utility>
#include <vector>

namespace nop::test::darcy_test {
namespace {

using std::numbers::pi;
using Field = nop::Tensor<double, 2, Cpu>;

/// While it lives, a solve runs on one thread: waking another takes longer than these small ones.
struct OneThread {
  OneThread() { Cpu::set_thread_count(1); }
  ~OneThread() { Cpu::set_thread_count(before); }
  OneThread(const OneThread&)            = delete;
  OneThread& operator=(const OneThread&) = delete;
  std::size_t before                     = Cpu::thread_count();
};

/// f at the nodes of `n` intervals.
template <class F>
Field on_nodes(std::size_t n, const F& f) {
  Field field({n + 1, n + 1});
  for (std::size_t i = 0; i <= n; ++i)
    for (std::size_t j = 0; j <= n; ++j)
      field.mutable_data()[i * (n + 1) + j] = f(static_cast<double>(i) / static_cast<double>(n),
                                                static_cast<double>(j) / static_cast<double>(n));
  return field;
}

Field constant_field(std::size_t n, double value) {
  return on_nodes(n, [value](double, double) { return value; });
}

/// Discs of 12 in 3, the same ones at every resolution.
Field discs(std::size_t n) {
  return on_nodes(n, [](double x, double y) {
    const double first = std::hypot(x - 0.3, y - 0.4), second = std::hypot(x - 0.8, y - 0.7);
    return first < 0.23 || second < 0.17 ? 12.0 : 3.0;
  });
}

/// 12 or 3 at each node by itself: the roughest coefficient there is.
Field coin_flips(std::size_t n, std::uint64_t seed) {
  const nop::RandomStream random(seed, 0);
  Field field({n + 1, n + 1});
  for (std::size_t i = 0; i < field.size(); ++i)
    field.mutable_data()[i] = random.uniform(i) < 0.5 ? 12 : 3;
  return field;
}

/// The flow out of the control volume of node (i, j), through one face after the other.
double outflow(const Field& a, const Field& u, std::size_t i, std::size_t j) {
  const auto av = a.view(), uv = u.view();
  const double h = 1.0 / static_cast<double>(u.extent(0) - 1);
  double flow    = 0;
  for (const auto& [p, q] : {std::pair{i - 1, j}, {i + 1, j}, {i, j - 1}, {i, j + 1}})
    flow += h * (av(i, j) + av(p, q)) / 2 * (uv(i, j) - uv(p, q)) / h;
  return flow / (h * h);
}

TEST_CASE("a smooth solution with a smooth coefficient converges with second order") {
  const OneThread one_thread;
  const auto exact = [](double x, double y) { return std::sin(pi * x) * std::sin(2 * pi * y); };
  const auto a     = [](double x, double y) { return 1 + x * y; };
  const auto f     = [&](double x, double y) {  // -a_x u_x - a_y u_y - a (u_xx + u_yy)
    return -y * pi * std::cos(pi * x) * std::sin(2 * pi * y) -
           x * 2 * pi * std::sin(pi * x) * std::cos(2 * pi * y) +
           5 * pi * pi * a(x, y) * exact(x, y);
  };
  double before = 0;
  for (const std::size_t n : {12U, 24U, 48U, 96U}) {
    const auto u       = DarcySolver<double>({.intervals = n})(on_nodes(n, a), on_nodes(n, f));
    const double error = worst_error(u.pressure.to_host(), on_nodes(n, exact).to_host());
    if (before > 0) {
      const double order = std::log2(before / error);
      CHECK(order > 1.9);
      CHECK(order < 2.1);
    }
    before = error;
  }
  CHECK(before < 1e-3);
}

TEST_CASE("with a jumping coefficient no residual is left in the equations of any node") {
  const OneThread one_thread;
  for (const std::size_t n : {2U, 3U, 17U, 64U})
    for (const auto& a : {discs(n), coin_flips(n, n)}) {
      const auto f     = on_nodes(n, [](double x, double y) { return 1 + std::cos(9 * x) * y; });
      const auto found = DarcySolver<double>({.intervals = n, .tolerance = 1e-12})(a, f);
      std::vector<double> got, expected;
      for (std::size_t i = 1; i < n; ++i)
        for (std::size_t j = 1; j < n; ++j) {
          got.push_back(outflow(a, found.pressure, i, j));
          expected.push_back(f.view()(i, j));
        }
      CHECK(worst_error(got, expected) < 1e-9);
      for (std::size_t i = 0; i <= n; ++i) {
        CHECK(found.pressure.view()(0, i) == 0);
        CHECK(found.pressure.view()(n, i) == 0);
        CHECK(found.pressure.view()(i, 0) == 0);
        CHECK(found.pressure.view()(i, n) == 0);
      }
    }
}

/// Gaussian elimination.
std::vector<double> dense_solution(std::vector<std::vector<double>> m, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t i = k + 1; i < n; ++i) {
      const double factor = m[i][k] / m[k][k];
      for (std::size_t j = k; j < n; ++j) m[i][j] -= factor * m[k][j];
      b[i] -= factor * b[k];
    }
  for (std::size_t k = n; k-- > 0;) {
    for (std::size_t j = k + 1; j < n; ++j) b[k] -= m[k][j] * b[j];
    b[k] /= m[k][k];
  }
  return b;
}

TEST_CASE("on a tiny grid the solution is that of a dense elimination") {
  constexpr std::size_t n = 7, inner = n - 1;
  const auto a = coin_flips(n, 4);
  const auto f = on_nodes(n, [](double x, double y) { return 1 + x - 3 * y; });
  std::vector<std::vector<double>> matrix(inner * inner, std::vector<double>(inner * inner));
  std::vector<double> right, got;
  const auto u = DarcySolver<double>({.intervals = n})(a, f).pressure;
  for (std::size_t i = 0; i < inner * inner; ++i) {
    right.push_back(f.view()(i / inner + 1, i % inner + 1));
    got.push_back(u.view()(i / inner + 1, i % inner + 1));
    for (std::size_t j = 0; j < inner * inner; ++j) {  // column j: the flow of the unit vector
      Field unit({n + 1, n + 1});
      unit.mutable_view()(j / inner + 1, j % inner + 1) = 1;
      matrix[i][j] = outflow(a, unit, i / inner + 1, i % inner + 1);
    }
  }
  CHECK(worst_error(got, dense_solution(matrix, right)) < 1e-9);
}

TEST_CASE("a constant coefficient gives the sine series of Poisson's equation") {
  const std::size_t n = 64;
  const auto found =
      DarcySolver<double>({.intervals = n})(constant_field(n, 4), constant_field(n, 1));
  CHECK(found.iterations == 1);
  const auto series = [](double x, double y) {
    double sum = 0;
    for (double k = 1; k < 200; k += 2)
      for (double l = 1; l < 200; l += 2)
        sum += std::sin(pi * k * x) * std::sin(pi * l * y) / (k * l * (k * k + l * l));
    return 16 / std::pow(pi, 4) * sum / 4;
  };
  for (const auto& [i, j] : {std::pair{32, 32}, {16, 48}, {7, 20}})
    CHECK(found.pressure.view()(i, j) == doctest::Approx(series(i / 64.0, j / 64.0)).epsilon(3e-4));
}

TEST_CASE("exchanging or reflecting the axes exchanges or reflects the solution") {
  const std::size_t n = 20;
  const auto a        = coin_flips(n, 2);
  const auto f        = constant_field(n, 1);
  const auto turned   = [&](const Field& field) {  // (i, j) -> (n - j, i)
    Field result({n + 1, n + 1});
    for (std::size_t i = 0; i <= n; ++i)
      for (std::size_t j = 0; j <= n; ++j) result.mutable_view()(n - j, i) = field.view()(i, j);
    return result;
  };
  const DarcySolver<double> solve({.intervals = n});
  CHECK(worst_error(solve(turned(a), f).pressure.to_host(),
                    turned(solve(a, f).pressure).to_host()) < 1e-9);
}

TEST_CASE("a source that is nowhere negative gives a pressure that is positive inside") {
  const std::size_t n = 33;
  const auto f = on_nodes(n, [](double x, double y) { return x < 0.2 && y > 0.7 ? 1.0 : 0.0; });
  const auto u = DarcySolver<double>({.intervals = n})(coin_flips(n, 8), f).pressure;
  std::size_t highest = 0;
  for (std::size_t i = 1; i < n; ++i)
    for (std::size_t j = 1; j < n; ++j) {
      CHECK(u.view()(i, j) > 0);
      if (u.view()(i, j) > u.data()[highest]) highest = i * (n + 1) + j;
    }
  CHECK(f.data()[highest] == 1);  // without a source there is no maximum
}

TEST_CASE("the work of the source lies between those of the two constant coefficients") {
  const std::size_t n = 32;
  const auto f        = constant_field(n, 1);
  const auto work     = [&](const Field& a) {
    double sum = 0;
    for (const double u : DarcySolver<double>({.intervals = n})(a, f).pressure.to_host()) sum += u;
    return sum;
  };
  CHECK(work(constant_field(n, 12)) < work(discs(n)));
  CHECK(work(discs(n)) < work(constant_field(n, 3)));
}

TEST_CASE("the number of iterations does not grow with the resolution") {
  const OneThread one_thread;
  for (const std::size_t n : {16U, 32U, 64U, 128U}) {
    const DarcySolver<double> solve({.intervals = n});
    CHECK(solve(discs(n), constant_field(n, 1)).iterations <= 25);
    CHECK(solve(coin_flips(n, n), constant_field(n, 1)).iterations <= 25);
  }
}

TEST_CASE("single precision agrees with double precision") {
  const std::size_t n = 64;
  const auto a        = discs(n);
  nop::Tensor<float, 2, Cpu> a_single({n + 1, n + 1}), f_single({n + 1, n + 1});
  std::copy_n(a.data(), a.size(), a_single.mutable_data());
  f_single.fill(1);
  const auto single   = DarcySolver<float>({.intervals = n, .tolerance = 1e-6})(a_single, f_single);
  const auto expected = DarcySolver<double>({.intervals = n})(a, constant_field(n, 1));
  CHECK(worst_error(single.pressure.to_host(), expected.pressure.to_host()) < 1e-4);
}

TEST_CASE("a solution is the same on 1, 2 and 3 threads, bit by bit") {
  const std::size_t n = 128;
  const DarcySolver<double> solve({.intervals = n, .tolerance = 1e-2});
  const auto a = coin_flips(n, 3), f = constant_field(n, 1);
  const OneThread one_thread;
  const auto expected = solve(a, f).pressure.to_host();
  for (const std::size_t count : {2U, 3U}) {
    Cpu::set_thread_count(count);
    CHECK(solve(a, f).pressure.to_host() == expected);
  }
}

TEST_CASE("Darcy's solver refuses what has no solution and says when it finds none") {
  const DarcySolver<double> solve({.intervals = 4});
  const auto one = constant_field(4, 1);
  CHECK_THROWS_AS(DarcySolver<double>({.intervals = 1}), nop::PreconditionError);
  CHECK_THROWS_AS((void)solve(constant_field(5, 1), one), nop::PreconditionError);
  CHECK_THROWS_AS((void)solve(one, constant_field(3, 1)), nop::PreconditionError);
  for (const double bad : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    auto a                 = one;
    a.mutable_view()(2, 3) = bad;
    CHECK_THROWS_AS((void)solve(a, one), nop::PreconditionError);
  }
  auto zero                 = one;
  zero.mutable_view()(2, 3) = 0;
  CHECK_THROWS_WITH_AS(
      (void)solve(zero, one),
      "DarcySolver: expected a positive and finite coefficient, got 0 at node (2, 3)",
      nop::PreconditionError);
  const DarcySolver<double> hasty({.intervals = 16, .max_iterations = 3});
  CHECK_THROWS_AS((void)hasty(discs(16), constant_field(16, 1)), nop::ConvergenceError);
}

}  // namespace

}  // namespace nop::test::darcy_test
