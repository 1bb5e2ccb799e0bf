// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/gemm.hpp>
#include <nop/backend/cpu/map.hpp>
#include <nop/backend/cpu/simd.hpp>
#include <nop/backend/cpu/tile.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/scratch.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

namespace nop::cpu::detail {

/// Two registers wide and as high as fits: each number of a weight that is read serves two of them.
template <real Real>
using MixTile = Tile<Real, 2>;

/// `count` rounded up to whole tiles of registers.
template <real Real>
constexpr std::size_t whole_tiles(std::size_t count) {
  constexpr std::size_t width = MixTile<Real>::width;
  return (count + width - 1) / width * width;
}

/// Some channels at some points of one sample, in memory that stays in the second cache. In a field
/// the rows may lie a power of two apart, and would push each other out of the first cache; here
/// they lie an odd number of registers apart. A row has room for whole tiles of registers; what
/// stands there behind its points is computed along and never looked at.
template <real Real>
struct ChannelTile {
  Real* data;
  std::size_t channels;
  std::size_t points;
  std::size_t pitch;

  [[nodiscard]] Row<Real> row(std::size_t channel) const { return {data + channel * pitch, 1}; }
  [[nodiscard]] Row<const Real> values(std::size_t channel) const {
    return {data + channel * pitch, 1};
  }
};

/// A register of `count` numbers, then zeros.
template <real Real>
Batch<Real> load_first(const Real* data, std::size_t count) {
  if (count == lanes<Real>) return Batch<Real>::load_unaligned(data);
  std::array<Real, lanes<Real>> values{};
  std::copy_n(data, count, values.begin());
  return Batch<Real>::load_unaligned(values.data());
}

/// The same part of a field, where it is.
template <class Element>
struct FieldPart {
  Element* data;
  std::size_t pitch;

  [[nodiscard]] Row<Element> row(std::size_t channel) const { return {data + channel * pitch, 1}; }

  /// `count` numbers of a channel from a point on, then zeros.
  [[nodiscard]] Batch<Element> load(std::size_t channel, std::size_t point,
                                    std::size_t count) const {
    return load_first(data + channel * pitch + point, count);
  }

  /// Asks for a tile of registers from `column` on, of each channel, before it is needed: the rows
  /// are too short and too far apart for the processor to guess what comes next.
  void prefetch(std::size_t channels, std::size_t column) const {
    if (data == nullptr) return;
    constexpr std::size_t line = 64 / sizeof(Element);
    for (std::size_t c = 0; c < channels; ++c)
      for (std::size_t i = 0; i < MixTile<std::remove_const_t<Element>>::width; i += line)
        __builtin_prefetch(data + c * pitch + column + i, std::is_const_v<Element> ? 0 : 1, 2);
  }
};

/// How fields [batch, channels, points] are cut into tiles of points, of which `rows` are in use at
/// a time. Only the sizes decide, so that results do not depend on the threads.
template <real Real>
class Tiling {
 public:
  Tiling(const Shape<3>& box, std::size_t rows) : points_(box[2]) {
    constexpr std::size_t width = MixTile<Real>::width, cache = (1U << 19U) / sizeof(Real);
    const std::size_t fitting =
        std::clamp(cache / std::max<std::size_t>(rows, 1), width, 8 * width);
    // Tiles of about the same length.
    const std::size_t longest = fitting / width * width, tiles = (points_ + longest - 1) / longest;
    each_       = whole_tiles<Real>((points_ + tiles - 1) / std::max<std::size_t>(tiles, 1));
    each_       = std::max(each_, width);
    per_sample_ = (points_ + each_ - 1) / each_;
    count_      = box[0] * per_sample_;
  }

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::size_t pitch() const { return each_ + lanes<Real>; }
  [[nodiscard]] std::size_t longest() const { return each_; }
  [[nodiscard]] std::size_t points_of(std::size_t tile) const {
    return std::min(each_, points_ - begin_of(tile));
  }

  /// What a field of that many channels has there. An absent field has nothing anywhere.
  template <class Element>
  [[nodiscard]] FieldPart<Element> part(Element* field, std::size_t channels,
                                        std::size_t tile) const {
    if (field == nullptr) return {nullptr, 0};
    return {field + tile / per_sample_ * channels * points_ + begin_of(tile), points_};
  }

 private:
  [[nodiscard]] std::size_t begin_of(std::size_t tile) const { return tile % per_sample_ * each_; }

  std::size_t points_, each_, per_sample_, count_;
};

/// Memory for the tiles of one thread, handed out one after the other.
template <real Real>
class TileRoom {
 public:
  TileRoom(const Tiling<Real>& tiling, std::size_t rows)
      : tiling_(tiling), memory_(rows * tiling.pitch()) {}

  /// Takes all tiles back, to go on at another place.
  void move_to(std::size_t tile) {
    points_ = tiling_.points_of(tile);
    used_   = 0;
  }
  [[nodiscard]] ChannelTile<Real> tile(std::size_t channels) {
    Real* const data = memory_.data() + used_;
    used_ += channels * tiling_.pitch();
    return {data, channels, points_, tiling_.pitch()};
  }

 private:
  const Tiling<Real>& tiling_;
  Scratch<Real> memory_;
  std::size_t points_ = 0, used_ = 0;
};

/// Copies a part of a field into a tile, with zeros behind its end.
template <real Real>
void read_tile(const FieldPart<const Real>& from, const ChannelTile<Real>& tile) {
  for (std::size_t c = 0; c < tile.channels; ++c) {
    Real* const row = tile.row(c).data;
    std::copy_n(from.row(c).data, tile.points, row);
    std::fill(row + tile.points, row + tile.pitch, Real(0));
  }
}

/// out (+)= a panel, `columns` of them, a multiple of a tile of registers, in blocks of equal
/// height but for one row. Before it turns to the next columns it calls `prepare(column)`.
template <real Real, class Prepare>
void multiply_panel(std::size_t rows, std::size_t depth, std::size_t columns,
                    const Strided<Real>& a, const Real* panel, std::size_t panel_step, Real* out,
                    std::size_t out_step, bool add, const Prepare& prepare) {
  using T                  = MixTile<Real>;
  const std::size_t blocks = (rows + T::rows - 1) / T::rows;
  for (std::size_t column = 0; column < columns; column += T::width) {
    prepare(column);
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::size_t row = block * rows / blocks, end = (block + 1) * rows / blocks;
      tile_product<T>(end - row, depth, a.from(row, 0), panel + column, panel_step,
                      out + row * out_step + column, out_step, add);
    }
  }
}

/// result = a tile, for a matrix a [channels of the result, channels of the tile].
template <real Real, class Prepare>
void multiply_tile(const Strided<Real>& a, const ChannelTile<Real>& tile,
                   const ChannelTile<Real>& result, const Prepare& prepare) {
  multiply_panel(result.channels, tile.channels, whole_tiles<Real>(tile.points), a, tile.data,
                 tile.pitch, result.data, result.pitch, false, prepare);
}
template <real Real>
void multiply_tile(const Strided<Real>& a, const ChannelTile<Real>& tile,
                   const ChannelTile<Real>& result) {
  multiply_tile(a, tile, result, [](std::size_t) {});
}

}  // namespace nop::cpu::detail
