// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/link_gradients.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::link_gradients_test {
namespace {

using nop::cpu::detail::ChannelTile;
using nop::cpu::detail::FieldPart;
using nop::cpu::detail::LinkGradients;

constexpr std::size_t channels = 3, pitch = 96, field_pitch = 59;

/// What is made of da, where there were sums and a past already.
template <class Real>
struct Taken {
  std::vector<Real> da = std::vector<Real>(channels * pitch);
  std::vector<Real> dr = std::vector<Real>(channels * field_pitch, Real(-1));
  std::vector<Real> past, db, dg;

  Taken(std::size_t points, const std::vector<Real>& values, const std::vector<Real>& x,
        const std::vector<Real>& gate, const std::vector<Real>& before, bool begins)
      : past(before), db{1, 2, 3}, dg{4, 5, 6} {
    auto in = x;
    const LinkGradients<Real> gradients{.gate        = gate.data(),
                                        .x           = {in.data(), channels, points, pitch},
                                        .da          = {da.data(), channels, points, pitch},
                                        .dr          = {dr.data(), field_pitch},
                                        .past        = {past.data(), channels, points, pitch},
                                        .begins_past = begins,
                                        .db          = db.data(),
                                        .dg          = dg.data()};
    // Behind the points there is nothing that may be summed.
    auto padded = std::vector<Real>(channels * pitch, std::numeric_limits<Real>::quiet_NaN());
    for (std::size_t c = 0; c < channels; ++c)
      for (std::size_t p = 0; p < points; ++p) padded[c * pitch + p] = values[c * pitch + p];
    gradients.take([&](std::size_t c, std::size_t i, std::size_t) {
      return nop::cpu::Batch<Real>::load_unaligned(padded.data() + c * pitch + i);
    });
  }
};

}  // namespace

TEST_CASE_TEMPLATE("what da of a link enters, for points of any number", Real, float, double) {
  const auto values = nop::test::random_values<Real>(channels * pitch, 1);
  const auto x      = nop::test::random_values<Real>(channels * pitch, 2);
  const auto before = nop::test::random_values<Real>(channels * pitch, 3);
  const std::vector<Real> gate{Real(0.5), Real(-2), Real(3)};
  for (const std::size_t points : {1U, 7U, 16U, 33U, 59U})
    for (const bool begins : {false, true}) {
      CAPTURE(points);
      const Taken<Real> taken(points, values, x, gate, before, begins);
      for (std::size_t c = 0; c < channels; ++c) {
        double bias = static_cast<double>(c) + 1, gated = static_cast<double>(c) + 4;
        for (std::size_t p = 0; p < points; ++p) {
          const Real da = values[c * pitch + p];
          CHECK(taken.da[c * pitch + p] == da);
          CHECK(taken.dr[c * field_pitch + p] == da);
          const double past = begins ? 0 : before[c * pitch + p];
          CHECK(taken.past[c * pitch + p] ==
                doctest::Approx(past + static_cast<double>(gate[c]) * da).epsilon(1e-5));
          bias += da;
          gated += static_cast<double>(da) * x[c * pitch + p];
        }
        if (points < field_pitch) CHECK(taken.dr[c * field_pitch + points] == Real(-1));
        CHECK(taken.db[c] == doctest::Approx(bias).epsilon(1e-5));
        CHECK(taken.dg[c] == doctest::Approx(gated).epsilon(1e-5));
      }
    }
}

TEST_CASE("what is not wanted is not touched") {
  constexpr std::size_t points = 20;
  std::vector<double> da(channels * pitch), db(channels);
  const LinkGradients<double> gradients{.gate        = nullptr,
                                        .x           = {},
                                        .da          = {da.data(), channels, points, pitch},
                                        .dr          = {},
                                        .past        = {},
                                        .begins_past = true,
                                        .db          = db.data(),
                                        .dg          = nullptr};
  gradients.take(
      [](std::size_t, std::size_t, std::size_t) { return nop::cpu::Batch<double>(0.5); });
  CHECK(db == std::vector<double>(channels, points / 2.0));
}

}  // namespace nop::test::link_gradients_test
