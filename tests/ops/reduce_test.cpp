// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/ops/reduce.hpp>

#include "support/layer_battery.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>

namespace nop::test::reduce_test {

TEST_CASE_TEMPLATE("a sum is that of all elements", Element, float, double, std::complex<float>,
                   std::complex<double>) {
  for (const std::size_t n : {1U, 7U, 1000U, 20001U}) {
    CAPTURE(n);
    const auto x                  = random_field<Element>(Shape{n, std::size_t{3}});
    std::complex<double> expected = 0;
    double size                   = 0;
    for (const Element value : x.to_host()) {
      expected += std::complex<double>(value);
      size += std::abs(std::complex<double>(value));
    }
    CHECK(std::abs(std::complex<double>(nop::sum(x).item()) - expected) <
          nop::test::rounding<Element> * size);
  }
}

TEST_CASE_TEMPLATE("a sum of squares is that of all elements", Real, float, double) {
  for (const std::size_t n : {1U, 7U, 20001U}) {
    CAPTURE(n);
    const auto x    = random_field<Real>(Shape{n, std::size_t{3}});
    double expected = 0;
    for (const double value : x.to_host()) expected += value * value;
    CHECK(nop::sum_of_squares(x).item() ==
          doctest::Approx(expected).epsilon(nop::test::rounding<Real>));
  }
}

TEST_CASE_TEMPLATE("a sum of magnitudes is that of all elements", Real, float, double) {
  for (const std::size_t n : {1U, 7U, 20001U}) {
    CAPTURE(n);
    const auto x    = random_field<Real>(Shape{n, std::size_t{3}});
    double expected = 0;
    for (const double value : x.to_host()) expected += std::abs(value);
    CHECK(nop::sum_of_magnitudes(x).item() ==
          doctest::Approx(expected).epsilon(nop::test::rounding<Real>));
  }
}

TEST_CASE("a sum of nothing is zero") {
  const nop::Tensor<double, 2, nop::Cpu> none({0, 3});
  CHECK(nop::sum(none).item() == 0);
  CHECK(nop::sum_of_squares(none).item() == 0);
  CHECK(nop::sum_of_magnitudes(none).item() == 0);
}

TEST_CASE("a sum of one number of rank zero is that number") {
  const auto x = random_field(Shape<0>{});
  CHECK(nop::sum(x).item() == x.item());
  check_gradients(nop::sum, x);
}

TEST_CASE("sums have right gradients") {
  const auto x = random_field(Shape{2, 3, 5});
  check_gradients(nop::sum, x);
  check_gradients(nop::sum_of_squares, x);
  check_gradients(nop::sum_of_magnitudes, x);
  check_gradients(nop::sum, random_field<std::complex<double>>(Shape{2, 3}));
  check_ways_to_call(nop::sum, x);
  check_ways_to_call(nop::sum_of_squares, x);
  check_ways_to_call(nop::sum_of_magnitudes, x);
  nop::test::check_adjoint(nop::sum, x);
}

TEST_CASE("a gradient flows through a sum into what was summed") {
  check_gradients(
      [](const auto& x) { return nop::scale_by(nop::sum_of_squares(nop::multiply(x, x)), 0.5); },
      random_field(Shape{3, 4}));
}

TEST_CASE("sums work on another backend") {
  using Toy    = nop::test::ToyBackend;
  const auto x = nop::test::random_tensor<double, Toy>(Shape{3, 5}, 1);
  CHECK(nop::sum(x).item() ==
        doctest::Approx(nop::sum(random_field(Shape{3, 5}, 1)).item()).epsilon(1e-12));
  check_gradients(nop::sum_of_squares, x);
}

}  // namespace nop::test::reduce_test
