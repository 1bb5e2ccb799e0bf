// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/block_sums.hpp>
#include <nop/backend/cpu/channel_tile.hpp>
#include <nop/backend/cpu/map.hpp>
#include <nop/backend/cpu/outer_sum.hpp>
#include <nop/backend/cpu/parallel.hpp>
#include <nop/backend/cpu/simd.hpp>
#include <nop/backend/cpu/time_waves.hpp>
#include <nop/core/activation.hpp>
#include <nop/core/host_memory.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/time_mixing.hpp>

#include <algorithm>
#include <complex>
#include <cstddef>

namespace nop::cpu {

namespace detail {

/// A temporal convolution block, tile by tile of points: with all steps of its channels at hand,
///
///     S = A x,    Z = M S,    y = x + sigma(D Z)
///
/// where A and D, analysis and synthesis, are small matrices along time and M a real matrix for
/// each frequency. That is one pass over memory, and for 4 steps and 2 modes a product of 5 C^2
/// multiplications a point instead of the 16 C^2 of a dense kernel.
///
/// Backwards, S and Z are made again for each tile:
///
///     dZ = D^T (dy sigma'(D Z)),   dM = sum_p dZ S^T,   dx = dy + A^T M^T dZ.
template <real Real>
class TimeMixer {
 public:
  TimeMixer(const TimeMixing<Real>& mixing, const Shape<4>& box)
      : mixing_(mixing),
        channels_(box[2]),
        waves_(box[1], mixing.modes),
        planes_{box[0], box[1] * box[2], box[3]} {
    for (const auto& frequency : waves_.frequencies()) {
      const std::size_t size = frequency.parts * channels_;
      matrices_.emplace_back(size * size);
      write_real_form(mixing.weight + (matrices_.size() - 1) * channels_ * channels_, channels_,
                      frequency.parts, matrices_.back().data());
      sums_.emplace_back(size, size);
      first_sum_.push_back(sum_count_);
      sum_count_ += sums_.back().size();
    }
  }

  void mix(const Real* x, Real* y) const {
    const std::size_t rows = planes_[1] + 2 * wave_rows();
    const Tiling<Real> tiling(planes_, rows);
    const std::size_t work = tiling.longest() * (1 + wave_rows() * channels_ * 2);
    parallel_blocks(tiling.count(), 1 + (1U << 18U) / work,
                    [&](std::size_t first, std::size_t last) {
                      TileRoom<Real> room(tiling, rows);
                      for (std::size_t tile = first; tile < last; ++tile) {
                        room.move_to(tile);
                        const auto at = in_waves(tiling, tile, x, room);
                        synthesize(at, tiling.part(y, planes_[1], tile));
                      }
                    });
  }

  /// Null: that gradient is not wanted.
  void pull(const Real* x, const Real* dy, Real* dx, std::complex<Real>* dweight) const {
    const std::size_t rows = planes_[1] + 4 * wave_rows() + whole_tiles<Real>(2 * channels_);
    const Tiling<Real> tiling(planes_, rows);
    sum_in_blocks<Real>(
        tiling.count(), dweight != nullptr ? sum_count_ : 0,
        [&](std::size_t first, std::size_t last, Real* sums) {
          TileRoom<Real> room(tiling, rows);
          for (std::size_t tile = first; tile < last; ++tile)
            pull_tile(tiling, tile, x, dy, dx, dweight != nullptr ? sums : nullptr, room);
        },
        [&](const Real* sums) {
          if (dweight != nullptr) hand_out(sums, dweight);
        });
  }

 private:
  /// A tile of x, its coefficients, and those of K x.
  struct Waves {
    ChannelTile<Real> x, before, after;
  };

  [[nodiscard]] std::size_t wave_rows() const { return waves_.rows() * channels_; }

  Waves in_waves(const Tiling<Real>& tiling, std::size_t tile, const Real* x,
                 TileRoom<Real>& room) const {
    const Waves at{room.tile(planes_[1]), room.tile(wave_rows()), room.tile(wave_rows())};
    read_tile(tiling.part(x, planes_[1], tile), at.x);
    combine(at.before, waves_.rows(), waves_.steps(), at.x,
            [this](std::size_t r, std::size_t t) { return waves_.analysis(r)[t]; });
    multiply(at.before, at.after, false);
    return at;
  }

  /// out(a, c) = sum_b factor(a, b) in(b, c) for each channel c.
  template <class Factor>
  void combine(const ChannelTile<Real>& out, std::size_t outs, std::size_t ins,
               const ChannelTile<Real>& in, const Factor& factor) const {
    for (std::size_t c = 0; c < channels_; ++c)
      for (std::size_t i = 0; i < in.points; i += lanes<Real>)
        for (std::size_t a = 0; a < outs; ++a) {
          Batch<Real> sum(Real(0));
          for (std::size_t b = 0; b < ins; ++b)
            sum = xsimd::fma(Batch<Real>(factor(a, b)), at(in, b, c, i), sum);
          sum.store_unaligned(out.row(a * channels_ + c).data + i);
        }
  }

  /// A register of a row of some step or wave, from point i on.
  Batch<Real> at(const ChannelTile<Real>& tile, std::size_t step, std::size_t c,
                 std::size_t i) const {
    return Batch<Real>::load_unaligned(tile.row(step * channels_ + c).data + i);
  }

  /// out = M in, or M^T in, for each frequency.
  void multiply(const ChannelTile<Real>& in, const ChannelTile<Real>& out, bool transposed) const {
    for (std::size_t f = 0; f < matrices_.size(); ++f) {
      const std::size_t size = waves_.frequencies()[f].parts * channels_;
      const Strided<Real> matrix{matrices_[f].data(), size, 1};
      multiply_tile(transposed ? matrix.transposed() : matrix, of_frequency(in, f),
                    of_frequency(out, f));
    }
  }
  ChannelTile<Real> of_frequency(const ChannelTile<Real>& tile, std::size_t f) const {
    const auto& frequency = waves_.frequencies()[f];
    return {tile.row(frequency.first_row * channels_).data, frequency.parts * channels_,
            tile.points, tile.pitch};
  }

  /// K x at a step, from its coefficients.
  Batch<Real> synthesized(const Waves& waves, std::size_t t, std::size_t c, std::size_t i) const {
    Batch<Real> sum(Real(0));
    for (std::size_t r = 0; r < waves_.rows(); ++r)
      sum = xsimd::fma(Batch<Real>(waves_.synthesis(r)[t]), at(waves.after, r, c, i), sum);
    return sum;
  }

  void synthesize(const Waves& waves, const FieldPart<Real>& y) const {
    const std::size_t points = waves.x.points;
    with_function(mixing_.activation, [&]<class Function>(Function) {
      for (std::size_t t = 0; t < waves_.steps(); ++t)
        for (std::size_t c = 0; c < channels_; ++c)
          for (std::size_t i = 0; i < points; i += lanes<Real>)
            store(
                Batch<Real>(at(waves.x, t, c, i) + Function::at(synthesized(waves, t, c, i)).value),
                y.row(t * channels_ + c), i, std::min(lanes<Real>, points - i));
    });
  }

  void pull_tile(const Tiling<Real>& tiling, std::size_t tile, const Real* x, const Real* dy_,
                 Real* dx_, Real* sums, TileRoom<Real>& room) const {
    room.move_to(tile);
    const auto waves  = in_waves(tiling, tile, x, room);
    const auto after  = room.tile(wave_rows()),
               before = room.tile(wave_rows());  // gradients by them
    const auto dy     = waves.x;                 // x is not needed any more
    read_tile(tiling.part(dy_, planes_[1], tile), dy);
    with_function(mixing_.activation, [&]<class Function>(Function) {
      for (std::size_t c = 0; c < channels_; ++c)
        for (std::size_t i = 0; i < dy.points; i += lanes<Real>)
          gather_waves<Function>(waves, dy, c, i, after);
    });
    if (sums != nullptr) {
      Real* const transposed = room.tile(whole_tiles<Real>(2 * channels_)).data;
      for (std::size_t f = 0; f < matrices_.size(); ++f)
        sums_[f].add(of_frequency(after, f), of_frequency(waves.before, f), transposed,
                     sums + first_sum_[f]);
    }
    if (dx_ == nullptr) return;
    multiply(after, before, true);
    const auto dx = tiling.part(dx_, planes_[1], tile);
    for (std::size_t t = 0; t < waves_.steps(); ++t)
      for (std::size_t c = 0; c < channels_; ++c)
        for (std::size_t i = 0; i < dy.points; i += lanes<Real>) {
          auto sum = at(dy, t, c, i);
          for (std::size_t r = 0; r < waves_.rows(); ++r)
            sum = xsimd::fma(Batch<Real>(waves_.analysis(r)[t]), at(before, r, c, i), sum);
          store(sum, dx.row(t * channels_ + c), i, std::min(lanes<Real>, dy.points - i));
        }
  }

  /// dZ = D^T (dy sigma'(D Z)) in one register of a channel.
  template <class Function>
  void gather_waves(const Waves& waves, const ChannelTile<Real>& dy, std::size_t c, std::size_t i,
                    const ChannelTile<Real>& gradient) const {
    const auto place = [&](std::size_t r) { return gradient.row(r * channels_ + c).data + i; };
    for (std::size_t r = 0; r < waves_.rows(); ++r) Batch<Real>(Real(0)).store_unaligned(place(r));
    for (std::size_t t = 0; t < waves_.steps(); ++t) {
      const auto dv = at(dy, t, c, i) * Function::at(synthesized(waves, t, c, i)).slope;
      for (std::size_t r = 0; r < waves_.rows(); ++r)
        xsimd::fma(Batch<Real>(waves_.synthesis(r)[t]), Batch<Real>(dv),
                   Batch<Real>::load_unaligned(place(r)))
            .store_unaligned(place(r));
    }
  }

  void hand_out(const Real* sums, std::complex<Real>* dweight) const {
    for (std::size_t f = 0; f < matrices_.size(); ++f)
      for (std::size_t i = 0; i < channels_; ++i)
        for (std::size_t o = 0; o < channels_; ++o)
          *dweight++ = real_form_gradient<Real>(
              [&](std::size_t row, std::size_t column) {
                return sums_[f].at(sums + first_sum_[f], row, column);
              },
              channels_, waves_.frequencies()[f].parts, i, o);
  }

  TimeMixing<Real> mixing_;
  std::size_t channels_;
  TimeWaves<Real> waves_;
  Shape<3> planes_;                        ///< [batch, steps x channels, points]
  HostVector<HostVector<Real>> matrices_;  ///< M of each frequency
  HostVector<OuterSum<Real>> sums_;        ///< dM of each
  HostVector<std::size_t> first_sum_;
  std::size_t sum_count_ = 0;
};

}  // namespace detail

/// y = x + sigma(K x), see TimeMixing, for fields of the extents `box`.
template <real Real>
void mix_time(const Shape<4>& box, const Real* x, const TimeMixing<Real>& mixing, Real* y) {
  detail::TimeMixer<Real>(mixing, box).mix(x, y);
}

/// The gradients by x and by the weight, each where it has a place, of a loss whose gradient by the
/// result of `mix_time` is dy.
template <real Real>
void pull_mix_time(const Shape<4>& box, const Real* x, const TimeMixing<Real>& mixing,
                   const Real* dy, Real* dx, std::complex<Real>* dweight) {
  detail::TimeMixer<Real>(mixing, box).pull(x, dy, dx, dweight);
}

}  // namespace nop::cpu
