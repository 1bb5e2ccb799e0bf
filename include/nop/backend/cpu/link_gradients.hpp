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

/// Takes da of a link, register by register along its rows, to all that it enters point by point:
///
///     dr = da,   db = sum_p da,   dg = sum_p da x,   past += g da,
///
/// where `past` is what dx gets by way of the gates, `sums` are those of the link.
template <real Real>
class LinkGradients {
 public:
  LinkGradients(const Mixing<Real>& link, const ChannelTile<Real>& x, const ChannelTile<Real>& da,
                const FieldPart<Real>& dr, const ChannelTile<Real>& past, Real* db, Real* dg)
      : gate_(past.data != nullptr ? link.gate : nullptr),
        x_(x),
        da_(da),
        dr_(dr),
        past_(past),
        db_(db),
        dg_(dg) {}

  /// One row, which `produce(take)` hands over register by register, from the first to the last, by
  /// `take(point, count, da)`; what is in the lanes behind `count` is no matter.
  template <class Produce>
  [[gnu::always_inline]] void take_row(std::size_t c, const Produce& produce) const {
    // Copies, which stay in registers: a member might be what is written.
    Batch<Real> bias(Real(0)), gate(Real(0));
    const Batch<Real> factor(gate_ != nullptr ? gate_[c] : Real(0));
    const bool wants_dr = dr_.data != nullptr, wants_dg = dg_ != nullptr, gated = gate_ != nullptr;
    const auto x  = x_.values(c);
    const auto dr = dr_.row(c), past = past_.row(c), out = da_.row(c);
    produce([&](std::size_t i, std::size_t count, Batch<Real> da) __attribute__((always_inline)) {
      if (count < lanes<Real>) {
        std::array<Real, lanes<Real>> values;
        da.store_unaligned(values.data());
        da = load_first(values.data(), count);
      }
      da.store_unaligned(out.data + i);
      if (wants_dr) store(da, dr, i, count);
      bias += da;
      if (wants_dg) gate = xsimd::fma(da, Batch<Real>::load_unaligned(x.data + i), gate);
      if (gated)
        xsimd::fma(factor, da, Batch<Real>::load_unaligned(past.data + i))
            .store_unaligned(past.data + i);
    });
    db_[c] += xsimd::hadd(bias);
    if (dg_ != nullptr) dg_[c] += xsimd::hadd(gate);
  }

  /// All rows of `value(c, point, count)`.
  template <class Value>
  void take_all(const Value& value) const {
    for (std::size_t c = 0; c < da_.channels; ++c)
      take_row(c, [&](const auto& take) {
        for (std::size_t i = 0, points = da_.points; i < points; i += lanes<Real>) {
          const std::size_t count = std::min(lanes<Real>, points - i);
          take(i, count, value(c, i, count));
        }
      });
  }

 private:
  const Real* gate_;
  ChannelTile<Real> x_, da_;
  FieldPart<Real> dr_;
  ChannelTile<Real> past_;
  Real *db_, *dg_;
};

}  // namespace nop::cpu::detail
