// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/gradient_check.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/training/sobolev.hpp>

#include "golden_target.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <vector>

namespace nop::test::sobolev_test {
namespace {

using Toy = nop::test::ToyBackend;

template <std::size_t Rank>
void check_gradient(const auto& loss, const Shape<Rank>& shape) {
  CAPTURE(shape);
  const auto target = nop::test::random_tensor<double, Cpu>(shape, 2);
  const auto check  = nop::gradient_check([&](const auto& x) { return loss(x, target); },
                                         nop::test::random_tensor<double, Cpu>(shape, 1));
  CHECK_MESSAGE(check.worst_error < nop::test::Tolerance<double>::gradients, check.where);
  CHECK(check.checked == element_count(shape));
}

TEST_CASE("the Sobolev losses agree with the reference library") {
  const Shape<4> shape{2, 1, 6, 8};
  const auto x      = nop::test::golden_input<double, Toy>(shape),
             y      = nop::test::golden_target<double, Toy>(shape);
  const auto summed = Reduction::sum;
  CHECK(std::abs(nop::RelativeH1{.reduction = summed}(x, y).item() - 3.8925846) < 2e-6);
  CHECK(std::abs(nop::AbsoluteH1{.reduction = summed}(x, y).item() - 9.3198051) < 2e-6);
  CHECK(std::abs(nop::RelativeH1{.boundary = Boundary::open, .reduction = summed}(x, y).item() -
                 3.6419291) < 2e-6);
  CHECK(std::abs(nop::relative_h1(x, y).item() - 3.8925846 / 2) < 2e-6);
  CHECK(std::abs(nop::RelativeHdiv{.reduction = summed}(x, y).item() - 3.96034) < 6e-6);
}

TEST_CASE("the absolute H1 norm of a wave is that of its energy, on odd and even grids") {
  for (const std::size_t n : {9U, 12U, 33U}) {
    std::vector<double> values;
    const double turn = 2 * std::numbers::pi / static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < 8; ++j) values.push_back(std::sin(turn * static_cast<double>(i)));
    const nop::Tensor<double, 4, Cpu> u({1, 1, n, 8}, values), zero({1, 1, n, 8});
    // On [0, 2] x [0, 3]: 3 times the mean of sin^2 + (slope cos)^2.
    const double slope = std::sin(turn) * static_cast<double>(n) / 2;
    CHECK(nop::AbsoluteH1{.measure = {2, 3, 1, 1}}(u, zero).item() ==
          doctest::Approx(std::sqrt(6 * 0.5 * (1 + slope * slope))).epsilon(1e-12));
  }
}

TEST_CASE("the Hdiv norm adds the slopes before it squares them, and has the energy of a wave") {
  const std::size_t n = 9;
  const double turn   = 2 * std::numbers::pi / static_cast<double>(n);
  std::vector<double> along, across;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      along.push_back(std::sin(turn * static_cast<double>(i + j)));
      across.push_back(std::sin(turn * static_cast<double>(i + n - j)));
    }
  const nop::Tensor<double, 4, Cpu> u({1, 1, n, n}, along), v({1, 1, n, n}, across),
      zero({1, 1, n, n});
  // Along the diagonal the two slopes are one, so their sum is twice it; across they cancel.
  const double slope = 2 * std::sin(turn) * static_cast<double>(n);
  CHECK(nop::absolute_hdiv(u, zero).item() ==
        doctest::Approx(std::sqrt(0.5 * (1 + slope * slope))).epsilon(1e-12));
  CHECK(nop::absolute_hdiv(v, zero).item() == doctest::Approx(std::sqrt(0.5)).epsilon(1e-12));
}

TEST_CASE("the gradients of the Sobolev losses are those of finite differences") {
  const auto periodic = [](const auto& loss) {
    check_gradient(loss, Shape<3>{2, 2, 7});
    check_gradient(loss, Shape<4>{2, 1, 6, 5});
    check_gradient(loss, Shape<5>{1, 2, 3, 4, 2});
    check_gradient(loss, Shape<6>{1, 1, 2, 3, 4, 3});
  };
  periodic(nop::relative_h1);
  periodic(nop::AbsoluteH1{.reduction = Reduction::sum, .measure = {1, 2, 3, 4}});
  periodic(nop::relative_hdiv);
  periodic(nop::AbsoluteHdiv{.reduction = Reduction::sum, .measure = {1, 2, 3, 4}});
  const auto open = [](const auto& loss) {
    check_gradient(loss, Shape<3>{2, 2, 7});
    check_gradient(loss, Shape<4>{2, 1, 4, 5});
    check_gradient(loss, Shape<5>{1, 1, 4, 6, 5});
  };
  open(nop::RelativeH1{.boundary = Boundary::open});
  open(nop::RelativeHdiv{.boundary = Boundary::open});
}

TEST_CASE("the gradient of a Sobolev loss where prediction and target agree is zero") {
  const auto check = [](const auto& loss) {
    nop::Tape tape;
    const auto y    = nop::test::random_tensor<float, Toy>(Shape<4>{2, 2, 5, 4}, 1);
    const auto x    = tape.variable(y);
    const auto zero = loss(x, y);
    CHECK(zero.item() == 0);
    for (const float g : tape.gradient(zero)[x].to_host()) CHECK(g == 0);
  };
  check(nop::relative_h1);
  check(nop::relative_hdiv);
}

TEST_CASE("a Sobolev loss with open boundaries refuses a grid of three points") {
  const nop::Tensor<float, 4, Cpu> x({2, 1, 6, 3});
  CHECK_THROWS_WITH_AS((void)nop::RelativeH1{.boundary = Boundary::open}(x, x),
                       "RelativeH1: expected at least four points along axis 3, got shape "
                       "[2, 1, 6, 3]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS((void)nop::AbsoluteHdiv{.boundary = Boundary::open}(x, x),
                       "AbsoluteHdiv: expected at least four points along axis 3, got shape "
                       "[2, 1, 6, 3]",
                       nop::PreconditionError);
}

}  // namespace

}  // namespace nop::test::sobolev_test
