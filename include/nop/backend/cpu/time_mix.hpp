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
#include <array>
#include <complex>
#include <cstddef>
#include <type_traits>

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
/// Where only the last steps are wanted, only these rows of D meet the coefficients.
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
        planes_{box[0], box[1] * box[2], box[3]},
        answered_((box[1] - mixing.from) * box[2]) {
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
    const std::size_t rows = 2 * wave_rows();
    const Tiling<Real> tiling(planes_, rows + answered_);
    const std::size_t work = tiling.longest() * (1 + wave_rows() * channels_ * 2);
    parallel_blocks(tiling.count(), 1 + (1U << 18U) / work,
                    [&](std::size_t first, std::size_t last) {
                      TileRoom<Real> room(tiling, rows);
                      for (std::size_t tile = first; tile < last; ++tile) {
                        room.move_to(tile);
                        const auto in    = tiling.part(x, planes_[1], tile);
                        const auto waves = in_waves(in, room);
                        synthesize(in, waves.after, tiling.part(y, answered_, tile));
                      }
                    });
  }

  /// Null: that gradient is not wanted.
  void pull(const Real* x, const Real* dy, Real* dx, std::complex<Real>* dweight) const {
    const std::size_t rows = 3 * wave_rows() + OuterSum<Real>::panel;
    const Tiling<Real> tiling(planes_, rows + planes_[1]);
    sum_in_blocks<Real>(
        tiling.count(), dweight != nullptr ? sum_count_ : 0,
        [&](std::size_t first, std::size_t last, Real* sums) {
          TileRoom<Real> room(tiling, rows);
          for (std::size_t tile = first; tile < last; ++tile) {
            room.move_to(tile);
            pull_tile(tiling.part(x, planes_[1], tile), tiling.part(dy, answered_, tile),
                      tiling.part(dx, planes_[1], tile), dweight != nullptr ? sums : nullptr, room);
          }
        },
        [&](const Real* sums) {
          if (dweight != nullptr) hand_out(sums, dweight);
        });
  }

 private:
  using Part = FieldPart<const Real>;

  /// The coefficients of x at a tile, and those of K x.
  struct Waves {
    ChannelTile<Real> before, after;
  };

  [[nodiscard]] std::size_t wave_rows() const { return waves_.rows() * channels_; }

  /// `use(c, i, count)` for each channel and each register of its points.
  template <class Use>
  void for_each_register(std::size_t points, const Use& use) const {
    for (std::size_t c = 0; c < channels_; ++c) {
      std::size_t i = 0;
      for (; i + lanes<Real> <= points; i += lanes<Real>)
        use(c, i, std::integral_constant<std::size_t, lanes<Real>>{});
      if (i < points) use(c, i, points - i);
    }
  }

  /// `count` numbers of a field at a step from point i on, and zeros.
  Batch<Real> at_step(const Part& field, std::size_t t, std::size_t c, std::size_t i,
                      std::size_t count) const {
    return field.load(t * channels_ + c, i, count);
  }
  /// A register of a coefficient.
  Real* place(const ChannelTile<Real>& tile, std::size_t r, std::size_t c, std::size_t i) const {
    return tile.row(r * channels_ + c).data + i;
  }

  Waves in_waves(const Part& x, TileRoom<Real>& room) const {
    const Waves waves{room.tile(wave_rows()), room.tile(wave_rows())};
    for_each_register(waves.before.points, [&](std::size_t c, std::size_t i, auto count) {
      for (std::size_t r = 0; r < waves_.rows(); ++r) {
        Batch<Real> sum(Real(0));
        for (std::size_t t = 0; t < waves_.steps(); ++t)
          sum = xsimd::fma(Batch<Real>(waves_.analysis(r)[t]), at_step(x, t, c, i, count), sum);
        sum.store_unaligned(place(waves.before, r, c, i));
      }
    });
    multiply(waves.before, waves.after, false);
    return waves;
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

  /// sum_r factor(r)[t] Z_r in one register.
  template <class Factor>
  Batch<Real> combined(const Factor& factor, const ChannelTile<Real>& waves, std::size_t t,
                       std::size_t c, std::size_t i) const {
    Batch<Real> sum(Real(0));
    for (std::size_t r = 0; r < waves_.rows(); ++r)
      sum = xsimd::fma(Batch<Real>(factor(r)[t]),
                       Batch<Real>::load_unaligned(place(waves, r, c, i)), sum);
    return sum;
  }
  Batch<Real> synthesized(const ChannelTile<Real>& waves, std::size_t t, std::size_t c,
                          std::size_t i) const {
    return combined([this](std::size_t r) { return waves_.synthesis(r); }, waves, t, c, i);
  }

  void synthesize(const Part& x, const ChannelTile<Real>& after, const FieldPart<Real>& y) const {
    with_function(mixing_.activation, [&]<class Function>(Function) {
      for_each_register(after.points, [&](std::size_t c, std::size_t i, auto count) {
        for (std::size_t t = mixing_.from; t < waves_.steps(); ++t)
          store(Batch<Real>(at_step(x, t, c, i, count) +
                            Function::at(synthesized(after, t, c, i)).value),
                y.row((t - mixing_.from) * channels_ + c), i, count);
      });
    });
  }

  void pull_tile(const Part& x, const Part& dy, const FieldPart<Real>& dx, Real* sums,
                 TileRoom<Real>& room) const {
    const auto waves = in_waves(x, room);
    const auto after = room.tile(wave_rows());  // the gradient by what is in waves.after
    with_function(mixing_.activation, [&]<class Function>(Function) {
      for_each_register(after.points, [&](std::size_t c, std::size_t i, auto count) {
        for (std::size_t r = 0; r < waves_.rows(); ++r)
          Batch<Real>(Real(0)).store_unaligned(place(after, r, c, i));
        for (std::size_t t = mixing_.from; t < waves_.steps(); ++t) {
          const Batch<Real> dv = at_step(dy, t - mixing_.from, c, i, count) *
                                 Function::at(synthesized(waves.after, t, c, i)).slope;
          for (std::size_t r = 0; r < waves_.rows(); ++r)
            xsimd::fma(Batch<Real>(waves_.synthesis(r)[t]), dv,
                       Batch<Real>::load_unaligned(place(after, r, c, i)))
                .store_unaligned(place(after, r, c, i));
        }
      });
    });
    if (sums != nullptr) {
      Real* const transposed = room.tile(OuterSum<Real>::panel).data;
      for (std::size_t f = 0; f < matrices_.size(); ++f)
        sums_[f].add(of_frequency(after, f), of_frequency(waves.before, f), transposed,
                     sums + first_sum_[f]);
    }
    if (dx.data == nullptr) return;
    const auto& before = waves.after;  // that is not needed any more
    multiply(after, before, true);
    const auto analysis = [this](std::size_t r) { return waves_.analysis(r); };
    for_each_register(before.points, [&](std::size_t c, std::size_t i, auto count) {
      for (std::size_t t = 0; t < waves_.steps(); ++t) {
        Batch<Real> sum = combined(analysis, before, t, c, i);
        if (t >= mixing_.from) sum += at_step(dy, t - mixing_.from, c, i, count);
        store(sum, dx.row(t * channels_ + c), i, count);
      }
    });
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
  std::size_t answered_;                   ///< steps x channels of the result
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
