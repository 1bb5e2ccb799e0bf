// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/gradient_check.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/training/finite_difference.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <vector>

namespace nop::test::finite_difference_test {
namespace {

using Toy    = nop::test::ToyBackend;
using Values = std::vector<double>;

/// u(x) of points 0, h, 2h ... along the middle axis of [2, points, 3].
template <class Backend, class Function>
nop::Tensor<double, 3, Backend> along_the_middle(std::size_t points, double h, const Function& u) {
  Values values;
  for (std::size_t line = 0; line < 2; ++line)
    for (std::size_t i = 0; i < points; ++i)
      for (std::size_t inner = 0; inner < 3; ++inner)
        values.push_back(u(static_cast<double>(i) * h) * static_cast<double>(1 + line + 2 * inner));
  return {{2, points, 3}, std::span<const double>(values)};
}

TEST_CASE("the periodic difference of a sine is a cosine by sin(kh)/kh") {
  for (const std::size_t points : {5U, 8U, 31U}) {
    const double h = 2 * std::numbers::pi / static_cast<double>(points);
    const auto u   = along_the_middle<Toy>(points, h, [](double x) { return std::sin(x); });
    const auto expected =
        along_the_middle<Toy>(points, h, [h](double x) { return std::cos(x) * std::sin(h) / h; });
    CHECK(nop::test::worst_error(nop::central_difference(u, 1, h, Boundary::periodic).to_host(),
                                 expected.to_host()) < 1e-12);
  }
}

TEST_CASE("the open difference of a quadratic polynomial is exact, at the ends too") {
  for (const std::size_t points : {4U, 5U, 9U}) {
    const auto u = along_the_middle<Toy>(points, 0.1, [](double x) { return 3 * x * x - 2 * x; });
    const auto expected = along_the_middle<Toy>(points, 0.1, [](double x) { return 6 * x - 2; });
    CHECK(nop::test::worst_error(nop::central_difference(u, 1, 0.1, Boundary::open).to_host(),
                                 expected.to_host()) < 1e-12);
  }
}

TEST_CASE("every axis of an array can be differentiated, also a very short one") {
  const auto u = nop::test::random_tensor<double, Cpu>(Shape<4>{2, 3, 1, 2}, 1);
  for (std::size_t axis : {2U, 3U})  // both neighbours are the same point
    for (const double slope : nop::central_difference(u, axis, 1, Boundary::periodic).to_host())
      CHECK(slope == 0);
  const auto first = nop::central_difference(u, 1, 0.5, Boundary::periodic).to_host();
  const auto v     = u.to_host();
  CHECK(first[0] == doctest::Approx(v[2] - v[4]));
  CHECK(first[2] == doctest::Approx(v[4] - v[0]));
  CHECK(first[5] == doctest::Approx(v[1] - v[3]));
}

TEST_CASE("the pullback of a difference is its transpose") {
  for (const Boundary boundary : {Boundary::periodic, Boundary::open})
    for (const std::size_t points : {4U, 5U, 6U, 7U, 8U, 11U})
      for (const std::size_t axis : {0U, 1U, 2U}) {
        CAPTURE(points);
        CAPTURE(axis);
        Shape<3> shape{2, 3, 2};
        shape[axis]      = points;
        const auto check = nop::gradient_check(
            [&](const auto& x) { return nop::central_difference(x, axis, 0.3, boundary); },
            nop::test::random_tensor<double, Toy>(shape, 1));
        CHECK_MESSAGE(check.worst_error < nop::test::Tolerance<double>::gradients, check.where);
      }
}

TEST_CASE("an axis that is too short for open ends is refused") {
  const nop::Tensor<float, 3, Cpu> u({1, 1, 3});
  CHECK_THROWS_WITH_AS((void)nop::central_difference(u, 2, 1, Boundary::open),
                       "central_difference: expected at least four points along axis 2, got shape "
                       "[1, 1, 3]",
                       nop::PreconditionError);
  CHECK_THROWS_AS((void)nop::central_difference(u, 3, 1, Boundary::periodic),
                  nop::PreconditionError);
  CHECK_THROWS_AS((void)nop::central_difference(u, 2, 0, Boundary::periodic),
                  nop::PreconditionError);
}

}  // namespace

}  // namespace nop::test::finite_difference_test
