// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/array.hpp>
#include <nop/io/json.hpp>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace nop::detail {

/// Puts the weights of the corners of a spectrum of d axes together, [channels..., m_1, ..., m_d]
/// each, as one tensor [channels..., 2 m_1, ..., 2 m_(d-1), m_d] whose mode m_j + f has the
/// frequency f. Corner number b has the frequencies -m_j ... -1 along axis j if bit j of b is set,
/// else 0 ... m_j - 1.
inline Array centred(const std::vector<Array>& corners, std::size_t axes) {
  const auto half            = corners.front().shape();
  const std::size_t channels = half.size() - axes;
  auto shape                 = half;
  for (std::size_t axis = 0; axis + 1 < axes; ++axis) shape[axis + channels] *= 2;
  std::size_t size = 1;
  for (const std::size_t extent : shape) size *= extent;
  std::vector<std::complex<float>> whole(size);
  for (std::size_t corner = 0; corner < corners.size(); ++corner) {
    const auto values = corners[corner].values<std::complex<float>>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      std::size_t rest = i, place = 0, stride = 1;
      for (std::size_t axis = half.size(); axis-- > 0;) {
        std::size_t index = rest % half[axis];
        rest /= half[axis];
        const bool is_full = axis >= channels && axis + 1 < half.size();
        if (is_full && ((corner >> (axis - channels)) & 1U) == 0) index += half[axis];
        place += index * stride;
        stride *= shape[axis];
      }
      whole[place] = values[i];
    }
  }
  return make_array(whole, shape);
}

/// Throws FormatError unless these are as many corners as `axes` axes have, of the same shape.
/// `name` is what they are the weights of.
inline void expect_corners(const std::vector<Array>& corners, std::size_t axes,
                           const std::string& name, const std::string& source) {
  for (const Array& corner : corners)
    if (corner.shape() != corners.front().shape())
      throw FormatError(source, 0,
                        "the weights of '" + name + "' should be of shape " +
                            shape_text(corners.front().shape()) +
                            " at all corners, but at one are of " + shape_text(corner.shape()));
  if (axes < 1 || axes > 4 || corners.size() != std::size_t{1} << (axes - 1))
    throw FormatError(source, 0,
                      "'" + name +
                          "' should have weights of 2^(d-1) corners of 1 to 4 axes, but has " +
                          std::to_string(corners.size()) + " of " + std::to_string(axes));
}

/// How many modes a convolution has along each axis that has so many at each corner, or one number
/// for all axes: numbers there, as the reference library counts modes. What is neither stays.
inline Json modes_of_corners(const Json& value, std::size_t axes) {
  const Json list     = value.is_array() ? value : Json(std::vector<Json>(axes, value));
  const auto is_count = [](const Json& entry) {
    return entry.is_number_integer() && entry.get<std::int64_t>() >= 1 &&
           entry.get<std::int64_t>() < 1'000'000'000;
  };
  if (list.size() < axes || !std::all_of(list.begin(), list.end(), is_count)) return value;
  Json modes = Json::array();
  for (std::size_t axis = 0; axis < axes; ++axis) {
    const auto half = list[axis].get<std::size_t>();
    modes.push_back(axis + 1 < axes ? 2 * half : std::max<std::size_t>(1, 2 * (half - 1)));
  }
  return modes;
}

}  // namespace nop::detail
