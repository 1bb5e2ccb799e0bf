// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/init.hpp>

#include "support/layer_battery.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::init_test {

using Complex = std::complex<double>;

namespace {
constexpr std::size_t count = 100000;
}  // namespace

TEST_CASE("uniform values fill their interval evenly") {
  Rng rng(1);
  const auto values = Initializer(rng).uniform<double, 1, Cpu>(Shape{count}, 0.25).to_host();
  double sum = 0, squares = 0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
  }
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  CHECK(*low >= -0.25);
  CHECK(*high <= 0.25);
  CHECK(*low < -0.2499);
  CHECK(*high > 0.2499);
  CHECK(std::abs(sum / count) < 5 * 0.25 / std::sqrt(3.0 * count));
  CHECK(squares / count == doctest::Approx(0.25 * 0.25 / 3).epsilon(0.02));
}

TEST_CASE_TEMPLATE("normal values have mean zero and the deviation in both parts together", Element,
                   float, double, std::complex<float>, Complex) {
  Rng rng(2);
  const auto values = Initializer(rng).normal<Element, 1, Cpu>(Shape{count}, 0.5).to_host();
  Complex sum = 0, products = 0;
  double squares = 0, fourth = 0;
  for (const Element value : values) {
    const Complex wide(value);
    sum += wide;
    products += wide * wide;
    squares += std::norm(wide);
    fourth += std::norm(wide) * std::norm(wide);
  }
  CHECK(std::abs(sum / double(count)) < 5 * 0.5 / std::sqrt(count));
  CHECK(squares / count == doctest::Approx(0.25).epsilon(0.03));
  // E x^2 = 0 says that both parts are independent and equally large; E|x|^4 that they are normal.
  const bool is_complex = nop::complex<Element>;
  CHECK(std::abs(products / double(count) - (is_complex ? 0 : 0.25)) < 0.01);
  CHECK(fourth / count == doctest::Approx((is_complex ? 2 : 3) * 0.0625).epsilon(0.05));
}

TEST_CASE("two tensors of one generator differ, those of equal generators do not") {
  Rng first(3), second(3);
  const Initializer one(first), other(second);
  const auto draw = [](const Initializer& init) {
    return init.uniform<float, 2, Cpu>(Shape{3, 4}, 1).to_host();
  };
  const auto a = draw(one), b = draw(one);
  CHECK(a != b);
  CHECK(draw(other) == a);
  CHECK(draw(other) == b);
}

TEST_CASE("values are the same on any backend") {
  Rng first(3), second(3);
  CHECK(Initializer(first).normal<Complex, 1, Cpu>(Shape{100}, 1).to_host() ==
        Initializer(second).normal<Complex, 1, nop::test::ToyBackend>(Shape{100}, 1).to_host());
}

TEST_CASE("an initializer of zeros fills with zeros within its budget") {
  const Initializer zeros = Initializer::zeros(10);
  const Initializer copy  = zeros;
  CHECK(zeros.uniform<float, 1, Cpu>(Shape{4}, 1).to_host() == std::vector<float>(4));
  CHECK(copy.normal<Complex, 1, Cpu>(Shape{6}, 1).to_host() == std::vector<Complex>(6));
  CHECK_THROWS_WITH_AS(
      ((void)zeros.normal<float, 2, Cpu>(Shape{1, 1}, 1)),
      "Initializer: expected at most 0 more parameters, got a tensor of shape [1, 1]",
      nop::PreconditionError);
}

TEST_CASE("a budget is not overrun by a shape whose count overflows") {
  const std::size_t huge = std::size_t{1} << 40U;
  CHECK_THROWS_AS(((void)Initializer::zeros(100).uniform<float, 2, Cpu>(Shape{huge, huge}, 1)),
                  nop::PreconditionError);
}

TEST_CASE("a constant is one where there is a generator, and zero where a file is read next") {
  nop::Rng rng(1);
  const auto ones = nop::Initializer(rng).constant<double, 1, nop::Cpu>({3}, 1);
  CHECK(ones.to_host() == std::vector<double>{1, 1, 1});
  const auto none = nop::Initializer::zeros(3);
  CHECK(none.constant<double, 1, nop::Cpu>({3}, 1).to_host() == std::vector<double>(3));
  CHECK_THROWS_AS(static_cast<void>(none.constant<double, 1, nop::Cpu>({1}, 1)),
                  nop::PreconditionError);
}

TEST_CASE("zeros without a budget are as many as are asked for") {
  const auto init = nop::Initializer::zeros();
  CHECK(init.normal<double, 1, nop::Cpu>(nop::Shape<1>{3}, 1).to_host() == std::vector<double>(3));
}

}  // namespace nop::test::init_test
