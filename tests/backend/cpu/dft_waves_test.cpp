// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/dft_waves.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <numbers>

namespace nop::test::dft_waves_test {

using nop::cpu::RealDftKey;
using nop::cpu::detail::wave;
using nop::cpu::detail::Waves;

TEST_CASE("a band has a cosine for each frequency and a sine for each but zero") {
  CHECK(RealDftKey{16, 5, false, ModeWeight::coefficient}.rows() == 5);
  CHECK(RealDftKey{16, 6, false, ModeWeight::coefficient}.rows() == 7);
  CHECK(RealDftKey{16, 0, true, ModeWeight::coefficient}.rows() == 1);
}

TEST_CASE("waves are cosines and sines with the weight of their frequency") {
  for (const bool half : {false, true})
    for (const std::size_t n : {1U, 2U, 5U, 8U, 12U, 97U})
      for (std::size_t k = 0; k <= n / 2; ++k)
        for (std::size_t x = 0; x < n; ++x) {
          const RealDftKey key{n, n, half, ModeWeight::coefficient};
          const double weight = (half && 2 * k == n ? 0.5 : 1) / static_cast<double>(n);
          const double angle  = 2 * std::numbers::pi * static_cast<double>(k) *
                               static_cast<double>(x) / static_cast<double>(n);
          CHECK(wave<double>(key, false, k, x) ==
                doctest::Approx(weight * std::cos(angle)).epsilon(1e-12));
          CHECK(std::abs(wave<double>(key, true, k, x) - weight * std::sin(angle)) < 1e-12);
        }
}

TEST_CASE("waves are zero where they cross zero, and turns are exact however many there are") {
  const RealDftKey key{8, 8, false, ModeWeight::multiplicity};
  CHECK(wave<double>(key, false, 2, 1) == 0);
  CHECK(wave<double>(key, true, 4, 3) == 0);
  CHECK(wave<double>(key, true, 2, 1) == 1);
  CHECK(wave<double>(key, false, 3, 8'000'000'008) == 1);
}

TEST_CASE("every second wave has its frequency and its row, and one too many is zero") {
  const RealDftKey key{16, 8, false, ModeWeight::multiplicity};
  const Waves odd_sines{true, 1, 2, 2};
  CHECK(odd_sines.frequency(1) == 3);
  CHECK(odd_sines.row(1, key.highest()) == 7);
  CHECK(Waves{false, 1, 2, 2}.row(1, key.highest()) == 3);
  CHECK(odd_sines.at<double>(key, 1, 5) == wave<double>(key, true, 3, 5));
  CHECK(odd_sines.at<double>(key, 2, 5) == 0);
}

}  // namespace nop::test::dft_waves_test
