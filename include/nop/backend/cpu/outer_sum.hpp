// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/channel_tile.hpp>
#include <nop/backend/cpu/tile.hpp>
#include <nop/backend/cpu/transpose.hpp>
#include <nop/core/scalar.hpp>

#include <cstddef>
#include <utility>

namespace nop::cpu::detail {

/// The sum over points of outer products, G_oi = sum_p g_op u_ip, as in the gradient of a weight.
///
/// Both factors lie along the sum, but registers have to lie along the result: one factor is
/// transposed first, that for which less of the registers sticks out of the result. Then either
/// G = g u^T or G^T = u g^T is a product like any other.
template <real Real>
class OuterSum {
 public:
  OuterSum(std::size_t g_channels, std::size_t u_channels)
      : rows_(g_channels), columns_(u_channels) {
    if (columns_ * whole_tiles<Real>(rows_) < rows_ * whole_tiles<Real>(columns_)) {
      std::swap(rows_, columns_);
      swapped_ = true;
    }
  }

  /// How many numbers a sum in the making takes, and the room to transpose a tile of points in.
  [[nodiscard]] std::size_t size() const { return rows_ * whole_tiles<Real>(columns_); }
  [[nodiscard]] std::size_t room(std::size_t points) const {
    return points * whole_tiles<Real>(columns_);
  }

  /// sum += g u^T. What else is in the room is computed along and never looked at.
  void add(const ChannelTile<Real>& g, const ChannelTile<Real>& u, Real* room, Real* sum) const {
    const auto& left           = swapped_ ? u : g;
    const auto& right          = swapped_ ? g : u;
    const std::size_t row_step = whole_tiles<Real>(columns_);
    transpose(columns_, left.points, right.data, right.pitch, room, row_step);
    multiply_panel(rows_, left.points, row_step, Strided<Real>{left.data, left.pitch, 1}, room,
                   row_step, sum, row_step, true, [](std::size_t) {});
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
