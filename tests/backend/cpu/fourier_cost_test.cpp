// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/fourier_cost.hpp>

#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::fourier_cost_test {

using nop::cpu::FourierCost;
using nop::cpu::RealDftKey;

namespace {

RealDftKey key(std::size_t points, std::size_t modes) {
  return {points, modes, false, nop::ModeWeight::coefficient};
}

}  // namespace

TEST_CASE_TEMPLATE("few modes of a grid are cheaper as a product and many by a fast transform",
                   Real, float, double) {
  for (const std::size_t n : {64U, 256U, 1024U, 4096U})
    CHECK(FourierCost{}.cheaper<Real>(key(n, 16)) == FourierEngine::dense);
  CHECK(FourierCost{}.cheaper<Real>(key(8192, 8192)) == FourierEngine::fft);
  // What is cheaper for a number of modes is so for every smaller one.
  for (const std::size_t n : {31U, 64U, 1000U, 4096U}) {
    bool fft = false;
    for (std::size_t kept = 1; kept <= n; ++kept) {
      const bool now = FourierCost{}.cheaper<Real>(key(n, kept)) == FourierEngine::fft;
      CHECK((now || !fft));
      fft = now;
    }
  }
}

TEST_CASE("a length with a large prime factor costs a fast transform more") {
  CHECK(FourierCost::has_large_prime(97));
  CHECK(FourierCost::has_large_prime(2 * 421));
  CHECK(!FourierCost::has_large_prime(2 * 3 * 5 * 7 * 11 * 13));
  CHECK(!FourierCost::has_large_prime(1));
  const FourierCost cost{.level = 1, .prime = 7};
  CHECK(cost.fft<float>(key(97, 4)) > 6 * cost.fft<float>(key(96, 4)));
}

TEST_CASE("the cost that engines are chosen by can be replaced") {
  const FourierCost before = nop::cpu::fourier_cost();
  nop::cpu::set_fourier_cost({.level = 1e-6F, .prime = 1});
  CHECK(nop::cpu::fourier_cost().cheaper<float>(key(64, 32)) == FourierEngine::fft);
  nop::cpu::set_fourier_cost({.level = 1e6F, .prime = 1});
  CHECK(nop::cpu::fourier_cost().cheaper<float>(key(64, 32)) == FourierEngine::dense);
  nop::cpu::set_fourier_cost(before);
}

}  // namespace nop::test::fourier_cost_test
