// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>
#include <nop/ops/axes.hpp>

#include <cstddef>

namespace nop {

namespace detail {

/// A fine grid in blocks of `factor` points along each axis, and a field on the coarse grid of
/// these blocks, which has a channel for each place inside of one.
template <std::size_t Dim>
struct PixelBlocks {
  using Extents = Shape<Dim + 2>;
  Extents fine;  ///< shape on the fine grid
  std::size_t factor;

  [[nodiscard]] std::size_t places() const { return element_count(uniform_shape<Dim>(factor)); }
  [[nodiscard]] Extents coarse() const {
    auto shape = blocks();
    shape[1] *= places();
    return shape;
  }

  /// The field on the coarse grid of one on the fine grid.
  template <class Field>
  Field gathered(const Field& x) const {
    auto y = Field::uninitialized(coarse());
    if (y.size() == 0) return y;
    auto* const to = y.mutable_data();
    for (std::size_t place = 0; place < places(); ++place)
      Field::Backend::copy_strided(blocks(), x.data() + offset(place), fine_steps(),
                                   to + place * points(), coarse_steps());
    return y;
  }
  /// And back.
  template <class Field>
  Field scattered(const Field& y) const {
    auto x = Field::uninitialized(fine);
    if (x.size() == 0) return x;
    auto* const to = x.mutable_data();
    for (std::size_t place = 0; place < places(); ++place)
      Field::Backend::copy_strided(blocks(), y.data() + place * points(), coarse_steps(),
                                   to + offset(place), fine_steps());
    return x;
  }

  /// A field of one channel for all places of a block on the fine grid.
  template <class Field>
  Field repeated(const Field& y) const {
    auto x = Field::uninitialized(fine);
    if (x.size() == 0) return x;
    auto* const to = x.mutable_data();
    for (std::size_t place = 0; place < places(); ++place)
      Field::Backend::copy_strided(blocks(), y.data(), steps_of(blocks()), to + offset(place),
                                   fine_steps());
    return x;
  }

 private:
  /// [batch, channels of the fine field, coarse grid...]
  [[nodiscard]] Extents blocks() const {
    auto shape = fine;
    for (std::size_t axis = 2; axis < Dim + 2; ++axis) shape[axis] /= factor;
    return shape;
  }
  [[nodiscard]] std::size_t points() const { return element_count(blocks(), 2); }
  [[nodiscard]] Extents fine_steps() const {
    auto steps = steps_of(fine);
    for (std::size_t axis = 2; axis < Dim + 2; ++axis) steps[axis] *= factor;
    return steps;
  }
  [[nodiscard]] Extents coarse_steps() const {
    auto steps = steps_of(blocks());
    steps[0] *= places();
    steps[1] *= places();
    return steps;
  }
  [[nodiscard]] std::size_t offset(std::size_t place) const {
    Shape<Dim> inside;
    for (std::size_t axis = Dim; axis-- > 0; place /= factor) inside[axis] = place % factor;
    return offset_of(inside, grid_of(fine));
  }
};

/// Throws PreconditionError unless blocks may be so long; of larger ones the points could not be
/// counted.
inline void expect_factor(const char* function, std::size_t factor) {
  expects(factor > 0 && factor < 1024, function,
          ": expected blocks of 1 to 1023 points along each axis, got ", factor);
}

/// The blocks of a field on the fine grid.
template <std::size_t Rank>
PixelBlocks<Rank - 2> blocks_of(const char* function, const Shape<Rank>& shape,
                                std::size_t factor) {
  expect_factor(function, factor);
  bool divides = true;
  for (std::size_t axis = 2; axis < Rank; ++axis) divides = divides && shape[axis] % factor == 0;
  expects(divides, function, ": expected a grid in blocks of ", factor,
          " points along each axis, got a field of shape ", shape);
  return {shape, factor};
}

struct PixelUnshuffle {
  /// The points of each block of factor^d points as channels of one point, [batch, channel,
  /// grid...] to [batch, channel factor^d, grid / factor...]: channel c factor^d + p is channel c
  /// at place p of the blocks, the last axis running fastest. Throws PreconditionError unless the
  /// factor divides the grid.
  template <field X>
    requires(rank_of<X> >= 3)
  auto operator()(const X& x, std::size_t factor) const {
    const auto blocks = blocks_of("pixel_unshuffle", x.shape(), factor);
    return evaluate(
        [blocks](const auto& value) {
          return with_pullbacks(blocks.gathered(value),
                                [blocks](const auto& g) { return blocks.scattered(g); });
        },
        x);
  }
};

struct PixelShuffle {
  /// The way back: [batch, channel factor^d, grid...] to [batch, channel, factor grid...] (Shi et
  /// al., CVPR 2016). Throws PreconditionError unless the channels are enough for whole blocks.
  template <field X>
    requires(rank_of<X> >= 3)
  auto operator()(const X& x, std::size_t factor) const {
    expect_factor("pixel_shuffle", factor);
    constexpr std::size_t dim = rank_of<X> - 2;
    auto fine                 = x.shape();
    const std::size_t places  = element_count(uniform_shape<dim>(factor));
    expects(fine[1] % places == 0, "pixel_shuffle: expected a multiple of ", places,
            " channels for a factor of ", factor, ", got a field of shape ", x.shape());
    fine[1] /= places;
    for (std::size_t axis = 2; axis < dim + 2; ++axis) fine[axis] *= factor;
    return evaluate(
        [blocks = PixelBlocks<dim>{fine, factor}](const auto& value) {
          return with_pullbacks(blocks.scattered(value),
                                [blocks](const auto& g) { return blocks.gathered(g); });
        },
        x);
  }
};

}  // namespace detail

inline constexpr detail::PixelUnshuffle pixel_unshuffle;
inline constexpr detail::PixelShuffle pixel_shuffle;

}  // namespace nop
