// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/channel_tile.hpp>
#include <nop/backend/cpu/tile.hpp>
#include <nop/backend/cpu/transpose.hpp>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace nop::cpu::detail {

/// The sum over points of outer products, G_oi = sum_p g_op u_ip, as in the gradient of a weight.
///
/// Both factors lie along the sum, but registers have to lie along the result: one factor is
/// transposed first, a tile of registers at a time, so that it is used out of the first cache. It
/// is that for which less of the registers sticks out of the result, or else the smaller one. Then
/// either G = g u^T or G^T = u g^T is a product like any other.
template <real Real>
class OuterSum {
 public:
  OuterSum(std::size_t g_channels, std::size_t u_channels)
      : rows_(g_channels), columns_(u_channels) {
    const std::size_t plain   = rows_ * whole_tiles<Real>(columns_);
    const std::size_t swapped = columns_ * whole_tiles<Real>(rows_);
    swapped_                  = swapped < plain || (swapped == plain && rows_ < columns_);
    if (swapped_) std::swap(rows_, columns_);
  }

  /// Rows that are transposed at a time.
  static constexpr std::size_t panel = MixTile<Real>::width;

  /// How many numbers a sum in the making takes, and the room to transpose a tile of points in.
  [[nodiscard]] std::size_t size() const { return rows_ * whole_tiles<Real>(columns_); }
  [[nodiscard]] static std::size_t room(std::size_t points) { return points * panel; }

  /// sum += g u^T. What else is in the room is computed along and never looked at.
  void add(const ChannelTile<Real>& g, const ChannelTile<Real>& u, Real* room, Real* sum) const {
    const auto& left           = swapped_ ? u : g;
    const auto& right          = swapped_ ? g : u;
    const std::size_t row_step = whole_tiles<Real>(columns_);
    for (std::size_t column = 0; column < columns_; column += panel) {
      transpose(std::min(panel, columns_ - column), left.points, right.row(column).data,
                right.pitch, room, panel);
      multiply_panel(rows_, left.points, panel, Strided<Real>{left.data, left.pitch, 1}, room,
                     panel, sum + column, row_step, true, [](std::size_t) {});
    }
  }

  /// G_oi of a sum.
  [[nodiscard]] Real at(const Real* sum, std::size_t o, std::size_t i) const {
    return swapped_ ? sum[i * whole_tiles<Real>(columns_) + o]
                    : sum[o * whole_tiles<Real>(columns_) + i];
  }

 private:
  std::size_t rows_, columns_;
  bool swapped_ = false;
};

}  // namespace nop::cpu::detail
