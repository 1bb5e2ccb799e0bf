// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

namespace nop::detail {

/// An axis of a strided array: element i lies i * stride elements further.
struct StridedAxis {
  std::size_t extent;
  std::size_t stride;
};

/// The strides of an array without gaps, in elements; axes of extent 0 count as 1.
inline std::vector<std::size_t> row_major_strides(std::span<const std::size_t> shape) {
  std::vector<std::size_t> strides(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;)
    strides[axis - 1] = strides[axis] * std::max<std::size_t>(1, shape[axis]);
  return strides;
}

/// The fewest axes that visit the same elements in the same order: axes of extent 1 go, and an axis
/// that steps over all of the next one becomes one with it. What has no gaps is one axis of stride
/// 1 or none.
inline std::vector<StridedAxis> merged_axes(std::span<const std::size_t> shape,
                                            std::span<const std::size_t> strides) {
  std::vector<StridedAxis> axes;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 1) continue;
    const StridedAxis next{shape[axis], strides[axis]};
    if (!axes.empty() && axes.back().stride == next.extent * next.stride)
      axes.back() = {axes.back().extent * next.extent, next.stride};
    else
      axes.push_back(next);
  }
  return axes;
}

/// Copies the elements of `axes`, the last fastest, to where `to` points, which moves behind them.
template <std::size_t Size>
void gather(const std::byte* from, std::span<const StridedAxis> axes, std::byte*& to) {
  if (axes.empty() || (axes.size() == 1 && axes[0].stride == 1)) {
    const std::size_t bytes = Size * (axes.empty() ? 1 : axes[0].extent);
    std::memcpy(to, from, bytes);
    to += bytes;
    return;
  }
  const std::size_t step = axes[0].stride * Size;
  if (axes.size() == 1)
    for (std::size_t i = 0; i < axes[0].extent; ++i, to += Size)
      std::memcpy(to, from + i * step, Size);
  else
    for (std::size_t i = 0; i < axes[0].extent; ++i)
      gather<Size>(from + i * step, axes.subspan(1), to);
}

/// `count` elements of `size` bytes in row-major order, from an array of these axes that begins at
/// `from`; all must lie within it.
inline std::vector<std::byte> gathered(const std::byte* from, std::span<const StridedAxis> axes,
                                       std::size_t count, std::size_t size) {
  std::vector<std::byte> result(count * size);
  std::byte* to = result.data();
  if (count == 0) return result;
  switch (size) {
    case 1:
      gather<1>(from, axes, to);
      break;
    case 2:
      gather<2>(from, axes, to);
      break;
    case 4:
      gather<4>(from, axes, to);
      break;
    case 8:
      gather<8>(from, axes, to);
      break;
    default:
      gather<16>(from, axes, to);
  }
  return result;
}

}  // namespace nop::detail
