// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/time_waves.hpp>

#include "support/random_field.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::time_waves_test {

using nop::cpu::detail::TimeWaves;

TEST_CASE("synthesis of what analysis finds is the field, if all frequencies are kept") {
  for (const std::size_t steps : {1U, 2U, 3U, 4U, 5U, 8U}) {
    const TimeWaves<double> waves(steps, steps / 2 + 1);
    CHECK(waves.rows() == steps);
    for (std::size_t from = 0; from < steps; ++from)
      for (std::size_t to = 0; to < steps; ++to) {
        double sum = 0;
        for (std::size_t r = 0; r < steps; ++r)
          sum += waves.synthesis(r)[to] * waves.analysis(r)[from];
        CHECK(std::abs(sum - (from == to ? 1 : 0)) < 1e-14);
      }
  }
}

TEST_CASE("a frequency has a sine unless it is zero or half the steps") {
  const TimeWaves<float> waves(4, 3);
  REQUIRE(waves.frequencies().size() == 3);
  CHECK(waves.frequencies()[0].parts == 1);
  CHECK(waves.frequencies()[1].parts == 2);
  CHECK(waves.frequencies()[1].first_row == 1);
  CHECK(waves.frequencies()[2].parts == 1);
  CHECK(waves.frequencies()[2].first_row == 3);
}

TEST_CASE("the real form of a complex matrix multiplies as it does") {
  const std::size_t channels = 3;
  const auto r = nop::test::random_values<std::complex<double>>(channels * channels, 1);
  const auto x = nop::test::random_values<std::complex<double>>(channels, 2);
  std::vector<double> matrix(4 * channels * channels);
  nop::cpu::detail::write_real_form(r.data(), channels, 2, matrix.data());
  for (std::size_t o = 0; o < channels; ++o) {
    std::complex<double> y = 0, found = 0;
    for (std::size_t i = 0; i < channels; ++i) {
      y += x[i] * r[i * channels + o];
      const auto entry = [&](std::size_t row, std::size_t column) {
        return matrix[row * 2 * channels + column];
      };
      found += std::complex<double>(
          entry(o, i) * x[i].real() + entry(o, channels + i) * x[i].imag(),
          entry(channels + o, i) * x[i].real() + entry(channels + o, channels + i) * x[i].imag());
    }
    CHECK(std::abs(y - found) < 1e-14);
  }
}

}  // namespace nop::test::time_waves_test
