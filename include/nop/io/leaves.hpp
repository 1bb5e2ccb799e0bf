// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/members.hpp>
#include <nop/core/error.hpp>
#include <nop/core/tensor.hpp>
#include <nop/io/array.hpp>
#include <nop/io/safetensors.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace nop {

namespace detail {

/// [rows, columns] to [columns, rows].
template <class Element>
std::vector<Element> transposed_values(const std::vector<Element>& values, std::size_t rows) {
  const std::size_t columns = rows == 0 ? 0 : values.size() / rows;
  std::vector<Element> result(values.size());
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c) result[c * rows + r] = values[r * columns + c];
  return result;
}

/// The shape as files have it, with some of the last axes in front.
template <std::size_t Rank>
std::vector<std::size_t> file_shape(const Shape<Rank>& shape, FileLayout layout) {
  std::vector<std::size_t> extents(shape.begin(), shape.end());
  const auto front = static_cast<std::ptrdiff_t>(axes_in_front(layout));
  std::rotate(extents.begin(), extents.end() - front, extents.end());
  return extents;
}

template <class Leaf>
FileLayout layout_of(const Leaf& leaf) {
  if constexpr (requires { leaf.file_layout(); })
    return leaf.file_layout();
  else
    return FileLayout::same;
}

/// How many elements there are along the axes that stay behind in a file.
template <class Leaf>
std::size_t mode_count(const Leaf& leaf) {
  return element_count(leaf.shape(), 0, Leaf::rank - axes_in_front(layout_of(leaf)));
}

/// The array of this name, for a leaf that has this shape in a file. FormatError unless it is there
/// and holds numbers of that kind.
inline const Array& array_for_leaf(const NamedArrays& arrays, const std::string& name,
                                   const std::vector<std::size_t>& shape, bool is_complex,
                                   const std::string& source) {
  if (!arrays.contains(name)) throw FormatError(source, 0, "the tensor '" + name + "' is missing");
  const Array& array = arrays.at(name);
  if (array.shape() != shape)
    throw FormatError(source, 0,
                      "the tensor '" + name + "' should be of shape " + shape_text(shape) +
                          ", but is of " + shape_text(array.shape()));
  if (is_complex != holds_complex(array.element_type()))
    throw FormatError(source, 0,
                      "the tensor '" + name + "' should hold " + (is_complex ? "complex" : "real") +
                          " numbers, but holds " + std::string(name_of(array.element_type())));
  return array;
}

template <class Leaf>
void add_leaf(const Leaf& leaf, const std::string& name, SafeTensors& file) {
  const auto layout = layout_of(leaf);
  auto values       = tensor_of(leaf).to_host();
  if (layout != FileLayout::same) values = transposed_values(values, mode_count(leaf));
  file.tensors.add(name, make_array(values, file_shape(leaf.shape(), layout)));
}

template <class Leaf>
void set_leaf(Leaf& leaf, const std::string& name, const SafeTensors& file,
              const std::string& source) {
  using Element      = typename Leaf::Element;
  using Value        = std::remove_cvref_t<decltype(tensor_of(leaf))>;
  const auto layout  = layout_of(leaf);
  const Array& array = array_for_leaf(file.tensors, name, file_shape(leaf.shape(), layout),
                                      complex<Element>, source);
  auto values        = array.template values<Element>();
  if (layout != FileLayout::same)
    values = transposed_values(values, array.size() / std::max<std::size_t>(1, mode_count(leaf)));
  tensor_of(leaf) = Value(leaf.shape(), std::span<const Element>(values));
}

}  // namespace detail

/// Adds every parameter and kept tensor of a module to `file`, under `prefix` and its path.
template <class Module>
void leaves_to_arrays(const Module& module, const std::string& prefix, SafeTensors& file) {
  for_each_leaf(module, [&](const std::string& path, const auto& leaf) {
    detail::add_leaf(leaf, prefix + path, file);
  });
}

/// Sets every parameter and kept tensor of a module from the arrays of `file` under `prefix`. A
/// missing array, one of another shape, a complex one for a real leaf, or one that belongs to no
/// leaf is a FormatError; `source` is what it calls the file.
template <class Module>
void leaves_from_arrays(Module& module, const std::string& prefix, const SafeTensors& file,
                        const std::string& source) {
  std::size_t used = 0;
  for_each_leaf(module, [&](const std::string& path, auto& leaf) {
    detail::set_leaf(leaf, prefix + path, file, source);
    ++used;
  });
  std::size_t present = 0;
  for (const auto& [name, array] : file.tensors) present += name.starts_with(prefix) ? 1 : 0;
  if (present != used)
    throw FormatError(source, 0,
                      std::to_string(present - used) + " tensors under '" + prefix +
                          "' belong to no part of the model");
}

}  // namespace nop
