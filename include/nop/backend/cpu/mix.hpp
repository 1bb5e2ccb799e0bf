// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/channel_tile.hpp>
#include <nop/backend/cpu/map.hpp>
#include <nop/backend/cpu/parallel.hpp>
#include <nop/backend/cpu/simd.hpp>
#include <nop/core/activation.hpp>
#include <nop/core/mixing.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace nop::cpu {

namespace detail {

/// A register's worth of one value, to be read again and again as a row of step 0.
template <real Real>
constexpr std::array<Real, lanes<Real>> repeated_value(Real value) {
  std::array<Real, lanes<Real>> values{};
  values.fill(value);
  return values;
}

/// One row of a = v + b + r + g x. What is absent is read as well: as the same zeros everywhere.
template <real Real>
struct SumRow {
  SumRow(const Mixing<Real>& link, std::size_t channel, const Row<const Real>& product,
         const FieldPart<const Real>& residual, const ChannelTile<Real>& x)
      : v(product),
        r(link.residual != nullptr ? residual.row(channel) : nothing()),
        input(link.gate != nullptr ? x.values(channel) : nothing()),
        bias(link.bias != nullptr ? link.bias[channel] : Real(0)),
        gate(link.gate != nullptr ? link.gate[channel] : Real(0)) {}

  /// A sum that is there already.
  explicit SumRow(const Row<const Real>& sum)
      : v(nothing()), r(sum), input(nothing()), bias(Real(0)), gate(Real(0)) {}

  /// Calls `use(first point, number of points, a)` for each register of a.
  template <class Use>
  [[gnu::always_inline]] void for_each(std::size_t points, const Use& use) const {
    const Row<const Real> product = v, residual = r, x = input;
    const Batch<Real> b = bias, g = gate;
    const auto use_at = [&](std::size_t i, std::size_t count) __attribute__((always_inline)) {
      // Nothing of a field must be read beyond its end.
      use(i, count,
          load(product, i) + b +
              load_first(residual.data + residual.step * i,
                         residual.step == 0 ? lanes<Real> : count) +
              load(x, i) * g);
    };
    std::size_t i = 0;
    for (; i + lanes<Real> <= points; i += lanes<Real>) use_at(i, lanes<Real>);
    if (i < points) use_at(i, points - i);
  }

  /// A register of a row from element i on.
  static Batch<Real> load(const Row<const Real>& row, std::size_t i) {
    return Batch<Real>::load_unaligned(row.data + row.step * i);
  }
  static Row<const Real> nothing() {
    static constexpr auto zeros = repeated_value(Real(0));
    return {zeros.data(), 0};
  }

  Row<const Real> v, r, input;
  Batch<Real> bias, gate;
};

/// out = sigma(a) for a = v + b + r + g x, and `sum` is a where it has a place. All rows in one
/// loop, so that the many constants of an activation stay in registers.
template <real Real>
void finish_link(const Mixing<Real>& link, const ChannelTile<Real>& v,
                 const FieldPart<const Real>& residual, const ChannelTile<Real>& x,
                 const FieldPart<Real>& sum, const FieldPart<Real>& out) {
  with_function(link.activation, [&]<class Function>(Function) {
    for (std::size_t c = 0; c < link.channels; ++c) {
      const auto kept = sum.row(c), result = out.row(c);
      const bool keeps = sum.data != nullptr;
      SumRow<Real>(link, c, v.values(c), residual, x)
          .for_each(v.points, [&](std::size_t i, std::size_t count, const Batch<Real>& a)
                                  __attribute__((always_inline)) {
                                    if (keeps) store(a, kept, i, count);
                                    store(Function::at(a).value, result, i, count);
                                  });
    }
  });
}

/// The matrix of a link whose predecessor has that many channels.
template <real Real>
Strided<Real> weight_of(const Mixing<Real>& link, std::size_t channels) {
  return {link.weight, channels, 1};
}

/// The channels of all links of a chain, and the multiplications it takes at a point.
template <real Real>
std::size_t channels_of(std::span<const Mixing<Real>> links) {
  std::size_t total = 0;
  for (const auto& link : links) total += link.channels;
  return total;
}
template <real Real>
std::size_t products_per_point(std::size_t channels, std::span<const Mixing<Real>> links) {
  std::size_t total = 1;
  for (const auto& link : links) total += channels * link.channels, channels = link.channels;
  return total;
}

}  // namespace detail

/// y = u_L at every point of fields [batch, channels, points], where u_0 = x, of the extents `box`,
/// and u_l = sigma(W u_{l-1} + b + r + g x) for each link. Goes from one tile of points to the
/// next: what lies between x and y stays in the caches.
template <real Real>
void mix(const Shape<3>& box, const Real* x, std::span<const Mixing<Real>> links, Real* y) {
  const std::size_t rows = box[1] + detail::channels_of(links);
  const detail::Tiling<Real> tiling(box, rows);
  const std::size_t work = tiling.longest() * detail::products_per_point(box[1], links);
  parallel_blocks(tiling.count(), 1 + (1U << 18U) / work, [&](std::size_t first, std::size_t last) {
    detail::TileRoom<Real> room(tiling, rows);
    for (std::size_t tile = first; tile < last; ++tile) {
      room.move_to(tile);
      const auto input = room.tile(box[1]);
      detail::read_tile(tiling.part(x, box[1], tile), input);
      // A field is asked for while the product before its use is computed.
      const auto next =
          tiling.part(tile + 1 < last ? x : nullptr, box[1], std::min(tile + 1, last - 1));
      auto u = input;
      for (const auto& link : links) {
        const bool is_last  = &link == &links.back();
        const auto v        = room.tile(link.channels);
        const auto residual = tiling.part(link.residual, link.channels, tile);
        const auto sum      = tiling.part(link.sum, link.channels, tile);
        const auto result   = tiling.part(is_last ? y : nullptr, link.channels, tile);
        detail::multiply_tile(detail::weight_of(link, u.channels), u, v, [&](std::size_t column) {
          residual.prefetch(link.channels, column);
          sum.prefetch(link.channels, column);
          result.prefetch(link.channels, column);
          if (u.data == input.data) next.prefetch(box[1], column);
        });
        detail::finish_link(link, v, residual, input, sum,
                            is_last ? result : detail::FieldPart<Real>{v.data, v.pitch});
        u = v;
      }
    }
  });
}

}  // namespace nop::cpu
