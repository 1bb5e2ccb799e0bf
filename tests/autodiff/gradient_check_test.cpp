// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/gradient_check.hpp>

#include "support/random_field.hpp"
#include "support/small_ops.hpp"
#include "support/tolerance.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::gradient_check_test {

using namespace nop::test::small_ops;
using Toy     = nop::test::ToyBackend;
using Complex = std::complex<double>;
using Tensor  = nop::Tensor<double, 2, Toy>;

namespace {

constexpr double tolerance = nop::test::Tolerance<double>::gradients;

/// x times `right`, whose pullback says `told`.
auto scaled(const auto& x, double right, double told) {
  return nop::evaluate(
      [=](const auto& a) {
        return nop::with_pullbacks(each([=](auto p) { return p * right; }, a), [=](const auto& g) {
          return each([=](auto p) { return p * told; }, g);
        });
      },
      x);
}

struct Line {
  explicit Line(double told_) : told(told_) {}
  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("slope", self.slope);
    visit("offset", self.offset);
  }
  auto operator()(const nop::field auto& x) const {
    return add(multiply(x, slope), scaled(nop::on_tape_of(x, offset), 3, told));
  }
  double told;
  nop::Parameter<double, 2, Toy> slope{random_tensor<double, Toy>(Shape<2>{2, 3}, 1)};
  nop::Parameter<double, 2, Toy> offset{random_tensor<double, Toy>(Shape<2>{2, 3}, 2)};
};

struct Two {
  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("lines", self.lines);
  }
  auto operator()(const nop::field auto& x) const { return lines[1](multiply(lines[0](x), x)); }
  std::vector<Line> lines;
};

const Tensor input = random_tensor<double, Toy>(Shape<2>{2, 3}, 7);

}  // namespace

TEST_CASE("right gradients of several inputs pass") {
  const auto f = [](const auto& x, const auto& y) { return multiply(multiply(x, y), add(x, y)); };
  const auto check = gradient_check(f, input, random_tensor<double, Toy>(Shape<2>{2, 3}, 8));
  CAPTURE(check.where);
  CHECK(check.worst_error < tolerance);
  CHECK(check.checked == 12);
}

TEST_CASE("right gradients of a function of complex numbers pass") {
  const auto x     = random_tensor<Complex, Toy>(Shape<1>{4}, 1),
             y     = random_tensor<Complex, Toy>(Shape<1>{4}, 2);
  const auto f     = [](const auto& a, const auto& b) { return multiply(multiply(a, b), a); };
  const auto check = gradient_check(f, x, y);
  CAPTURE(check.where);
  CHECK(check.worst_error < tolerance);
  CHECK(check.checked == 16);
  const auto to_real = gradient_check(half_square, x);
  CAPTURE(to_real.where);
  CHECK(to_real.worst_error < tolerance);
}

TEST_CASE("right gradients of a module pass and all of its parameters are checked") {
  const Two model{{Line(3), Line(3)}};
  const auto before = model.lines[0].slope.value().to_host();
  const auto check  = gradient_check(model, input);
  CAPTURE(check.where);
  CHECK(check.worst_error < tolerance);
  CHECK(check.checked == 6 + 4 * 6);
  CHECK(model.lines[0].slope.value().to_host() == before);
}

TEST_CASE("a wrong pullback is found and the input is named") {
  const auto f     = [](const auto& x, const auto& y) { return add(x, scaled(y, 2, 2.001)); };
  const auto check = gradient_check(f, input, input);
  CHECK(check.worst_error > 1e-5);
  CAPTURE(check.where);
  CHECK(check.where.starts_with("input 1["));
}

TEST_CASE("a pullback of the wrong sign of the imaginary part is found") {
  const auto wrong = [](const auto& a) {
    return nop::evaluate(
        [](const auto& z) {
          const Complex i(0, 1);
          return nop::with_pullbacks(each([=](auto p) { return p * i; }, z), [=](const auto& g) {
            return each([=](auto p) { return p * i; }, g);  // has to be conj(i)
          });
        },
        a);
  };
  CHECK(gradient_check(wrong, random_tensor<Complex, Toy>(Shape<1>{3}, 1)).worst_error > 0.1);
}

TEST_CASE("a wrong pullback inside of a module is found and the parameter is named by its path") {
  const auto check = gradient_check(Two{{Line(3), Line(2)}}, input);
  CHECK(check.worst_error > 0.01);
  CAPTURE(check.where);
  CHECK(check.where.starts_with("lines.1.offset["));
}

TEST_CASE("a gradient that is not a number is found") {
  const auto f = [](const auto& x) {
    return scaled(x, 2, std::numeric_limits<double>::quiet_NaN());
  };
  CHECK(gradient_check(f, input).worst_error == std::numeric_limits<double>::infinity());
}

TEST_CASE("a gradient of another shape is refused") {
  const auto f = [](const auto& x) {
    return nop::evaluate(
        [](const Tensor& a) {
          return nop::with_pullbacks(a, [](const Tensor&) { return Tensor({1, 1}); });
        },
        x);
  };
  CHECK_THROWS_WITH_AS(
      (void)gradient_check(f, input),
      "gradient_check: expected a gradient of shape [2, 3] for input 0, got one of "
      "1 elements",
      nop::PreconditionError);
}

TEST_CASE("an input that the function does not depend on is refused") {
  const auto f = [](const auto& x, const auto&) { return x; };
  CHECK_THROWS_AS((void)gradient_check(f, input, input), nop::PreconditionError);
}

}  // namespace nop::test::gradient_check_test
