// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/convolve.hpp>
#include <nop/backend/cpu/parallel.hpp>
#include <nop/backend/cpu/surrounded.hpp>
#include <nop/backend/cpu/transpose.hpp>
#include <nop/core/convolution_size.hpp>
#include <nop/core/scratch.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace nop::cpu {

namespace detail {

/// The gradient by a weight, dw_toi = sum_p dy_o(p) x_i(p + t - left) over all points of all
/// samples.
///
/// Both lie along the sum, but registers have to lie along the result: x is transposed, channels
/// side by side, into a surrounded band. There, as for the result, each tap is a constant away. A
/// fixed number of partial sums, each over a run of the bands, is added up in order, so that the
/// result does not depend on the threads.
template <std::size_t Dim, real Real>
class WeightGradient {
  using Vector                       = Batch<Real>;
  static constexpr std::size_t width = MixTile<Real>::width, vectors = width / lanes<Real>;

 public:
  explicit WeightGradient(const ConvolutionSize<Dim>& size)
      : size_(size), bands_(size, size.left()), pitch_(whole_tiles<Real>(size.in)) {}

  void sum(const Real* x, const Real* dy, Real* dweight) const {
    const std::size_t count = size_.taps() * size_.out * pitch_;
    const std::size_t most  = std::clamp<std::size_t>((1U << 23U) / count, 4, 16);
    const std::size_t parts = std::min(bands_.count(), most);
    const Scratch<Real> partial(parts * count);
    parallel_for(parts, [&](std::size_t part) {
      Real* const sums = partial.data() + part * count;
      const Scratch<Real> input(bands_.surrounded().size() * pitch_);
      std::fill_n(sums, count, Real(0));
      std::fill(input.begin(), input.end(), Real(0));
      for (std::size_t task = part * bands_.count() / parts;
           task < (part + 1) * bands_.count() / parts; ++task)
        add_band(task, x, dy, input.data(), sums);
    });
    parallel_for(size_.taps(), [&](std::size_t tap) {
      for (std::size_t row = tap * size_.out; row < (tap + 1) * size_.out; ++row)
        for (std::size_t i = 0; i < size_.in; ++i) {
          Real total = 0;
          for (std::size_t part = 0; part < parts; ++part)
            total += partial[part * count + row * pitch_ + i];
          dweight[row * size_.in + i] = total;
        }
    });
  }

 private:
  void add_band(std::size_t task, const Real* x, const Real* dy, Real* input, Real* sums) const {
    const std::size_t band = bands_.band_of(task), sample = bands_.sample_of(task);
    const std::size_t points = size_.points();
    bands_.surrounded().for_each_input(band, [&](const auto& run) {
      Real* const to = input + run.band * pitch_;
      if (run.is_inside)
        transpose(size_.in, run.count, x + sample * size_.in * points + run.grid, points, to,
                  pitch_);
      else
        std::fill_n(to, run.count * pitch_, Real(0));
    });
    const RowBlocks<Real> blocks(size_.out);
    for (std::size_t column = 0; column < pitch_; column += width)
      for (std::size_t block = 0; block < blocks.count; ++block) {
        const std::size_t row = blocks.begin(block);
        const Real* const g   = dy + (sample * size_.out + row) * points;
        for (std::size_t tap = 0; tap < size_.taps(); ++tap)
          add_tile(blocks.height(block), band, g,
                   input + bands_.surrounded().taps()[tap] * pitch_ + column,
                   sums + (tap * size_.out + row) * pitch_ + column);
      }
  }

  /// sums += a tile's part of the sum over a band, for some rows of dy and one tap.
  template <std::size_t Rows = MixTile<Real>::rows>
  void add_tile(std::size_t rows, std::size_t band, const Real* g, const Real* u,
                Real* sums) const {
    if constexpr (Rows > 1)
      if (rows < Rows) return add_tile<Rows - 1>(rows, band, g, u, sums);
    add_rows(band, g, u, sums, std::make_index_sequence<Rows * vectors>{},
             std::make_index_sequence<vectors>{});
  }
  template <std::size_t... Cell, std::size_t... Column>
  void add_rows(std::size_t band, const Real* g, const Real* u, Real* sums,
                std::index_sequence<Cell...>, std::index_sequence<Column...>) const {
    const auto at = [&](std::size_t cell) {
      return sums + cell / vectors * pitch_ + cell % vectors * lanes<Real>;
    };
    const std::size_t points                = size_.points();
    std::array<Vector, sizeof...(Cell)> sum = {Vector::load_unaligned(at(Cell))...};
    bands_.surrounded().for_each_result(band, [&](const auto& run) {
      const Real* left  = g + run.grid;
      const Real* right = u + run.band * pitch_;
      for (std::size_t p = 0; p < run.count; ++p, ++left, right += pitch_) {
        const std::array<Vector, vectors> channels = {
            Vector::load_unaligned(right + Column * lanes<Real>)...};
        ((sum[Cell] = xsimd::fma(Vector(left[Cell / vectors * points]), channels[Cell % vectors],
                                 sum[Cell])),
         ...);
      }
    });
    (sum[Cell].store_unaligned(at(Cell)), ...);
  }

  ConvolutionSize<Dim> size_;
  Bands<Dim, Real> bands_;
  std::size_t pitch_;  ///< between points of a transposed band, and between rows of a sum
};

}  // namespace detail

/// The gradients by x and by the weight, each where it has a place, of a loss whose gradient by the
/// result of `convolve` is dy. That by x is a convolution of dy with the adjoint weight.
template <std::size_t Dim, real Real>
void pull_convolve(const ConvolutionSize<Dim>& size, const Real* x, const Real* weight,
                   const Real* dy, Real* dx, Real* dweight) {
  if (dx != nullptr && size.batch > 0) {
    auto right = size.kernel;
    for (std::size_t a = 0; a < Dim; ++a) right[a] -= 1 + size.left()[a];
    const Scratch<Real> packed(size.taps() * size.in * size.out);
    detail::pack_weight(size, weight, true, packed.data());
    detail::convolve_packed({size.batch, size.out, size.in, size.grid, size.kernel}, right, dy,
                            packed.data(), static_cast<const Real*>(nullptr), dx);
  }
  if (dweight != nullptr) detail::WeightGradient<Dim, Real>(size).sum(x, dy, dweight);
}

}  // namespace nop::cpu
