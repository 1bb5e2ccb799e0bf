// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/shape.hpp>

#include <array>
#include <cstddef>

namespace nop {

/// An array laid over a box `[outer, middle, inner]`: element (o, m, i) lies at
/// `data[o * step[0] + m * step[1] + i * step[2]]`. A step of 0 repeats the array along that axis.
template <class Element>
struct Operand {
  Element* data;
  std::array<std::size_t, 3> step;
};

/// An array that fills the whole box.
template <class Element>
constexpr Operand<Element> whole(Element* data, const Shape<3>& box) {
  return {data, {box[1] * box[2], box[2], 1}};
}

/// One value per middle index, such as a bias per channel of a field.
template <class Element>
constexpr Operand<Element> per_middle(Element* data) {
  return {data, {0, 1, 0}};
}

/// One value per (outer, middle) index, such as a mean per channel of each sample.
template <class Element>
constexpr Operand<Element> per_row(Element* data, const Shape<3>& box) {
  return {data, {box[1], 1, 0}};
}

/// One value per (middle, inner) index, such as a grid coordinate shared by a batch.
template <class Element>
constexpr Operand<Element> per_plane(Element* data, const Shape<3>& box) {
  return {data, {0, box[2], 1}};
}

/// One value per innermost index.
template <class Element>
constexpr Operand<Element> per_inner(Element* data) {
  return {data, {0, 0, 1}};
}

/// One value for the whole box.
template <class Element>
constexpr Operand<Element> single(Element* data) {
  return {data, {0, 0, 0}};
}

/// How a matrix enters a product: as it is, or as its conjugate transpose.
enum class Form { plain, adjoint };

/// `batch` matrices of row-major memory; `form` is applied to each when it enters a product.
/// A batch step of 0 means one matrix for the whole batch.
template <class Element>
struct Matrices {
  Element* data;
  std::size_t row_step;
  std::size_t batch_step;
  Form form = Form::plain;
};

/// The sizes of `batch` products `[rows, depth] [depth, columns] -> [rows, columns]`.
struct ProductSize {
  std::size_t batch;
  std::size_t rows;
  std::size_t depth;
  std::size_t columns;
};

/// What a product does to the values its result memory holds.
enum class Update { overwrite, add };

/// What stands so many elements on; where nothing is, still nothing.
template <class Element>
constexpr Element* moved_by(Element* data, std::size_t count) {
  return data == nullptr ? data : data + count;
}

}  // namespace nop
