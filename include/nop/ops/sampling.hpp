// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>
#include <nop/ops/map.hpp>
#include <nop/ops/pixel_shuffle.hpp>

#include <cstddef>

namespace nop {

namespace detail {

/// A coarse field and one on the fine grid, by a value for each block of points.
template <std::size_t Dim>
struct BlockValues {
  PixelBlocks<Dim> blocks;

  [[nodiscard]] std::size_t places() const { return blocks.places(); }

  /// weight times the sum over each block.
  template <class Field>
  Field sums(const Field& fine, double weight) const {
    const auto places_apart = blocks.gathered(fine);
    auto shape              = places_apart.shape();
    shape[1] /= places();
    auto result = Field::uninitialized(shape);
    Field::Backend::sum(times<Field>(weight), box(shape), each(result.mutable_data(), shape),
                        whole(places_apart.data(), box(shape)));
    return result;
  }
  /// weight times each value, at all points of its block.
  template <class Field>
  Field repeated(const Field& coarse, double weight) const {
    return blocks.repeated(weight == 1 ? coarse : mapped(times<Field>(weight), coarse));
  }

 private:
  using Extents = Shape<Dim + 2>;
  template <class Field>
  static auto times(double weight) {
    using Real = real_of<typename Field::Element>;
    return TimesConstant<Real>{static_cast<Real>(weight)};
  }
  /// Planes, places inside a block, blocks.
  [[nodiscard]] Shape<3> box(const Extents& coarse) const {
    return {coarse[0] * coarse[1], places(), element_count(coarse, 2)};
  }
  template <class Element>
  static Operand<Element> each(Element* data, const Extents& coarse) {
    return {data, {element_count(coarse, 2), 0, 1}};
  }
};

struct AveragePool {
  /// The mean of each block of factor^d points, [batch, channel, grid...] to [batch, channel,
  /// grid / factor...]. Throws PreconditionError unless the factor divides the grid.
  template <field X>
    requires(rank_of<X> >= 3)
  auto operator()(const X& x, std::size_t factor) const {
    const BlockValues<rank_of<X> - 2> values{blocks_of("average_pool", x.shape(), factor)};
    const double share = 1 / static_cast<double>(values.places());
    return evaluate(
        [=](const auto& value) {
          return with_pullbacks(values.sums(value, share),
                                [=](const auto& g) { return values.repeated(g, share); });
        },
        x);
  }
};

struct UpsampleNearest {
  /// Each value at a block of factor^d points, [batch, channel, grid...] to [batch, channel, factor
  /// grid...]. Throws PreconditionError unless the factor is from 1 to 1023.
  template <field X>
    requires(rank_of<X> >= 3)
  auto operator()(const X& x, std::size_t factor) const {
    expect_factor("upsample_nearest", factor);
    auto fine = x.shape();
    for (std::size_t axis = 2; axis < rank_of<X>; ++axis) fine[axis] *= factor;
    const BlockValues<rank_of<X> - 2> values{blocks_of("upsample_nearest", fine, factor)};
    return evaluate(
        [=](const auto& value) {
          return with_pullbacks(values.repeated(value, 1),
                                [=](const auto& g) { return values.sums(g, 1); });
        },
        x);
  }
};

}  // namespace detail

inline constexpr detail::AveragePool average_pool;
inline constexpr detail::UpsampleNearest upsample_nearest;

}  // namespace nop
