// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/complex_parts.hpp>
#include <nop/ops/elementwise.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>

namespace nop::test::complex_parts_test {

TEST_CASE_TEMPLATE("a complex field is its real part plus i times its imaginary part", Real, float,
                   double) {
  const auto z = random_field<std::complex<Real>>(Shape{2, 3, 5});
  const auto x = nop::real_part(z), y = nop::imaginary_part(z);
  for (std::size_t i = 0; i < z.size(); ++i) {
    CHECK(x.data()[i] == z.data()[i].real());
    CHECK(y.data()[i] == z.data()[i].imag());
  }
  CHECK(nop::from_parts(x, y).to_host() == z.to_host());
}

TEST_CASE("a function of real fields acts on both parts of a complex one") {
  const auto z       = random_field<std::complex<double>>(Shape{2, 3});
  const auto squared = [](const auto& x) { return nop::multiply(x, x); };
  const auto y       = nop::on_parts(squared, z);
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double re = z.data()[i].real(), im = z.data()[i].imag();
    CHECK(y.data()[i] == std::complex<double>(re * re, im * im));
  }
  const auto x = random_field(Shape{2, 3});
  CHECK(nop::on_parts(squared, x).to_host() == squared(x).to_host());
  nop::test::check_function([&](const auto& u) { return nop::on_parts(squared, u); }, z);
}

TEST_CASE("parts have right gradients") {
  const auto z = random_field<std::complex<double>>(Shape{2, 3, 4}, 1);
  const auto x = random_field(Shape{2, 3, 4}, 2), y = random_field(Shape{2, 3, 4}, 3);
  nop::test::check_linear_function(nop::real_part, z);
  nop::test::check_linear_function(nop::imaginary_part, z);
  nop::test::check_gradients(nop::from_parts, x, y);
  nop::test::check_ways_to_call(nop::from_parts, x, y);
}

TEST_CASE("parts of different shapes are refused") {
  CHECK_THROWS_WITH_AS(nop::from_parts(random_field(Shape{2, 3}), random_field(Shape{3, 2})),
                       "from_parts: expected two equal shapes, got [2, 3] and [3, 2]",
                       nop::PreconditionError);
}

}  // namespace nop::test::complex_parts_test
