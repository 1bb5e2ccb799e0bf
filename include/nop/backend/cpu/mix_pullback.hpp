// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/block_sums.hpp>
#include <nop/backend/cpu/channel_tile.hpp>
#include <nop/backend/cpu/map.hpp>
#include <nop/backend/cpu/mix.hpp>
#include <nop/backend/cpu/outer_sum.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/mixing.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace nop::cpu {

namespace detail {

/// u = sigma(a) and slope = sigma'(a) for a = v + b + r + g x, where v = W u is at first in u.
template <real Real>
void finish_link_with_slope(const Mixing<Real>& link, const FieldPart<const Real>& residual,
                            const ChannelTile<Real>& x, const ChannelTile<Real>& u,
                            const ChannelTile<Real>& slope) {
  with_function(link.activation, [&]<class Function>(Function) {
    finish_rows<Function>(link, u, residual, x,
                          [&](std::size_t c, std::size_t i, std::size_t, const auto& at) {
                            at.value.store_unaligned(u.row(c).data + i);
                            at.slope.store_unaligned(slope.row(c).data + i);
                          });
  });
}

/// da = du slope along one row, with zeros behind its end, and its sum.
template <real Real>
Real scale_row(std::size_t count, const Row<const Real>& du, const Row<const Real>& slope,
               const Row<Real>& da) {
  Batch<Real> sums(Real(0));
  std::size_t i = 0;
  for (; i + lanes<Real> <= count; i += lanes<Real>) {
    const auto product = LinkRow<Real>::load(du, i) * LinkRow<Real>::load(slope, i);
    product.store_unaligned(da.data + i);
    sums += product;
  }
  Real rest = 0;
  std::fill(da.data + count, da.data + whole_tiles<Real>(count), Real(0));
  for (; i < count; ++i) rest += da.data[i] = du.data[i] * slope.data[slope.step * i];
  return xsimd::hadd(sums) + rest;
}

/// Where the sums over all points that belong to one link stand among those of the whole chain.
template <real Real>
struct LinkSums {
  OuterSum<Real> weight;
  std::size_t first, bias, gate, end;

  LinkSums(std::size_t channels, std::size_t channels_before, std::size_t begin)
      : weight(channels, channels_before),
        first(begin),
        bias(begin + weight.size()),
        gate(bias + channels),
        end(gate + channels) {}
};

/// The pullback of a chain:
///
///     a_l = W_l u_{l-1} + b_l + r_l + g_l x,   u_l = sigma_l(a_l),   u_0 = x,   y = u_L
///
/// with dy = dL/dy and so on, from the last link to the first
///
///     da_l = du_l sigma_l'(a_l),                         dr_l = da_l
///     dW_l = sum_p da_l u_{l-1}^T,   db_l = sum_p da_l,  dg_l = sum_p da_l x
///     du_{l-1} = W_l^T da_l,                             dx = du_0 + sum_l g_l da_l.
///
/// The u_l were not kept: to compute them again for a tile of points costs less than to read them.
template <real Real>
class MixPullback {
 public:
  MixPullback(const Shape<3>& box, const Real* x, std::span<const Mixing<Real>> links,
              const Real* dy, Real* dx, std::span<const MixingGradient<Real>> gradients)
      : x_(x),
        links_(links),
        dy_(dy),
        dx_(dx),
        gradients_(gradients),
        channels_(box[1]),
        widest_(widest_of(box[1], links)),
        rows_(2 * box[1] + 2 * channels_of(links) + 2 * widest_ + whole_tiles<Real>(widest_)),
        is_gated_(dx != nullptr && has_gate(links)),
        tiling_(box, rows_) {
    std::size_t channels = box[1], begin = 0;
    for (const auto& link : links) {
      sums_.emplace_back(link.channels, channels, begin);
      begin    = sums_.back().end;
      channels = link.channels;
    }
  }

  void run() const {
    sum_in_blocks<Real>(
        tiling_.count(), sums_.back().end,
        [this](std::size_t first, std::size_t last, Real* sums) {
          TileRoom<Real> room(tiling_, rows_);
          for (std::size_t tile = first; tile < last; ++tile) pull(tile, room, sums);
        },
        [this](const Real* sums) { hand_out(sums); });
  }

 private:
  static std::size_t widest_of(std::size_t channels, std::span<const Mixing<Real>> links) {
    for (const auto& link : links) channels = std::max(channels, link.channels);
    return channels;
  }
  static bool has_gate(std::span<const Mixing<Real>> links) {
    return std::any_of(links.begin(), links.end(), [](const auto& l) { return l.gate != nullptr; });
  }

  void pull(std::size_t tile, TileRoom<Real>& room, Real* sums) const {
    room.move_to(tile);
    const std::size_t count = links_.size(), last = links_.back().channels;
    const auto dy = tiling_.part(dy_, last, tile);
    std::vector<ChannelTile<Real>> u, slope;
    u.reserve(count + 1);
    slope.reserve(count);
    u.push_back(room.tile(channels_));
    read_tile(tiling_.part(x_, channels_, tile), u[0]);
    for (std::size_t l = 0; l < count; ++l) {
      const auto& link = links_[l];
      u.push_back(room.tile(link.channels));
      slope.push_back(room.tile(link.channels));
      if (is_linear_end(l)) continue;  // nothing to be computed again
      const auto residual = tiling_.part(link.residual, link.channels, tile);
      multiply_tile(weight_of(link, u[l].channels), u[l], u[l + 1], [&](std::size_t column) {
        residual.prefetch(link.channels, column);
        if (l == 0) dy.prefetch(last, column);
      });
      finish_link_with_slope(link, residual, u[0], u[l + 1], slope[l]);
    }
    const auto past = room.tile(channels_);  // what dx gets by way of the gates
    if (is_gated_) std::fill_n(past.data, past.channels * past.pitch, Real(0));
    auto da = room.tile(widest_), before = room.tile(widest_);
    Real* const transposed = room.tile(whole_tiles<Real>(widest_)).data;

    da.channels   = last;
    const auto dx = tiling_.part(dx_, channels_, tile);
    for (std::size_t l = count; l-- > 0;) {
      for (std::size_t c = 0; c < da.channels; ++c)
        sums[sums_[l].bias + c] += scale_row(
            da.points, l + 1 == count ? dy.row(c) : da.values(c),
            is_linear_end(l) ? Row<const Real>{one.data(), 0} : slope[l].values(c), da.row(c));
      gather(tile, l, da, u, past, transposed, sums);
      if (l == 0 && dx_ == nullptr) return;
      before.channels = u[l].channels;
      multiply_tile(weight_of(links_[l], u[l].channels).transposed(), da, before,
                    [&](std::size_t column) {
                      if (l == 0) dx.prefetch(channels_, column);
                    });
      std::swap(da, before);
    }
    for (std::size_t c = 0; c < channels_; ++c)
      if (is_gated_)
        map_row(Plus{}, da.points, dx.row(c), da.values(c), past.values(c));
      else
        std::copy_n(da.row(c).data, da.points, dx.row(c).data);
  }

  /// The gradients by one link's operands but for its bias.
  void gather(std::size_t tile, std::size_t l, const ChannelTile<Real>& da,
              const std::vector<ChannelTile<Real>>& u, const ChannelTile<Real>& past,
              Real* transposed, Real* sums) const {
    const auto& want    = gradients_[l];
    const auto& at      = sums_[l];
    const auto residual = tiling_.part(want.residual, da.channels, tile);
    const std::size_t n = da.points;
    for (std::size_t c = 0; c < da.channels; ++c) {
      if (want.residual != nullptr) std::copy_n(da.row(c).data, n, residual.row(c).data);
      if (want.gate != nullptr)
        sums[at.gate + c] += sum_row<Real>(Times{}, n, da.values(c), u[0].values(c));
      if (links_[l].gate != nullptr && is_gated_)
        map_row(PlusTimes{}, n, past.row(c), past.values(c), da.values(c),
                Row<const Real>{links_[l].gate + c, 0});
    }
    if (want.weight != nullptr) at.weight.add(da, u[l], transposed, sums + at.first);
  }

  [[nodiscard]] bool is_linear_end(std::size_t l) const {
    return l + 1 == links_.size() && links_[l].activation == Activation::identity;
  }

  void hand_out(const Real* sums) const {
    std::size_t channels = channels_;
    for (std::size_t l = 0; l < links_.size(); ++l) {
      const auto& want = gradients_[l];
      const auto& at   = sums_[l];
      for (std::size_t o = 0; o < links_[l].channels; ++o) {
        if (want.bias != nullptr) want.bias[o] = sums[at.bias + o];
        if (want.gate != nullptr) want.gate[o] = sums[at.gate + o];
        if (want.weight != nullptr)
          for (std::size_t i = 0; i < channels; ++i)
            want.weight[o * channels + i] = at.weight.at(sums + at.first, o, i);
      }
      channels = links_[l].channels;
    }
  }

  static constexpr auto one = repeated_value(Real(1));

  const Real* x_;
  std::span<const Mixing<Real>> links_;
  const Real* dy_;
  Real* dx_;
  std::span<const MixingGradient<Real>> gradients_;
  std::size_t channels_, widest_;
  std::size_t rows_;  ///< in tiles of x, past, every u and slope, da twice, and for transposing
  bool is_gated_;
  Tiling<Real> tiling_;
  std::vector<LinkSums<Real>> sums_;
};

}  // namespace detail

/// The gradients by x, where dx is not null, and by those operands of the links that have a place
/// in `gradients`, of a loss whose gradient by the result of `mix` is dy.
template <real Real>
void pull_mix(const Shape<3>& box, const Real* x, std::span<const Mixing<Real>> links,
              const Real* dy, Real* dx, std::span<const MixingGradient<Real>> gradients) {
  detail::MixPullback<Real>(box, x, links, dy, dx, gradients).run();
}

}  // namespace nop::cpu
