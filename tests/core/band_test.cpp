// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/band.hpp>

#include <doctest/doctest.h>

#include <complex>
#include <set>

namespace nop::test::band_test {
namespace {

using Frequencies = std::set<std::ptrdiff_t>;
using Complex     = std::complex<float>;

/// -floor(m/2) ... ceil(m/2)-1, which are also the frequencies that m points can tell apart.
Frequencies full_band(std::size_t modes) {
  Frequencies band;
  const auto m = static_cast<std::ptrdiff_t>(modes);
  for (std::ptrdiff_t k = -100; k <= 100; ++k)
    if (2 * k >= -m && 2 * k < m && (m % 2 == 0 || 2 * k > -m)) band.insert(k);
  return band;
}

/// 0 ... floor(m/2), which are also the frequencies that m points of a real field can tell apart.
Frequencies half_band(std::size_t modes) {
  Frequencies band;
  for (std::ptrdiff_t k = 0; 2 * k <= static_cast<std::ptrdiff_t>(modes); ++k) band.insert(k);
  return band;
}

Frequencies both(const Frequencies& a, const Frequencies& b) {
  Frequencies result;
  for (const auto k : a)
    if (b.contains(k)) result.insert(k);
  return result;
}

}  // namespace

TEST_CASE("a full axis keeps as many modes as asked, from the lowest frequency on") {
  for (std::size_t m = 1; m <= 20; ++m) {
    CAPTURE(m);
    const auto band = full_band(m);
    CHECK(band.size() == m);
    CHECK(*band.begin() == nop::lowest_frequency(m));
    CHECK(*band.rbegin() == nop::lowest_frequency(m) + static_cast<std::ptrdiff_t>(m) - 1);
  }
}

TEST_CASE("a half axis keeps zero and the positive frequencies") {
  for (std::size_t m = 0; m <= 20; ++m) {
    CAPTURE(m);
    CHECK(half_band(m).size() == nop::half_axis(m));
  }
}

TEST_CASE("what a grid holds of a band is the band of the smaller number of modes") {
  for (std::size_t m = 1; m <= 20; ++m)
    for (std::size_t n = 1; n <= 20; ++n) {
      CAPTURE(m);
      CAPTURE(n);
      const Shape<2> held = held_modes(Shape<2>{m, m}, {n, n});
      CHECK(both(full_band(m), full_band(n)) == full_band(held[0]));
      CHECK(both(half_band(m), half_band(n)) == half_band(held[1]));
    }
}

TEST_CASE("a smaller band begins inside a larger one where its lowest frequency stands") {
  for (std::size_t whole = 1; whole <= 20; ++whole)
    for (std::size_t part = 1; part <= whole; ++part) {
      CAPTURE(whole);
      CAPTURE(part);
      const Shape<2> w = {whole, whole}, p = {part, part};
      const auto lowest   = [](std::size_t m) { return *full_band(m).begin(); };
      const auto expected = static_cast<std::size_t>(lowest(part) - lowest(whole));
      CHECK(nop::band_offset<float>(w, p) == Shape<2>{expected, 0});
      CHECK(nop::band_offset<Complex>(w, p) == Shape<2>{expected, expected});
      CHECK(expected + part <= whole);
    }
}

TEST_CASE("only the last axis of a real field is stored half") {
  CHECK(nop::spectrum_shape<double>(Shape<3>{5, 6, 8}) == Shape<3>{5, 6, 5});
  CHECK(nop::spectrum_shape<double>(Shape<1>{7}) == Shape<1>{4});
  CHECK(nop::spectrum_shape<Complex>(Shape<3>{5, 6, 8}) == Shape<3>{5, 6, 8});
}

TEST_CASE("the two weights of a mode of a real field make up for its missing conjugate") {
  using enum nop::ModeWeight;
  for (std::size_t n = 1; n <= 20; ++n)
    for (std::size_t k = 0; k <= n / 2; ++k) {
      CAPTURE(n);
      CAPTURE(k);
      // How often k and -k stand in a sum over all frequencies of the grid.
      const double partners = k == 0 || 2 * k == n ? 1 : 2;
      CHECK(nop::half_axis_weight<double>(coefficient, k, n) *
                nop::half_axis_weight<double>(multiplicity, k, n) * static_cast<double>(n) ==
            doctest::Approx(partners));
      CHECK(nop::half_axis_weight<double>(multiplicity, k, n) == (k == 0 ? 1 : 2));
    }
  CHECK(nop::full_axis_weight<double>(coefficient, 8) == 0.125);
  CHECK(nop::full_axis_weight<double>(multiplicity, 8) == 1);
}

}  // namespace nop::test::band_test
