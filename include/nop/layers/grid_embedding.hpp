// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/tensor.hpp>
#include <nop/ops/axes.hpp>

#include <array>
#include <cstddef>
#include <type_traits>

namespace nop {

/// Appends the coordinates of the points as channels: point i of N along an axis is at i/N, the end
/// left out as on a periodic grid. [batch, channel, grid...] to [batch, channel + Dim, grid...].
template <std::size_t Dim>
class GridEmbedding {
 public:
  template <field F>
    requires(rank_of<F> == Dim + 2 && real<element_of<F>>)
  auto operator()(const F& x) const {
    return concat_channels(x, coordinates<element_of<F>, backend_of<F>>(x.shape()));
  }

  static void members(auto&, auto&&) {}

 private:
  template <class Real, class Backend>
  static Tensor<Real, Dim + 2, Backend> coordinates(Shape<Dim + 2> shape) {
    const std::size_t batch = shape[0], points = element_count(shape, 2);
    std::array<std::size_t, Dim> extent{}, step{};
    for (std::size_t axis = 0; axis < Dim; ++axis) {
      extent[axis] = shape[axis + 2];
      step[axis]   = element_count(shape, axis + 3);
    }
    auto one = Tensor<Real, 1, Backend>::uninitialized({Dim * points});
    Backend::generate(
        [=](std::size_t i) {
          const std::size_t axis = i / points;
          const std::size_t at   = i % points / step[axis] % extent[axis];
          return static_cast<Real>(static_cast<double>(at) / static_cast<double>(extent[axis]));
        },
        one.mutable_data(), one.size());
    shape[1]  = Dim;
    auto each = Tensor<Real, Dim + 2, Backend>::uninitialized(shape);
    Backend::copy_strided(Shape<2>{batch, Dim * points}, one.data(), Shape<2>{0, 1},
                          each.mutable_data(), Shape<2>{Dim * points, 1});
    return each;
  }
};

}  // namespace nop
