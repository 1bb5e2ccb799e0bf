// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/ops/normalize.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace nop::test::normalize_test {
namespace {

/// (x - mean) / sqrt(variance + epsilon) by plain loops over rows of consecutive elements.
template <class Real>
std::vector<double> naive(const std::vector<Real>& x, std::size_t rows, double epsilon) {
  const std::size_t columns = x.size() / rows;
  std::vector<double> y;
  for (std::size_t row = 0; row < rows; ++row) {
    double mean = 0, variance = 0;
    for (std::size_t i = 0; i < columns; ++i) mean += x[row * columns + i];
    mean /= static_cast<double>(columns);
    for (std::size_t i = 0; i < columns; ++i)
      variance += (x[row * columns + i] - mean) * (x[row * columns + i] - mean);
    variance /= static_cast<double>(columns);
    for (std::size_t i = 0; i < columns; ++i)
      y.push_back((x[row * columns + i] - mean) / std::sqrt(variance + epsilon));
  }
  return y;
}

}  // namespace

TEST_CASE_TEMPLATE("each group of channels of each sample has mean zero and variance one", Real,
                   float, double) {
  const auto check = [](const auto& shape) {
    CAPTURE(shape);
    const auto x = random_field<Real>(shape);
    for (const std::size_t groups : {1U, 2U, 3U, 6U}) {
      CAPTURE(groups);
      CHECK(nop::test::worst_error(nop::group_norm(x, groups, Real(0.125)).to_host(),
                                   naive(x.to_host(), shape[0] * groups, 0.125)) <
            nop::test::rounding<Real>);
    }
  };
  check(Shape{3, 6, 7});
  check(Shape{1, 6, 5, 4});
  check(Shape{2, 6, 3, 2, 5});
  check(Shape{2, 6, 100, 101});
}

TEST_CASE("a field far from zero is normalised as precisely as one near it") {
  const auto x = random_field<double>(Shape{2, 4, 50});
  auto far     = x.clone();
  for (double& value : std::span(far.mutable_data(), far.size())) value += 1e6;
  CHECK(nop::test::worst_error(nop::group_norm(far, 4, 1e-5).to_host(),
                               nop::group_norm(x, 4, 1e-5).to_host()) < 1e-8);
}

TEST_CASE("a constant field becomes zero") {
  nop::Tensor<float, 3, nop::Cpu> x({2, 3, 5});
  x.fill(4);
  for (const float value : nop::group_norm(x, 3, 1e-5F).to_host()) CHECK(value == 0);
}

TEST_CASE("group norm has right gradients") {
  const auto norm = [](std::size_t groups) {
    return [groups](const auto& x) { return nop::group_norm(x, groups, 1e-5); };
  };
  for (const std::size_t groups : {1U, 2U, 4U}) {
    CAPTURE(groups);
    nop::test::check_function(norm(groups), random_field(Shape{2, 4, 5}));
    nop::test::check_function(norm(groups), random_field(Shape{2, 4, 4, 3}));
    nop::test::check_function(norm(groups), random_field(Shape{2, 4, 3, 2, 2}));
  }
}

TEST_CASE("group norm refuses groups that do not divide the channels, and no points") {
  const nop::Tensor<float, 3, nop::Cpu> x({2, 4, 3}), none({2, 4, 0});
  CHECK_THROWS_WITH_AS(nop::group_norm(x, 3, 1e-5F),
                       "group_norm: expected a number of groups that divides 4 channels, got 3",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(nop::group_norm(x, 0, 1e-5F),
                       "group_norm: expected a number of groups that divides 4 channels, got 0",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(nop::group_norm(none, 2, 1e-5F),
                       "group_norm: expected at least one point, got [2, 4, 0]",
                       nop::PreconditionError);
}

TEST_CASE_TEMPLATE("batch norm is that of one row per channel, and tells its moments", Real, float,
                   double) {
  const auto x = random_field<Real>(Shape{2, 3, 4});
  std::vector<Real> rows(24);  // [channel, batch, points]
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t i = 0; i < 4; ++i) rows[(c * 2 + b) * 4 + i] = x.view()(b, c, i);
  const auto expected       = naive(rows, 3, 1e-3);
  const auto [y, mean, var] = nop::batch_norm(x, Real(1e-3));
  for (std::size_t c = 0; c < 3; ++c) {
    double of_row = 0, of_squares = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      const double value = rows[c * 8 + i];
      of_row += value / 8;
      of_squares += value * value / 8;
      CHECK(y.view()(i / 4, c, i % 4) == doctest::Approx(expected[c * 8 + i]).epsilon(1e-5));
    }
    CHECK(mean.view()(c) == doctest::Approx(of_row));
    CHECK(var.view()(c) == doctest::Approx(of_squares - of_row * of_row));
  }
}

TEST_CASE("batch norm has right gradients, and passes nothing on where all is equal") {
  for (const auto& shape : {Shape{2UL, 3UL, 4UL}, Shape{4UL, 2UL, 1UL}, Shape{1UL, 2UL, 5UL}})
    nop::test::check_gradients([](const auto& x) { return nop::batch_norm(x, 1e-3).field; },
                               random_field(shape));
  nop::test::check_gradients([](const auto& x) { return nop::batch_norm(x, 1e-3).field; },
                             random_field(Shape{2, 2, 3, 2, 1, 2}));
}

TEST_CASE("standardizing channels by given numbers is linear") {
  const auto mean = random_field(Shape{3}, 2), root = random_field(Shape{3}, 3);
  const auto variance = nop::multiply(root, root);
  const auto x        = random_field(Shape{2, 3, 4});
  const nop::Tensor<double, 1, nop::Cpu> zero({3});
  const auto y = nop::standardize_channels(x, mean, variance, 0.1);
  for (std::size_t c = 0; c < 3; ++c)
    CHECK(y.view()(1, c, 2) == doctest::Approx((x.view()(1, c, 2) - mean.view()(c)) /
                                               std::sqrt(variance.view()(c) + 0.1)));
  nop::test::check_linear_function(
      [&](const auto& u) { return nop::standardize_channels(u, zero, variance, 0.1); }, x);
  CHECK_THROWS_WITH_AS(
      nop::standardize_channels(x, zero, nop::Tensor<double, 1, nop::Cpu>({2}), 0.1),
      "standardize_channels: expected means and variances of 3 channels, got [3] and [2]",
      nop::PreconditionError);
}

}  // namespace nop::test::normalize_test
