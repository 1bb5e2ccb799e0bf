// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/array.hpp>
#include <nop/io/file.hpp>
#include <nop/io/gzip.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace nop {

namespace detail {

/// The element type that the third byte of an IDX file stands for.
inline std::optional<ElementType> idx_type(std::byte code) {
  switch (std::to_integer<unsigned>(code)) {
    case 0x08:
      return ElementType::uint8;
    case 0x09:
      return ElementType::int8;
    case 0x0b:
      return ElementType::int16;
    case 0x0c:
      return ElementType::int32;
    case 0x0d:
      return ElementType::float32;
    case 0x0e:
      return ElementType::float64;
    default:
      return std::nullopt;
  }
}

}  // namespace detail

/// Whether these bytes begin as an IDX file does.
inline bool is_idx(std::span<const std::byte> bytes) {
  return bytes.size() >= 4 && bytes[0] == std::byte{0} && bytes[1] == std::byte{0} &&
         detail::idx_type(bytes[2]);
}

/// Reads one array in the IDX format of the MNIST database: two zeros, a byte for the type, one for
/// the number of axes, the extents as big-endian numbers of four bytes, and the elements,
/// big-endian and row-major. The source must end with the array. Anything wrong is a FormatError,
/// before memory is taken for more than the source holds.
///
/// LeCun, Cortes, Burges, "The MNIST database of handwritten digits", 1998.
template <byte_source Source>
Array read_idx_from(Source& file) {
  const auto head = read_part(file, 0, 4);
  if (!is_idx(head)) throw FormatError(file.name(), 0, "not an IDX file");
  const ElementType type = *detail::idx_type(head[2]);
  const auto rank        = std::to_integer<std::size_t>(head[3]);
  auto numbers           = read_part(file, 4, 4 * rank);
  detail::reverse_bytes(numbers, 4);
  std::vector<std::size_t> shape(rank);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    std::uint32_t extent = 0;
    std::memcpy(&extent, numbers.data() + 4 * axis, 4);
    shape[axis] = extent;
  }
  const std::size_t begin = 4 + 4 * rank, rest = file.size() - begin;
  if (byte_count(shape, type) != rest)
    throw FormatError(file.name(), begin,
                      "an array of shape " + detail::shape_text(shape) + " of " +
                          std::string(name_of(type)) + " does not take the " +
                          std::to_string(rest) + " bytes that follow");
  auto elements = read_part(file, begin, rest);
  detail::reverse_bytes(elements, byte_size(type));
  return Array(type, std::move(shape), std::move(elements));
}

/// Reads an IDX file, or one that gzip packed.
inline Array read_idx(const std::filesystem::path& path, const UnpackLimit& limit = {}) {
  const auto bytes = read_unpacked(path, limit);
  const MemoryFile file(bytes, path.string());
  return read_idx_from(file);
}

}  // namespace nop
