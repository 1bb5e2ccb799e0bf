// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/axis.hpp>

#include "support/naive_dft.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <vector>

using nop::FourierEngine;
using nop::ModeWeight;
using nop::cpu::detail::Axis;
using nop::cpu::detail::cheaper_engine;
using Complex = std::complex<double>;

TEST_CASE("few modes of a grid are cheaper as a product and many by a fast transform") {
  for (const std::size_t n : {64U, 256U, 1024U, 4096U}) {
    CHECK(cheaper_engine(n, 4) == FourierEngine::dense);
    CHECK(cheaper_engine(n, n) == (n <= 64 ? cheaper_engine(n, n) : FourierEngine::fft));
  }
  // What is cheaper for a number of modes is so for every smaller one.
  for (const std::size_t n : {31U, 64U, 127U, 1000U}) {
    bool fft = false;
    for (std::size_t kept = 1; kept <= n; ++kept) {
      const bool now = cheaper_engine(n, kept) == FourierEngine::fft;
      CHECK((now || !fft));
      fft = now;
    }
  }
}

TEST_CASE("a mode of a full axis stands in FFTW's order at its frequency modulo the points") {
  const Axis axis{8, 5, 1, ModeWeight::coefficient, FourierEngine::fft};  // -2 ... 2
  std::vector<std::size_t> places;
  for (std::size_t m = 0; m < 5; ++m) places.push_back(fft_index(axis, m));
  CHECK(places == std::vector<std::size_t>{6, 7, 0, 1, 2});
}

TEST_CASE("one axis is transformed alike by both engines and as it is defined") {
  constexpr std::size_t lines = 3, n = 10, m = 7, inner = 4;
  for (const FourierEngine engine : {FourierEngine::fft, FourierEngine::dense}) {
    const Axis axis{n, m, inner, ModeWeight::coefficient, engine};
    const nop::FourierTransform<1> transform{lines, {n}, inner, {m}, ModeWeight::coefficient,
                                             engine};

    const nop::test::NaiveDft<double, 1> half(transform);
    const auto field = nop::test::random_values<double>(half.field_size(), 1);
    const auto modes = nop::test::random_values<Complex>(half.spectrum_size(), 2);
    std::vector<double> got_field(field.size()), expected_field(field.size());
    std::vector<Complex> got_modes(modes.size()), expected_modes(modes.size());
    analyze_half(axis, lines, field.data(), got_modes.data());
    half.to_modes(field.data(), expected_modes.data());
    CHECK(nop::test::worst_error(got_modes, expected_modes) < 1e-13);
    synthesize_half(axis, lines, modes.data(), got_field.data());
    half.from_modes(modes.data(), expected_field.data());
    CHECK(nop::test::worst_error(got_field, expected_field) < 1e-13);

    const nop::test::NaiveDft<Complex, 1> full(transform);
    const auto wave = nop::test::random_values<Complex>(full.field_size(), 3);
    std::vector<Complex> got(full.spectrum_size()), expected(got), got_back(wave.size()),
        expected_back(wave.size());
    analyze_full(axis, lines, wave.data(), got.data());
    full.to_modes(wave.data(), expected.data());
    CHECK(nop::test::worst_error(got, expected) < 1e-13);
    synthesize_full(axis, lines, expected.data(), got_back.data());
    full.from_modes(expected.data(), expected_back.data());
    CHECK(nop::test::worst_error(got_back, expected_back) < 1e-13);
  }
}
