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

/// What is added to one row of W u. What is absent is read as well: as the same zeros everywhere.
template <real Real>
struct LinkRow {
  LinkRow(const Mixing<Real>& link, std::size_t channel, const FieldPart<const Real>& residual,
          const ChannelTile<Real>& x)
      : bias(link.bias != nullptr ? link.bias[channel] : Real(0)),
        gate(link.gate != nullptr ? link.gate[channel] : Real(0)),
        r(link.residual != nullptr ? residual.row(channel) : nothing()),
        input(link.gate != nullptr ? x.values(channel) : nothing()) {}

  /// A register of a row from element i on.
  static Batch<Real> load(const Row<const Real>& row, std::size_t i) {
    return Batch<Real>::load_unaligned(row.data + row.step * i);
  }
  static Row<const Real> nothing() {
    static constexpr auto zeros = repeated_value(Real(0));
    return {zeros.data(), 0};
  }

  Batch<Real> bias, gate;
  Row<const Real> r, input;
};

/// sigma(v + b + r + g x) and its slope for v = W u, handed to `write(channel, first point, number
/// of points, value and slope)` register by register. All rows in one loop: an activation has more
/// constants than a row has registers.
template <class Function, real Real, class Write>
void finish_rows(const Mixing<Real>& link, const ChannelTile<Real>& v,
                 const FieldPart<const Real>& residual, const ChannelTile<Real>& x,
                 const Write& write) {
  constexpr std::size_t width = lanes<Real>;
  std::array<Real, width> rest{};  // of a residual, which must not be read beyond its end
  for (std::size_t c = 0; c < link.channels; ++c) {
    const LinkRow<Real> row(link, c, residual, x);
    for (std::size_t i = 0; i < v.points; i += width) {
      const std::size_t count = std::min(width, v.points - i);
      const Real* r           = row.r.data + row.r.step * i;
      if (count < width && row.r.step != 0) r = std::copy_n(r, count, rest.data()) - count;
      write(c, i, count,
            Function::at(row.load(v.values(c), i) + row.bias + Batch<Real>::load_unaligned(r) +
                         row.load(row.input, i) * row.gate));
    }
  }
}

/// out = sigma(v + b + r + g x)
template <real Real>
void finish_link(const Mixing<Real>& link, const ChannelTile<Real>& v,
                 const FieldPart<const Real>& residual, const ChannelTile<Real>& x,
                 const FieldPart<Real>& out) {
  with_function(link.activation, [&]<class Function>(Function) {
    finish_rows<Function>(link, v, residual, x,
                          [&](std::size_t c, std::size_t i, std::size_t count, const auto& at) {
                            store(at.value, out.row(c), i, count);
                          });
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
        const auto result   = tiling.part(is_last ? y : nullptr, link.channels, tile);
        detail::multiply_tile(detail::weight_of(link, u.channels), u, v, [&](std::size_t column) {
          residual.prefetch(link.channels, column);
          result.prefetch(link.channels, column);
          if (u.data == input.data) next.prefetch(box[1], column);
        });
        detail::finish_link(link, v, residual, input,
                            is_last ? result : detail::FieldPart<Real>{v.data, v.pitch});
        u = v;
      }
    }
  });
}

}  // namespace nop::cpu
