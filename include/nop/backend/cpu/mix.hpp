// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/channel_tile.hpp>
#include <nop/backend/cpu/map.hpp>
#include <nop/backend/cpu/parallel.hpp>
#include <nop/core/activation.hpp>
#include <nop/core/mixing.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <span>

namespace nop::cpu {

namespace detail {

/// What is added to one row of W u; what is absent is a repeated zero.
template <real Real>
struct LinkRow {
  LinkRow(const Mixing<Real>& link, std::size_t channel, const FieldPart<const Real>& residual,
          const ChannelTile<Real>& x)
      : bias(link.bias != nullptr ? link.bias[channel] : zero),
        gate(link.gate != nullptr ? link.gate[channel] : zero),
        r(link.residual != nullptr ? residual.row(channel) : nothing()),
        input(link.gate != nullptr ? x.values(channel) : nothing()) {}

  static constexpr Real zero = 0;
  static Row<const Real> nothing() { return {&zero, 0}; }

  Real bias, gate;
  Row<const Real> r, input;
};

/// sigma(v + b + r + g x)
template <class Function, real Real>
struct FinishLink {
  Real bias, gate;
  constexpr auto operator()(auto v, auto r, auto x) const {
    return Function::at(v + bias + r + x * gate).value;
  }
};

/// out = sigma(v + b + r + g x), for v = W u.
template <real Real, class Out>
void finish_link(const Mixing<Real>& link, const ChannelTile<Real>& v,
                 const FieldPart<const Real>& residual, const ChannelTile<Real>& x,
                 const Out& out) {
  with_function(link.activation, [&]<class Function>(Function) {
    for (std::size_t c = 0; c < link.channels; ++c) {
      const LinkRow<Real> row(link, c, residual, x);
      map_row(FinishLink<Function, Real>{row.bias, row.gate}, v.points, out.row(c), v.values(c),
              row.r, row.input);
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
  std::size_t sum = 0;
  for (const auto& link : links) sum += link.channels;
  return sum;
}
template <real Real>
std::size_t products_per_point(std::size_t channels, std::span<const Mixing<Real>> links) {
  std::size_t sum = 1;
  for (const auto& link : links) sum += channels * link.channels, channels = link.channels;
  return sum;
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
        const auto result   = tiling.part(is_last ? y : nullptr, link.channels, tile);
        detail::multiply_tile(detail::weight_of(link, u.channels), u, v, [&](std::size_t column) {
          residual.prefetch(link.channels, column);
          result.prefetch(link.channels, column);
          if (u.data == input.data) next.prefetch(box[1], column);
        });
        if (is_last)
          detail::finish_link(link, v, residual, input, result);
        else
          detail::finish_link(link, v, residual, input, v);
        u = v;
      }
    }
  });
}

}  // namespace nop::cpu
