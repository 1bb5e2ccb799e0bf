// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/gradient_check.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/training/loss.hpp>

#include "golden_target.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace nop::test::loss_test {
namespace {

using Toy    = nop::test::ToyBackend;
using Values = std::vector<double>;

template <std::size_t Rank>
auto random(const Shape<Rank>& shape, std::uint64_t seed) {
  return nop::test::random_tensor<double, Cpu>(shape, seed);
}

/// The norms of x - y of each row of `points`, by a loop.
Values naive_norms(double order, const Values& x, const Values& y, std::size_t points) {
  Values norms(x.size() / points);
  for (std::size_t i = 0; i < x.size(); ++i)
    norms[i / points] += std::pow(std::abs(x[i] - y[i]), order);
  for (double& norm : norms) norm = std::pow(norm, 1 / order);
  return norms;
}

template <std::size_t Rank>
void check_gradient(const auto& loss, const Shape<Rank>& shape) {
  CAPTURE(shape);
  const auto target = random(shape, 2);
  const auto check =
      nop::gradient_check([&](const auto& x) { return loss(x, target); }, random(shape, 1));
  CHECK_MESSAGE(check.worst_error < nop::test::Tolerance<double>::gradients, check.where);
  CHECK(check.checked == element_count(shape));
}

TEST_CASE("the L2 losses agree with the reference library") {
  const Shape<4> shape{2, 1, 6, 8};
  const auto x = nop::test::golden_input<double, Toy>(shape),
             y = nop::test::golden_target<double, Toy>(shape);
  CHECK(std::abs(nop::RelativeLp{.reduction = Reduction::sum}(x, y).item() - 2.6308818) < 2e-6);
  CHECK(std::abs(nop::AbsoluteLp{.reduction = Reduction::sum}(x, y).item() - 1.7630792) < 2e-6);
  CHECK(std::abs(nop::relative_l2(x, y).item() - 2.6308818 / 2) < 2e-6);
  CHECK(std::abs(nop::absolute_l2(x, y).item() - 1.7630792 / 2) < 2e-6);
}

TEST_CASE("the Lp losses are the norms of their formulas, for every order") {
  const Shape<4> shape{3, 2, 4, 5};
  const auto x = random(shape, 1), y = random(shape, 2);
  const nop::Measure measure = {2, 3, 1, 1};
  for (const double order : {1.0, 1.5, 2.0, 3.0, 7.0}) {
    CAPTURE(order);
    const auto apart = naive_norms(order, x.to_host(), y.to_host(), 20);
    const auto size  = naive_norms(order, y.to_host(), Values(y.size()), 20);
    double relative = 0, absolute = 0;
    for (std::size_t row = 0; row < apart.size(); ++row) {
      relative += apart[row] / (size[row] + 1e-8);
      absolute += apart[row] * std::pow(2.0 / 4 * 3.0 / 5, 1 / order);
    }
    const nop::RelativeLp relative_lp{.order = order};
    const nop::AbsoluteLp absolute_lp{
        .order = order, .reduction = Reduction::sum, .measure = measure};
    CHECK(relative_lp(x, y).item() == doctest::Approx(relative / 6).epsilon(1e-12));
    CHECK(absolute_lp(x, y).item() == doctest::Approx(absolute).epsilon(1e-12));
  }
}

TEST_CASE("the absolute L2 loss of one against zero is the root of the volume") {
  nop::Tensor<float, 4, Cpu> one({2, 3, 7, 6}), zero({2, 3, 7, 6});
  one.fill(1);
  CHECK(nop::absolute_l2(one, zero).item() == doctest::Approx(1));
  CHECK(nop::AbsoluteLp{.measure = {2, 8, 0, 0}}(one, zero).item() == doctest::Approx(4));
}

TEST_CASE("the mean squared error is the mean of the squares") {
  const nop::Tensor<double, 3, Toy> x({2, 1, 2}, Values{1, 2, 3, 4}),
      y({2, 1, 2}, Values{0, 2, 3, 1});
  CHECK(nop::mean_squared_error(x, y).item() == 2.5);
  CHECK(nop::MeanSquaredError{.reduction = Reduction::sum}(x, y).item() == 5);
}

TEST_CASE("the gradients of all losses are those of finite differences") {
  const auto on_grids = [](const auto& loss) {
    check_gradient(loss, Shape<2>{3, 2});
    check_gradient(loss, Shape<3>{2, 3, 7});
    check_gradient(loss, Shape<4>{2, 2, 4, 3});
    check_gradient(loss, Shape<5>{1, 2, 3, 2, 5});
    check_gradient(loss, Shape<6>{1, 2, 2, 3, 2, 2});
  };
  on_grids(nop::RelativeLp{.order = 1});
  on_grids(nop::relative_l2);
  on_grids(nop::RelativeLp{.order = 3, .reduction = Reduction::sum});
  on_grids(nop::AbsoluteLp{.order = 2.5, .measure = {1, 2, 3, 4}});
  on_grids(nop::mean_squared_error);
  on_grids(nop::MeanSquaredError{.reduction = Reduction::sum});
}

TEST_CASE("a loss scales the gradient that comes from above") {
  const auto target = nop::test::random_tensor<float, Toy>(Shape<3>{2, 1, 9}, 4);
  nop::Tape tape;
  const auto x    = tape.variable(nop::test::random_tensor<float, Toy>(Shape<3>{2, 1, 9}, 3));
  const auto loss = nop::evaluate(
      [](const auto& l) {
        return nop::with_pullbacks(
            l, [](const auto& g) { return nop::mapped([](auto v) { return v * 3.0F; }, g); });
      },
      nop::relative_l2(x, target));
  const auto tripled = tape.gradient(loss)[x].to_host();
  nop::Tape second;
  const auto same     = second.variable(x.value());
  const auto gradient = second.gradient(nop::relative_l2(same, target))[same].to_host();
  for (std::size_t i = 0; i < gradient.size(); ++i)
    CHECK(tripled[i] == doctest::Approx(3 * gradient[i]));
}

TEST_CASE("the gradient where prediction and target agree is zero") {
  const auto expect_zero = [](const auto& loss) {
    nop::Tape tape;
    const auto y    = nop::test::random_tensor<float, Cpu>(Shape<3>{2, 2, 5}, 1);
    const auto x    = tape.variable(y);
    const auto zero = loss(x, y);
    CHECK(zero.item() == 0);
    for (const float g : tape.gradient(zero)[x].to_host()) CHECK(g == 0);
  };
  for (const double order : {1.0, 1.5, 2.0, 4.0}) {
    expect_zero(nop::RelativeLp{.order = order});
    expect_zero(nop::AbsoluteLp{.order = order});
  }
  expect_zero(nop::mean_squared_error);
}

TEST_CASE("a target of zero does not divide by zero") {
  nop::Tensor<double, 3, Cpu> one({1, 1, 4}), zero({1, 1, 4});
  one.fill(1);
  CHECK(nop::relative_l2(one, zero).item() == doctest::Approx(2e8));
}

TEST_CASE("a loss takes somebody else's memory as it takes tensors") {
  const auto x = random(Shape<3>{2, 1, 6}, 1), y = random(Shape<3>{2, 1, 6}, 2);
  CHECK(nop::relative_l2(x.view(), y.view()).item() == nop::relative_l2(x, y).item());
  nop::Tape tape;
  CHECK(nop::relative_l2(tape.variable(x), tape.input(y)).item() == nop::relative_l2(x, y).item());
}

TEST_CASE("losses refuse shapes that differ, no numbers and orders below one") {
  const nop::Tensor<float, 3, Cpu> x({2, 1, 6}), y({2, 1, 5}), none({0, 1, 5});
  CHECK_THROWS_WITH_AS((void)nop::relative_l2(x, y),
                       "RelativeLp: expected a prediction of shape [2, 1, 5] like the target, got "
                       "[2, 1, 6]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS((void)nop::mean_squared_error(none, none),
                       "MeanSquaredError: expected at least one number, got shape [0, 1, 5]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS((void)nop::AbsoluteLp{.order = 0.5}(x, x),
                       "AbsoluteLp: expected an order of at least 1, got 0.5",
                       nop::PreconditionError);
}

}  // namespace

}  // namespace nop::test::loss_test
