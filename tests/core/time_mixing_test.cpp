// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/time_mixing.hpp>

#include "support/naive_time_mixing.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <vector>

namespace nop::test::time_mixing_test {

using Complex = std::complex<double>;
using Values  = std::vector<double>;

// The naive block is what other tests lean on, so it is tested by the closed form for four steps
// and two modes: for one channel, with s = u0 + u1 + u2 + u3, p = u0 - u2, q = u1 - u3, R = (A, B +
// i C),
//
//     4 v = A s + 2 (B p + C q, -C p + B q, -B p - C q, C p - B q).
TEST_CASE("a temporal convolution of four steps and two modes is that of its closed form") {
  const Values u               = {1, 2, 4, -3};
  const std::vector<Complex> r = {{5, 77}, {2, 3}};
  const double s = 4, p = -3, q = 5, a = 5, b = 2, c = 3;
  const Values v = {(a * s + 2 * (b * p + c * q)) / 4, (a * s + 2 * (b * q - c * p)) / 4,
                    (a * s - 2 * (b * p + c * q)) / 4, (a * s - 2 * (b * q - c * p)) / 4};
  const nop::test::NaiveTimeMixing<double> block({1, 4, 1, 1}, u.data(), {2, r.data()});
  Values y(4);
  block.mix(y.data());
  for (std::size_t t = 0; t < 4; ++t) CHECK(y[t] == doctest::Approx(u[t] + v[t]));

  // The loss y0: its gradients by A, B and C, and none by the imaginary part of A.
  const Values dy = {1, 0, 0, 0};
  Values dx(4);
  std::vector<Complex> dr(2);
  block.pull(dy.data(), dx.data(), dr.data());
  CHECK(dr[0].real() == doctest::Approx(s / 4));
  CHECK(dr[0].imag() == doctest::Approx(0));
  CHECK(dr[1].real() == doctest::Approx(p / 2));
  CHECK(dr[1].imag() == doctest::Approx(q / 2));
  const Values expected = {1 + (a + 2 * b) / 4, (a + 2 * c) / 4, (a - 2 * b) / 4, (a - 2 * c) / 4};
  CHECK(nop::test::worst_error(dx, expected) < 1e-14);
}

}  // namespace nop::test::time_mixing_test
