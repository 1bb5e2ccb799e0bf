// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/mixing.hpp>

#include "support/naive_mixing.hpp"
#include <doctest/doctest.h>

#include <span>
#include <vector>

namespace nop::test::mixing_test {

// The naive chain is what other tests lean on, so it is tested by numbers worked out by hand.
TEST_CASE("a link of a chain adds bias, residual and gated input before its activation") {
  const std::vector<double> x = {1, 2}, w = {3, 4, 5, 6}, b = {0.5, -40}, r = {10, 20},
                            g                  = {100, -1};
  const std::vector<nop::Mixing<double>> links = {
      {2, w.data(), b.data(), r.data(), g.data(), nop::Activation::relu}};
  const nop::test::NaiveMixing<double> chain({1, 2, 1}, x.data(), links);
  std::vector<double> y(2);
  chain.mix(y.data());
  CHECK(y == std::vector<double>{3 + 8 + 0.5 + 10 + 100, 0});  // 5 + 12 - 40 + 20 - 2 < 0

  const std::vector<double> dy = {1, 1};
  std::vector<double> dx(2), dw(4), db(2), dr(2), dg(2);
  const std::vector<nop::MixingGradient<double>> gradients = {
      {dw.data(), db.data(), dr.data(), dg.data()}};
  chain.pull(dy.data(), dx.data(), gradients);
  CHECK(dx == std::vector<double>{3 + 100, 4});
  CHECK(dw == std::vector<double>{1, 2, 0, 0});
  CHECK(db == std::vector<double>{1, 0});
  CHECK(dr == std::vector<double>{1, 0});
  CHECK(dg == std::vector<double>{1, 0});
}

}  // namespace nop::test::mixing_test
