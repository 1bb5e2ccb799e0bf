// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <ostream>

namespace nop {

/// Extents along each axis, slowest first. An aggregate, so `Shape<2>{16, 32}` or `{16, 32}`.
template <std::size_t Rank>
struct Shape {
  std::array<std::size_t, Rank> extents{};

  constexpr std::size_t& operator[](std::size_t axis) { return extents[axis]; }
  constexpr const std::size_t& operator[](std::size_t axis) const { return extents[axis]; }
  [[nodiscard]] static constexpr std::size_t rank() { return Rank; }
  [[nodiscard]] constexpr auto begin() const { return extents.begin(); }
  [[nodiscard]] constexpr auto end() const { return extents.end(); }
  friend constexpr bool operator==(const Shape&, const Shape&) = default;

  friend std::ostream& operator<<(std::ostream& out, const Shape& shape) {
    out << '[';
    for (std::size_t axis = 0; axis < Rank; ++axis) out << (axis ? ", " : "") << shape[axis];
    return out << ']';
  }
};

template <class... Extents>
Shape(Extents...) -> Shape<sizeof...(Extents)>;

/// The product of the extents from axis `first` up to, not including, `last`.
template <std::size_t Rank>
constexpr std::size_t element_count(const Shape<Rank>& shape, std::size_t first = 0,
                                    std::size_t last = Rank) {
  std::size_t count = 1;
  for (std::size_t axis = first; axis < last; ++axis) count *= shape[axis];
  return count;
}

/// A shape of every extent `extent`.
template <std::size_t Rank>
constexpr Shape<Rank> uniform_shape(std::size_t extent) {
  Shape<Rank> shape;
  shape.extents.fill(extent);
  return shape;
}

/// The axes of `a` followed by those of `b`.
template <std::size_t A, std::size_t B>
constexpr Shape<A + B> joined(const Shape<A>& a, const Shape<B>& b) {
  Shape<A + B> shape;
  for (std::size_t axis = 0; axis < A; ++axis) shape[axis] = a[axis];
  for (std::size_t axis = 0; axis < B; ++axis) shape[A + axis] = b[axis];
  return shape;
}

/// The `Count` axes of `shape` that start at `First`.
template <std::size_t First, std::size_t Count, std::size_t Rank>
constexpr Shape<Count> subshape(const Shape<Rank>& shape) {
  static_assert(First + Count <= Rank, "subshape: axes outside the shape");
  Shape<Count> part;
  for (std::size_t axis = 0; axis < Count; ++axis) part[axis] = shape[First + axis];
  return part;
}

/// The grid of a field `[batch, channel, grid...]`.
template <std::size_t Rank>
constexpr Shape<Rank - 2> grid_of(const Shape<Rank>& shape) {
  return subshape<2, Rank - 2>(shape);
}

}  // namespace nop
