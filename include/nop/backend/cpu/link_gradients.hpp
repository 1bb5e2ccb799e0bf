// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/channel_tile.hpp>
#include <nop/backend/cpu/map.hpp>
#include <nop/backend/cpu/simd.hpp>
#include <nop/core/mixing.hpp>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace nop::cpu::detail {

/// What da of a link enters point by point:
///
///     dr = da,   db = sum_p da,   dg = sum_p da x,   past += g da,
///
/// where `past` is what dx gets by way of the gates.
template <real Real>
struct LinkGradients {
  const Real* gate;  ///< null: there is no past
  ChannelTile<Real> x;
  ChannelTile<Real> da;
  FieldPart<Real> dr;
  ChannelTile<Real> past;
  bool begins_past;  ///< nothing is in `past` yet
  Real* db;
  Real* dg;  ///< null: not wanted

  /// A row, which `produce(take)` hands over by `take(point, count, da)`, register by register;
  /// what is in the lanes behind `count` is no matter.
  template <class Produce>
  [[gnu::always_inline]] void take_row(std::size_t c, const Produce& produce) const {
    // Copies, which stay in registers: a member might be what is written.
    const bool has_dr = dr.data != nullptr, has_dg = dg != nullptr, is_gated = gate != nullptr,
               adds  = !begins_past;
    const auto in    = x.values(c);
    const auto to_da = da.row(c), to_dr = dr.row(c), to_past = past.row(c);
    const Batch<Real> factor(is_gated ? gate[c] : Real(0));
    Batch<Real> bias_sum(Real(0)), gate_sum(Real(0));
    produce(
        [&](std::size_t i, std::size_t count, Batch<Real> value) __attribute__((always_inline)) {
          if (count < lanes<Real>) {
            std::array<Real, lanes<Real>> values;
            value.store_unaligned(values.data());
            value = load_first(values.data(), count);
          }
          value.store_unaligned(to_da.data + i);
          if (has_dr) store(value, to_dr, i, count);
          bias_sum += value;
          if (has_dg)
            gate_sum = xsimd::fma(value, Batch<Real>::load_unaligned(in.data + i), gate_sum);
          if (!is_gated) return;
          Real* const sum = to_past.data + i;
          if (adds)
            xsimd::fma(factor, value, Batch<Real>::load_unaligned(sum)).store_unaligned(sum);
          else
            (factor * value).store_unaligned(sum);
        });
    db[c] += xsimd::hadd(bias_sum);
    if (has_dg) dg[c] += xsimd::hadd(gate_sum);
  }

  /// All rows of `value(c, point, count)`.
  template <class Value>
  void take(const Value& value) const {
    for (std::size_t c = 0; c < da.channels; ++c)
      take_row(c, [&](const auto& take) {
        constexpr std::size_t width = lanes<Real>;
        const std::size_t points    = da.points;
        std::size_t i               = 0;
        for (; i + width <= points; i += width) take(i, width, value(c, i, width));
        if (i < points) take(i, points - i, value(c, i, points - i));
      });
  }
};

}  // namespace nop::cpu::detail
