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
#include <array>
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
        is_gated_(dx != nullptr && has_gate(links)),
        rows_(box[1] + 2 * (channels_of(links) - links.back().channels) +
              (is_gated_ ? box[1] : 0) + 2 * widest_ + OuterSum<Real>::panel),
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
    const std::size_t last = links_.size() - 1;
    const auto dx          = tiling_.part(dx_, channels_, tile);
    HostVector<ChannelTile<Real>> u, slope;
    u.reserve(links_.size());
    slope.reserve(last);
    u.push_back(room.tile(channels_));
    read_tile(tiling_.part(x_, channels_, tile), u[0]);
    for (std::size_t l = 0; l < last; ++l) {
      u.push_back(room.tile(links_[l].channels));
      slope.push_back(room.tile(links_[l].channels));
      multiply(tile, l, u[l], u[l + 1]);
      with_sums(tile, l, u[l + 1], u[0], [&]<class Function>(Function, std::size_t c, auto row) {
        Real *const value = u[l + 1].row(c).data, *const derivative = slope[l].row(c).data;
        row.for_each(u[0].points, [=](std::size_t i, std::size_t, const Batch<Real>& sum)
                                      __attribute__((always_inline)) {
                                        const auto at = Function::at(sum);
                                        at.value.store_unaligned(value + i);
                                        at.slope.store_unaligned(derivative + i);
                                      });
      });
    }
    ChannelTile<Real> past{};  // what dx gets by way of the gates
    if (is_gated_) {
      past = room.tile(channels_);
      std::fill_n(past.data, past.channels * past.pitch, Real(0));
    }
    auto da = room.tile(widest_), before = room.tile(widest_);
    Real* const transposed = room.tile(OuterSum<Real>::panel).data;

    const auto gradients = [&](std::size_t l) {
      da.channels = links_[l].channels;
      return LinkGradients<Real>(links_[l], u[0], da, residual_gradient(tile, l), past,
                                 sums + sums_[l].bias,
                                 gradients_[l].gate != nullptr ? sums + sums_[l].gate : nullptr);
    };
    pull_end(tile, gradients(last), u[last], u[0], da);
    for (std::size_t l = last;; --l) {
      if (gradients_[l].weight != nullptr)
        sums_[l].weight.add(da, u[l], transposed, sums + sums_[l].first);
      if (l == 0 && dx_ == nullptr) return;
      before.channels = u[l].channels;
      multiply_tile(weight_of(links_[l], u[l].channels).transposed(), da, before,
                    [&](std::size_t column) {
                      if (l == 0) return prefetch_between(tile, column);
                      residual_gradient(tile, l - 1).prefetch(before.channels, column);
                    });
      std::swap(da, before);
      if (l == 0) break;
      gradients(l - 1).take_all([&](std::size_t c, std::size_t i, std::size_t) {
        return SumRow<Real>::load(da.values(c), i) * SumRow<Real>::load(slope[l - 1].values(c), i);
      });
    }
    for (std::size_t c = 0; c < channels_; ++c)
      if (is_gated_)
        map_row(Plus{}, da.points, dx.row(c), da.values(c), past.values(c));
      else
        std::copy_n(da.row(c).data, da.points, dx.row(c).data);
  }

  /// da of the last link. Its u and slope are looked at once, so that they have no place.
  void pull_end(std::size_t tile, const LinkGradients<Real>& gradients, const ChannelTile<Real>& u,
                const ChannelTile<Real>& x, const ChannelTile<Real>& da) const {
    const std::size_t last = links_.size() - 1;
    const auto dy          = tiling_.part(dy_, da.channels, tile);
    if (links_[last].activation == Activation::identity)
      return gradients.take_all([&](std::size_t c, std::size_t i, std::size_t count) {
        return dy.load(c, i, count);
      });
    multiply(tile, last, u, da);
    with_sums(tile, last, da, x, [&]<class Function>(Function, std::size_t c, auto row) {
      gradients.take_row(c, [&](const auto& take) {
        row.for_each(da.points, [&](std::size_t i, std::size_t count, const Batch<Real>& sum)
                                    __attribute__((always_inline)) {
                                      take(i, count, dy.load(c, i, count) * Function::at(sum).slope);
                                    });
      });
    });
  }

  /// v = W u of a link once more, unless the sum it enters was kept. Meanwhile what will be read
  /// next is asked for.
  void multiply(std::size_t tile, std::size_t l, const ChannelTile<Real>& u,
                const ChannelTile<Real>& v) const {
    if (links_[l].sum != nullptr) return;
    const auto r  = residual(tile, l);
    const auto dy = tiling_.part(dy_, links_.back().channels, tile);
    multiply_tile(weight_of(links_[l], u.channels), u, v, [&](std::size_t column) {
      r.prefetch(v.channels, column);
      if (l + 2 >= links_.size()) dy.prefetch(links_.back().channels, column);
    });
  }

  /// `use(activation, c, row of sums)` for each channel of a link, of which v = W u.
  template <class Use>
  void with_sums(std::size_t tile, std::size_t l, const ChannelTile<Real>& v,
                 const ChannelTile<Real>& x, const Use& use) const {
    const auto r    = residual(tile, l);
    const auto kept = tiling_.part(links_[l].sum, v.channels, tile);
    with_function(links_[l].activation, [&](auto function) {
      for (std::size_t c = 0; c < v.channels; ++c)
        use(function, c,
            kept.data != nullptr ? SumRow<Real>({kept.row(c).data, 1})
                                 : SumRow<Real>(links_[l], c, v.values(c), r, x));
    });
  }

  /// Asks for what is written after the last product of a tile, and read for the next one.
  void prefetch_between(std::size_t tile, std::size_t column) const {
    tiling_.part(dx_, channels_, tile).prefetch(channels_, column);
    if (tile + 1 == tiling_.count()) return;
    tiling_.part(x_, channels_, tile + 1).prefetch(channels_, column);
    tiling_.part(static_cast<const Real*>(links_[0].sum), links_[0].channels, tile + 1)
        .prefetch(links_[0].channels, column);
  }

  [[nodiscard]] FieldPart<const Real> residual(std::size_t tile, std::size_t l) const {
    return tiling_.part(links_[l].residual, links_[l].channels, tile);
  }
  [[nodiscard]] FieldPart<Real> residual_gradient(std::size_t tile, std::size_t l) const {
    return tiling_.part(gradients_[l].residual, links_[l].channels, tile);
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
