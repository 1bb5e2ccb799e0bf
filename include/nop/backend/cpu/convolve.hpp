// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/channel_tile.hpp>
#include <nop/backend/cpu/parallel.hpp>
#include <nop/backend/cpu/surrounded.hpp>
#include <nop/core/convolution_size.hpp>
#include <nop/core/scratch.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>

namespace nop::cpu {

namespace detail {

/// How a convolution is cut: bands of samples, which are tasks of about a million products, if
/// their memory stays in the second cache. Only the sizes decide, so that results do not depend on
/// the threads.
template <std::size_t Dim, real Real>
class Bands {
 public:
  Bands(const ConvolutionSize<Dim>& size, const Shape<Dim>& left)
      : surrounded_(size.grid, size.kernel, left, lines_for(size)),
        batch_(size.batch),
        group_(1 + (1U << 18U) / (size.points() / surrounded_.bands() * products(size))) {}

  [[nodiscard]] const Surrounded<Dim>& surrounded() const { return surrounded_; }
  [[nodiscard]] std::size_t count() const { return batch_ * surrounded_.bands(); }
  [[nodiscard]] std::size_t sample_of(std::size_t task) const { return task / surrounded_.bands(); }
  [[nodiscard]] std::size_t band_of(std::size_t task) const { return task % surrounded_.bands(); }
  [[nodiscard]] std::size_t group() const { return group_; }

 private:
  /// At one point.
  static std::size_t products(const ConvolutionSize<Dim>& size) {
    return size.taps() * size.in * size.out;
  }
  static std::size_t lines_for(const ConvolutionSize<Dim>& size) {
    constexpr std::size_t work = 1U << 20U, cache = (1U << 18U) / sizeof(Real);
    const std::size_t line = size.points() / size.grid[0];
    const std::size_t most =
        std::min(work / (line * products(size)), cache / (line * std::max(size.in, size.out)));
    const std::size_t bands =
        (size.grid[0] + std::max<std::size_t>(most, 1) - 1) / std::max<std::size_t>(most, 1);
    return (size.grid[0] + bands - 1) / bands;
  }

  Surrounded<Dim> surrounded_;
  std::size_t batch_;
  std::size_t group_;  ///< tasks for a thread at a time
};

/// How the rows of a result are cut into blocks for tiles of registers, of nearly equal height.
template <real Real>
struct RowBlocks {
  std::size_t rows;
  std::size_t count;

  explicit RowBlocks(std::size_t rows_)
      : rows(rows_), count((rows_ + MixTile<Real>::rows - 1) / MixTile<Real>::rows) {}
  [[nodiscard]] std::size_t begin(std::size_t block) const { return block * rows / count; }
  [[nodiscard]] std::size_t height(std::size_t block) const {
    return begin(block + 1) - begin(block);
  }
};

/// out_r(p) = bias_r + sum_t sum_c w_tcr x_c(p + tap_t) for some rows r and some registers of
/// points p, which stay in registers for the whole sum.
template <real Real>
struct TapTile {
  std::span<const std::size_t> taps;
  std::size_t channels;
  std::size_t plane;  ///< between channels of x

  template <std::size_t Rows, std::size_t Vectors>
  void product(const Real* x, const Real* w, const Real* bias, Real* out, std::size_t step) const {
    product(x, w, bias, out, step, std::make_index_sequence<Rows * Vectors>{},
            std::make_index_sequence<Vectors>{});
  }

 private:
  template <std::size_t... Cell, std::size_t... Column>
  void product(const Real* x, const Real* w, const Real* bias, Real* out, std::size_t step,
               std::index_sequence<Cell...>, std::index_sequence<Column...>) const {
    using Vector                  = Batch<Real>;
    constexpr std::size_t vectors = sizeof...(Column), rows = sizeof...(Cell) / vectors;
    std::array<Vector, sizeof...(Cell)> sum = {Vector(bias[Cell / vectors])...};
    for (const std::size_t tap : taps) {
      const Real* in = x + tap;
      for (std::size_t c = 0; c < channels; ++c) {
        const std::array<Vector, vectors> right = {
            Vector::load_unaligned(in + Column * lanes<Real>)...};
        ((sum[Cell] = xsimd::fma(Vector(w[Cell / vectors]), right[Cell % vectors], sum[Cell])),
         ...);
        in += plane;
        w += rows;
      }
    }
    (sum[Cell].store_unaligned(out + Cell / vectors * step + Cell % vectors * lanes<Real>), ...);
  }
};

/// TapTile::product for a number of rows known only now, over a number of registers of points.
template <real Real, std::size_t Rows = MixTile<Real>::rows>
void tap_products(std::size_t rows, const TapTile<Real>& tile, std::size_t columns, const Real* x,
                  const Real* w, const Real* bias, Real* out, std::size_t step) {
  if constexpr (Rows > 1)
    if (rows < Rows)
      return tap_products<Real, Rows - 1>(rows, tile, columns, x, w, bias, out, step);
  constexpr std::size_t one = lanes<Real>, two = 2 * one;
  std::size_t i = 0;
  for (; i + one < columns; i += two) tile.template product<Rows, 2>(x + i, w, bias, out + i, step);
  if (i < columns) tile.template product<Rows, 1>(x + i, w, bias, out + i, step);
}

/// to[channel][row] = from[row row_step + channel channel_step], for a number of rows known only
/// now.
template <real Real, std::size_t Rows = MixTile<Real>::rows>
Real* pack_rows(std::size_t rows, std::size_t channels, const Real* from, std::size_t row_step,
                std::size_t channel_step, Real* to) {
  if constexpr (Rows > 1)
    if (rows < Rows)
      return pack_rows<Real, Rows - 1>(rows, channels, from, row_step, channel_step, to);
  for (std::size_t c = 0; c < channels; ++c, from += channel_step, to += Rows)
    for (std::size_t r = 0; r < Rows; ++r) to[r] = from[r * row_step];
  return to;
}

/// A weight in the order in which tiles read it, [block of rows][tap][channel][row]. The adjoint
/// has the channels of the result for rows, or those of x, and its taps backwards.
template <std::size_t Dim, real Real>
void pack_weight(const ConvolutionSize<Dim>& size, const Real* weight, bool adjoint, Real* packed) {
  const RowBlocks<Real> blocks(adjoint ? size.in : size.out);
  const std::size_t taps = size.taps(), channels = adjoint ? size.out : size.in;
  const std::size_t row_step = adjoint ? 1 : size.in, channel_step = adjoint ? size.in : 1;
  for (std::size_t block = 0; block < blocks.count; ++block)
    for (std::size_t t = 0; t < taps; ++t) {
      const Real* const of_tap = weight + (adjoint ? taps - 1 - t : t) * size.in * size.out +
                                 blocks.begin(block) * row_step;
      packed = pack_rows(blocks.height(block), channels, of_tap, row_step, channel_step, packed);
    }
}

/// What `convolve` does, by a packed weight and a kernel that reaches so far to the left.
template <std::size_t Dim, real Real>
void convolve_packed(const ConvolutionSize<Dim>& size, const Shape<Dim>& left, const Real* x,
                     const Real* packed, const Real* bias, Real* y) {
  constexpr std::size_t width = MixTile<Real>::width;
  const Bands<Dim, Real> bands(size, left);
  const auto& surrounded = bands.surrounded();
  const RowBlocks<Real> blocks(size.out);
  const std::size_t plane  = ((surrounded.size() / lanes<Real> + 1) | 1U) * lanes<Real>;
  const std::size_t points = size.points(), depth = size.taps() * size.in;
  const TapTile<Real> tile{surrounded.taps(), size.in, plane};
  const std::array<Real, MixTile<Real>::rows> no_bias{};
  parallel_blocks(bands.count(), bands.group(), [&](std::size_t begin, std::size_t end) {
    const Scratch<Real> input(size.in * plane + width);
    const Scratch<Real> output(MixTile<Real>::rows * plane);
    std::fill(input.begin(), input.end(), Real(0));
    for (std::size_t task = begin; task < end; ++task) {
      const std::size_t band = bands.band_of(task), sample = bands.sample_of(task);
      for (std::size_t c = 0; c < size.in; ++c)
        surrounded.for_each_input(band, [&, from = x + (sample * size.in + c) * points,
                                         to = input.data() + c * plane](const auto& run) {
          if (run.is_inside)
            copy_run(from + run.grid, run.count, to + run.band);
          else
            std::fill_n(to + run.band, run.count, Real(0));
        });
      const std::size_t columns = surrounded.span(surrounded.lines_of(band));
      for (std::size_t block = 0; block < blocks.count; ++block) {
        const std::size_t row = blocks.begin(block), height = blocks.height(block);
        tap_products(height, tile, columns, input.data(), packed + row * depth,
                     bias != nullptr ? bias + row : no_bias.data(), output.data(), plane);
        for (std::size_t r = 0; r < height; ++r)
          surrounded.for_each_result(
              band, [&, from = output.data() + r * plane,
                     to = y + (sample * size.out + row + r) * points](const auto& run) {
                copy_run(from + run.band, run.count, to + run.grid);
              });
      }
    }
  });
}

}  // namespace detail

/// A convolution with a kernel of a few points, see ConvolutionSize; without a bias where it is
/// null. The sum for each number of the result is kept in registers from the first tap to the last.
template <std::size_t Dim, real Real>
void convolve(const ConvolutionSize<Dim>& size, const Real* x, const Real* weight, const Real* bias,
              Real* y) {
  if (size.batch == 0) return;
  const Scratch<Real> packed(size.taps() * size.in * size.out);
  detail::pack_weight(size, weight, false, packed.data());
  detail::convolve_packed(size, size.left(), x, packed.data(), bias, y);
}

}  // namespace nop::cpu
