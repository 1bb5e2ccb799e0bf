// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/planes.hpp>

#include "support/naive_dft.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::planes_test {

using nop::cpu::detail::PlaneRange;
using nop::cpu::detail::PlaneTransform;
using Complex = std::complex<double>;

namespace {

constexpr std::size_t most = nop::cpu::lanes<double>;  // planes at a time

/// All planes, in ranges of `planes` planes and `inner` inner indices.
template <std::size_t Dim, class Use>
void for_each_range(const FourierTransform<Dim>& transform, std::size_t planes, std::size_t inner,
                    const Use& use) {
  for (std::size_t p = 0; p < transform.outer; p += planes)
    for (std::size_t i = 0; i < transform.inner; i += inner)
      use(PlaneRange{p, std::min(p + planes, transform.outer), i,
                     std::min(i + inner, transform.inner)});
}

template <std::size_t Dim>
void check(const FourierTransform<Dim>& transform, std::size_t inner_at_a_time) {
  const PlaneTransform<double, Dim> planes(transform);
  const nop::test::NaiveDft<double, Dim> naive(transform);
  const auto field    = nop::test::random_values<double>(naive.field_size(), 1);
  const auto spectrum = nop::test::random_values<Complex>(naive.spectrum_size(), 2);
  std::vector<Complex> expected_spectrum(spectrum.size()), first_spectrum;
  std::vector<double> expected_field(field.size()), first_field;
  naive.to_modes(field.data(), expected_spectrum.data());
  naive.from_modes(spectrum.data(), expected_field.data());
  for (const std::size_t count : {std::size_t(1), (most + 1) / 2, most}) {
    std::vector<Complex> modes(spectrum.size());
    std::vector<double> values(field.size());
    for_each_range(transform, count, inner_at_a_time, [&](const PlaneRange& range) {
      planes.analyze(range, field.data(), modes.data());
      planes.synthesize(range, spectrum.data(), values.data());
    });
    CHECK(nop::test::worst_error(modes, expected_spectrum) < 1e-12);
    CHECK(nop::test::worst_error(values, expected_field) < 1e-12);
    // The very same bits, whatever stands beside a plane.
    if (first_field.empty()) first_spectrum = modes, first_field = values;
    CHECK(modes == first_spectrum);
    CHECK(values == first_field);
  }
}

}  // namespace

TEST_CASE("what is not a number in one plane stays there") {
  for (const auto engine : {nop::FourierEngine::dense, nop::FourierEngine::fft}) {
    const FourierTransform<2> transform{
        4, {6, 8}, 1, {5, 4}, nop::ModeWeight::coefficient, engine, SpectrumLayout::in_place};
    const PlaneTransform<double, 2> planes(transform);
    auto field = nop::test::random_values<double>(4 * 48, 1);
    field[50]  = std::numeric_limits<double>::quiet_NaN();  // in the second plane
    std::vector<Complex> modes(4 * 15);
    for_each_range(transform, most, 1, [&](const PlaneRange& range) {
      planes.analyze(range, field.data(), modes.data());
    });
    for (std::size_t i = 0; i < modes.size(); ++i)
      CHECK(std::isnan(std::abs(modes[i])) == (i / 15 == 1));
    for_each_range(transform, most, 1, [&](const PlaneRange& range) {
      planes.synthesize(range, modes.data(), field.data());
    });
    for (std::size_t i = 0; i < field.size(); ++i) CHECK(std::isnan(field[i]) == (i / 48 == 1));
  }
}

TEST_CASE("a plane is transformed alike whatever planes and inner indices stand beside it") {
  for (const auto layout : {SpectrumLayout::in_place, SpectrumLayout::modes_first})
    for (const auto engine : {nop::FourierEngine::dense, nop::FourierEngine::fft}) {
      const auto weight = nop::ModeWeight::coefficient;
      check(FourierTransform<1>{11, {12}, 1, {7}, weight, engine, layout}, 1);
      check(FourierTransform<1>{3, {5}, 40, {4}, weight, engine, layout}, 40);
      check(FourierTransform<1>{3, {5}, 40, {4}, weight, engine, layout}, 19);
      check(FourierTransform<2>{11, {6, 9}, 1, {5, 4}, weight, engine, layout}, 1);
      check(FourierTransform<2>{5, {6, 4}, 3, {5, 4}, weight, engine, layout}, 3);
      check(FourierTransform<3>{9, {4, 5, 6}, 1, {3, 2, 4}, weight, engine, layout}, 1);
    }
}

}  // namespace nop::test::planes_test
