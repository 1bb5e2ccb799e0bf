// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/block_sums.hpp>
#include <nop/backend/cpu/channel_tile.hpp>
#include <nop/backend/cpu/link_gradients.hpp>
#include <nop/backend/cpu/map.hpp>
#include <nop/backend/cpu/mix.hpp>
#include <nop/backend/cpu/outer_sum.hpp>
#include <nop/core/activation.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/host_memory.hpp>
#include <nop/core/mixing.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

namespace nop::cpu {

namespace detail {

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
/// The u_l were not kept: to compute them again for a tile of points costs less than to read them,
/// unless the sum a_l could be kept where a residual was.
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
        is_gated_(dx != nullptr && std::any_of(links.begin(), links.end(), is_gated)),
        rows_(box[1] + 2 * (channels_of(links) - links.back().channels) + (is_gated_ ? box[1] : 0) +
              2 * widest_ + OuterSum<Real>::panel),
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
  static bool is_gated(const Mixing<Real>& link) { return link.gate != nullptr; }

  /// What there is of one tile.
  struct Work {
    std::size_t tile;
    HostVector<ChannelTile<Real>> u, slope;  ///< u_0 = x, and of the links but the last
    ChannelTile<Real> past;                  ///< what dx gets by way of the gates
    Real* sums;
  };

  void pull(std::size_t tile, TileRoom<Real>& room, Real* sums) const {
    room.move_to(tile);
    const std::size_t last = links_.size() - 1;
    Work work{tile, {}, {}, {}, sums};
    auto& u = work.u;
    u.reserve(links_.size());
    work.slope.reserve(last);
    u.push_back(room.tile(channels_));
    read_tile(tiling_.part(x_, channels_, tile), u[0]);
    for (std::size_t l = 0; l < last; ++l) {
      u.push_back(room.tile(links_[l].channels));
      work.slope.push_back(room.tile(links_[l].channels));
      make_sums(work, l, u[l + 1], [&]<class Function>(Function, std::size_t c, const auto& row) {
        Real *const value = u[l + 1].row(c).data, *const slope = work.slope[l].row(c).data;
        row.for_each(u[0].points, [=](std::size_t i, std::size_t, const Batch<Real>& sum)
                                      __attribute__((always_inline)) {
                                        const auto at = Function::at(sum);
                                        at.value.store_unaligned(value + i);
                                        at.slope.store_unaligned(slope + i);
                                      });
      });
    }
    if (is_gated_) work.past = room.tile(channels_);
    auto da = room.tile(widest_), du = room.tile(widest_);
    Real* const transposed = room.tile(OuterSum<Real>::panel).data;

    da.channels = links_[last].channels;
    begin(work, da);
    for (std::size_t l = last;; --l) {
      if (gradients_[l].weight != nullptr)
        sums_[l].weight.add(da, u[l], transposed, sums + sums_[l].first);
      if (l == 0) break;
      du.channels          = u[l].channels;
      const auto gradients = gradients_of(work, l - 1, du);
      multiply_tile(weight_of(links_[l], u[l].channels).transposed(), da, du,
                    [&](std::size_t column) { gradients.dr.prefetch(du.channels, column); });
      gradients.take([&](std::size_t c, std::size_t i, std::size_t) {
        return SumRow<Real>::load(du.values(c), i) *
               SumRow<Real>::load(work.slope[l - 1].values(c), i);
      });
      std::swap(da, du);
    }
    if (dx_ != nullptr) finish(work, da, du);
  }

  /// da of the last link. Its u and slope are looked at once, so that they have no place.
  void begin(const Work& work, const ChannelTile<Real>& da) const {
    const std::size_t last = links_.size() - 1;
    const auto dy          = tiling_.part(dy_, da.channels, work.tile);
    const auto gradients   = gradients_of(work, last, da);
    if (links_[last].activation == Activation::identity)
      return gradients.take(
          [&](std::size_t c, std::size_t i, std::size_t count) { return dy.load(c, i, count); });
    make_sums(work, last, da, [&]<class Function>(Function, std::size_t c, const auto& row) {
      gradients.take_row(c, [&](const auto& take) {
        row.for_each(da.points, [&](std::size_t i, std::size_t count,
                                    const Batch<Real>& sum) __attribute__((always_inline)) {
          take(i, count, dy.load(c, i, count) * Function::at(sum).slope);
        });
      });
    });
  }

  /// dx = W^T da + past, where da is that of the first link.
  void finish(const Work& work, const ChannelTile<Real>& da, ChannelTile<Real> du) const {
    const auto dx = tiling_.part(dx_, channels_, work.tile);
    du.channels   = channels_;
    multiply_tile(weight_of(links_[0], channels_).transposed(), da, du,
                  [&](std::size_t column) { prefetch_between(work.tile, column); });
    for (std::size_t c = 0; c < channels_; ++c)
      if (is_gated_)
        map_row(Plus{}, du.points, dx.row(c), du.values(c), work.past.values(c));
      else
        std::copy_n(du.row(c).data, du.points, dx.row(c).data);
  }

  /// The sums a of a link, made again if they were not kept, handed to `use(activation, c, row)`
  /// row by row. `v` has room for W u. Meanwhile what will be read next is asked for.
  template <class Use>
  void make_sums(const Work& work, std::size_t l, const ChannelTile<Real>& v,
                 const Use& use) const {
    const auto& link = links_[l];
    const auto r     = tiling_.part(link.residual, v.channels, work.tile);
    const auto kept  = tiling_.part(link.sum, v.channels, work.tile);
    const auto dy    = tiling_.part(dy_, links_.back().channels, work.tile);
    if (kept.data == nullptr)
      multiply_tile(weight_of(link, work.u[l].channels), work.u[l], v, [&](std::size_t column) {
        r.prefetch(v.channels, column);
        if (l + 2 >= links_.size()) dy.prefetch(links_.back().channels, column);
      });
    with_function(link.activation, [&](auto function) {
      for (std::size_t c = 0; c < v.channels; ++c)
        use(function, c,
            kept.data != nullptr ? SumRow<Real>({kept.row(c).data, 1})
                                 : SumRow<Real>(link, c, v.values(c), r, work.u[0]));
    });
  }

  [[nodiscard]] LinkGradients<Real> gradients_of(const Work& work, std::size_t l,
                                                 const ChannelTile<Real>& da) const {
    const auto& want = gradients_[l];
    const auto later = links_.subspan(l + 1);
    return {.gate        = is_gated_ ? links_[l].gate : nullptr,
            .x           = work.u[0],
            .da          = da,
            .dr          = tiling_.part(want.residual, da.channels, work.tile),
            .past        = work.past,
            .begins_past = std::none_of(later.begin(), later.end(), is_gated),
            .db          = work.sums + sums_[l].bias,
            .dg          = want.gate != nullptr ? work.sums + sums_[l].gate : nullptr};
  }

  /// Asks for what is written after the last product of a tile, and read for the next one.
  void prefetch_between(std::size_t tile, std::size_t column) const {
    tiling_.part(dx_, channels_, tile).prefetch(channels_, column);
    if (tile + 1 == tiling_.count()) return;
    tiling_.part(x_, channels_, tile + 1).prefetch(channels_, column);
    tiling_.part(static_cast<const Real*>(links_[0].sum), links_[0].channels, tile + 1)
        .prefetch(links_[0].channels, column);
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

  const Real* x_;
  std::span<const Mixing<Real>> links_;
  const Real* dy_;
  Real* dx_;
  std::span<const MixingGradient<Real>> gradients_;
  std::size_t channels_, widest_;
  bool is_gated_;
  std::size_t rows_;  ///< in tiles of x, inner u and slopes, past, da twice, and for transposing
  Tiling<Real> tiling_;
  HostVector<LinkSums<Real>> sums_;
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
