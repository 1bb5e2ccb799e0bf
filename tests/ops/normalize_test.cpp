// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/ops/normalize.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

using nop::Shape;
using nop::test::random_field;

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
