// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/tensor.hpp>
#include <nop/ops/axes.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <type_traits>

namespace nop {

/// The box that a grid divides: where its first point is, and where the one after its last would
/// be. Of itself from 0 to 1.
template <std::size_t Dim>
struct GridBox {
  std::array<double, Dim> begin{};
  std::array<double, Dim> end;

  GridBox() noexcept { end.fill(1); }
  GridBox(const std::array<double, Dim>& first, const std::array<double, Dim>& last) noexcept
      : begin(first), end(last) {}

  template <class Self>
  static void fields(Self& self, auto&& visit) {
    visit("begin", self.begin);
    visit("end", self.end);
  }
};

/// Where the last point of a grid is.
enum class GridEnd {
  left_out,  ///< point i of N at i/N of the box, as on a periodic grid
  included   ///< at i/(N - 1): the last one on the end
};

namespace detail {

/// begin + (end - begin) i/steps
template <scalar Element>
struct GridCoordinate {
  double begin, end;
  std::size_t steps;
  constexpr Element operator()(std::size_t i) const {
    return Element(static_cast<real_of<Element>>(
        begin + (end - begin) * (static_cast<double>(i) / static_cast<double>(steps))));
  }
};

}  // namespace detail

/// Appends the coordinates of the points as channels: point i of N along an axis is at
/// begin + (end - begin) i/N, or i/(N - 1) with the end included. Beside complex channels they are
/// real numbers. [batch, channel, grid...] to [batch, channel + Dim, grid...].
template <std::size_t Dim>
class GridEmbedding {
 public:
  explicit GridEmbedding(const GridBox<Dim>& box = {}, GridEnd grid_end = GridEnd::left_out)
      : box_(box), grid_end_(grid_end) {
    for (std::size_t axis = 0; axis < Dim; ++axis)
      expects(std::isfinite(box.begin[axis]) && box.end[axis] < HUGE_VAL &&
                  box.begin[axis] < box.end[axis],
              "GridEmbedding: expected a box that begins before it ends, got one from ",
              box.begin[axis], " to ", box.end[axis], " along axis ", axis);
  }

  template <field F>
    requires(rank_of<F> == Dim + 2)
  auto operator()(const F& x) const {
    return concat_channels(x, coordinates<element_of<F>, backend_of<F>>(x.shape()));
  }

  static void members(auto&, auto&&) {}

 private:
  template <class Element, class Backend>
  Tensor<Element, Dim + 2, Backend> coordinates(Shape<Dim + 2> shape) const {
    const std::size_t batch = shape[0], points = element_count(shape, 2);
    shape[1]  = Dim;
    auto each = Tensor<Element, Dim + 2, Backend>::uninitialized(shape);
    if (each.size() == 0) return each;
    for (std::size_t axis = 0; axis < Dim; ++axis) {
      const std::size_t extent = shape[axis + 2], inner = element_count(shape, axis + 3);
      auto line = Tensor<Element, 1, Backend>::uninitialized({extent});
      const std::size_t steps =
          grid_end_ == GridEnd::left_out ? extent : std::max(extent, std::size_t{2}) - 1;
      Backend::generate(detail::GridCoordinate<Element>{box_.begin[axis], box_.end[axis], steps},
                        line.mutable_data(), extent);
      // The same for every sample, along the axes before and along those behind.
      Backend::copy_strided(Shape<4>{batch, points / (extent * inner), extent, inner}, line.data(),
                            Shape<4>{0, 0, 1, 0}, each.mutable_data() + axis * points,
                            Shape<4>{Dim * points, extent * inner, inner, 1});
    }
    return each;
  }

  GridBox<Dim> box_;
  GridEnd grid_end_;
};

}  // namespace nop
