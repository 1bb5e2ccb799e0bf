// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/core/tensor.hpp>
#include <nop/io/array.hpp>
#include <nop/io/npy.hpp>
#include <nop/io/npz.hpp>
#include <nop/training/dataset.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace nop {

namespace detail {

/// An array [samples, channel, grid...] or, of one channel, [samples, grid...] as a tensor.
template <std::size_t Dim, class Backend, real Real>
Tensor<Real, Dim + 2, Backend> fields_of(const Array& array, const std::string& source,
                                         const std::string& name) {
  const auto& extents    = array.shape();
  const bool has_channel = extents.size() == Dim + 2;
  if (!has_channel && extents.size() != Dim + 1)
    throw FormatError(source, 0,
                      "'" + name + "' should have " + std::to_string(Dim + 1) + " axes [samples, " +
                          "grid...] or " + std::to_string(Dim + 2) +
                          " [samples, channel, grid...], but is of shape " + shape_text(extents));
  if (holds_complex(array.element_type()))
    throw FormatError(source, 0,
                      "'" + name + "' should hold real numbers, but holds " +
                          std::string(name_of(array.element_type())));
  Shape<Dim + 2> shape = uniform_shape<Dim + 2>(1);
  shape[0]             = extents[0];
  std::copy(extents.begin() + 1, extents.end(), shape.extents.begin() + (has_channel ? 1 : 2));
  const auto values = array.values<Real>();
  return {shape, std::span<const Real>(values)};
}

template <std::size_t Dim, class Backend, real Real>
Dataset<Dim, Backend, Real> dataset_of(const Array& x, const Array& y, const std::string& source) {
  auto inputs  = fields_of<Dim, Backend, Real>(x, source, "x");
  auto targets = fields_of<Dim, Backend, Real>(y, source, "y");
  if (inputs.extent(0) != targets.extent(0))
    throw FormatError(source, 0,
                      "'x' and 'y' should have as many samples, but are of shape " +
                          shape_text(x.shape()) + " and " + shape_text(y.shape()));
  return {std::move(inputs), std::move(targets)};
}

}  // namespace detail

/// Reads a dataset from a .npz file with the arrays `x`, the inputs, and `y`, the targets: each
/// [samples, channel, grid...], or [samples, grid...] for one channel; truth values, integers and
/// reals of any precision. Throws FormatError if that is not what the file holds.
///
///     const auto data = read_dataset<2>("darcy.npz");
template <std::size_t Dim, backend Backend = Cpu, real Real = float>
Dataset<Dim, Backend, Real> read_dataset(const std::filesystem::path& path) {
  return detail::dataset_of<Dim, Backend, Real>(read_npz(path, "x"), read_npz(path, "y"),
                                                path.string());
}

/// Reads a dataset from two .npy files, inputs and targets, of the same kinds.
template <std::size_t Dim, backend Backend = Cpu, real Real = float>
Dataset<Dim, Backend, Real> read_dataset(const std::filesystem::path& inputs,
                                         const std::filesystem::path& targets) {
  return detail::dataset_of<Dim, Backend, Real>(read_npy(inputs), read_npy(targets),
                                                inputs.string() + ", " + targets.string());
}

}  // namespace nop
