// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/array.hpp>
#include <nop/io/named_arrays.hpp>
#include <nop/io/reference/state.hpp>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// \file
/// What layouts other than the current one are taken apart with.

namespace nop::detail {

/// The same bytes in another shape or as another type.
inline Array recast(const Array& array, ElementType type, std::vector<std::size_t> shape) {
  const auto bytes = array.bytes();
  return Array(type, std::move(shape), {bytes.begin(), bytes.end()});
}

/// Reals with a last axis of 2 as complex numbers; what is complex already stays.
inline Array as_complex(const Array& array, const std::string& key, const std::string& source) {
  if (holds_complex(array.element_type())) return array;
  auto shape = array.shape();
  if (array.element_type() != ElementType::float32 || shape.empty() || shape.back() != 2)
    throw FormatError(
        source, 0,
        "the tensor '" + key +
            "' should hold complex numbers, or float32 with a last axis of 2, but is of "
            "shape " +
            shape_text(shape));
  shape.pop_back();
  return recast(array, ElementType::complex64, std::move(shape));
}

/// A map of channels, a matrix or a convolution of one point along any number of axes,
/// [out, in, 1, 1, ...], as [out, in, 1]; anything else as it is.
inline Array as_map(const Array& array) {
  const auto& shape = array.shape();
  if (shape.size() < 2 ||
      !std::all_of(shape.begin() + 2, shape.end(), [](auto n) { return n == 1; }))
    return array;
  return recast(array, array.element_type(), {shape[0], shape[1], 1});
}

/// The tensors of a layout by their keys, each of which belongs to something.
class LayoutTensors {
 public:
  explicit LayoutTensors(const ReferenceState& state) : state_(state) {}

  [[nodiscard]] bool has(const std::string& key) const { return state_.tensors.contains(key); }
  [[nodiscard]] const std::string& source() const { return state_.source; }

  const Array& take(const std::string& key, std::size_t least_axes) {
    if (!has(key)) throw FormatError(source(), 0, "the tensor '" + key + "' is missing");
    const Array& array = state_.tensors.at(key);
    if (array.shape().size() < least_axes || array.size() == 0)
      throw FormatError(source(), 0,
                        "the tensor '" + key + "' should have at least " +
                            std::to_string(least_axes) + " axes, but is of shape " +
                            shape_text(array.shape()));
    used_.insert(key);
    return array;
  }
  Array map(const std::string& key) { return as_map(take(key, 2)); }
  Array complex(const std::string& key, std::size_t least_axes) {
    return as_complex(take(key, least_axes), key, source());
  }
  /// The weights of a convolution of all corners of a spectrum, `conv`.weights1 ....
  std::vector<Array> corners(const std::string& conv) {
    std::vector<Array> all;
    do all.push_back(complex(conv + ".weights" + std::to_string(all.size() + 1), 3));
    while (has(conv + ".weights" + std::to_string(all.size() + 1)));
    return all;
  }
  /// Moves a map of channels and its bias.
  void move_map(const std::string& from, const std::string& to, NamedArrays& tensors) {
    tensors.add(to + ".weight", map(from + ".weight"));
    tensors.add(to + ".bias", take(from + ".bias", 1));
  }
  /// A bias as a convolution has it: a number for each channel, of a field of so many axes.
  Array bias(const std::string& key, std::size_t axes) {
    const Array& array = take(key, 1);
    std::vector<std::size_t> shape(axes + 1, 1);
    shape[0] = array.size();
    return recast(array, array.element_type(), shape);
  }

  /// What a model has, but no forward pass uses.
  void leave_out(std::string_view beginning, std::string_view end) {
    for (const auto& [key, array] : state_.tensors)
      if (key.starts_with(beginning) && key.ends_with(end)) used_.insert(key);
  }
  void expect_all_used(const std::string& what) const {
    for (const auto& [key, array] : state_.tensors)
      if (!used_.contains(key))
        throw FormatError(source(), 0,
                          "the tensor '" + key + "' of shape " + shape_text(array.shape()) +
                              " belongs to no part of a model of " + what);
  }

 private:
  const ReferenceState& state_;
  std::set<std::string> used_;
};

}  // namespace nop::detail
