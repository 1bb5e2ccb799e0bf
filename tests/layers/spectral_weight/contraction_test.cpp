// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/spectral_weight/contraction.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::contraction_test {

using Complex = std::complex<double>;

TEST_CASE("the rows that are kept begin where they are told to") {
  const nop::Parameter<Complex, 3, nop::Cpu> factor(random_field<Complex>(Shape{5, 2, 3}));
  const auto x   = random_field(Shape<1>{1});
  const auto all = factor.value().to_host();
  CHECK(nop::detail::kept_rows(x, factor, 0, 5).to_host() == all);
  const auto some = nop::detail::kept_rows(x, factor, 1, 3);
  CHECK(some.shape() == Shape<3>{3, 2, 3});
  CHECK(some.to_host() == std::vector<Complex>(all.begin() + 6, all.begin() + 24));
}

TEST_CASE("one matrix for all modes multiplies every row") {
  const auto x      = random_field<Complex>(Shape{3, 2, 4}, 1);
  const auto matrix = random_field<Complex>(Shape{4, 5}, 2);
  const auto y      = nop::detail::times_matrix(x, matrix, Shape{3, 2});
  CHECK(y.shape() == Shape<3>{3, 2, 5});
  std::vector<Complex> expected(30);
  for (std::size_t i = 0; i < 30; ++i)
    for (std::size_t n = 0; n < 4; ++n)
      expected[i] += x.to_host()[i / 5 * 4 + n] * matrix.view()(n, i % 5);
  CHECK(nop::test::worst_error(y.to_host(), expected) < 1e-14);
}

TEST_CASE("a separable weight multiplies every sample of its mode and channel") {
  const auto x = random_field<Complex>(Shape{3, 2, 2, 4}, 1);
  const auto w = random_field<Complex>(Shape{3, 2, 4}, 2);
  const auto y = nop::detail::scale_channels_per_mode(x, w);
  CHECK(y.shape() == x.shape());
  auto expected = x.to_host();
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] *= w.to_host()[i / 8 * 4 + i % 4];
  CHECK(nop::test::worst_error(y.to_host(), expected) < 1e-14);
}

}  // namespace nop::test::contraction_test
